"""Recordings of calls and conferences, with their media."""

from starlette.responses import JSONResponse, Response

from telephony.simulator.errors import Refused, not_found
from telephony.simulator.model import Hook, Recording
from telephony.simulator.recorder import media
from telephony.simulator.rest import CREATED, GONE, Ask
from telephony.simulator.rest_calls import call_of, within

ACTS = ("in-progress", "paused", "stopped")


def _owned(ask: Ask) -> list[Recording]:
    """Recordings of the call or conference in the path; all where it names none."""
    call, conference = ask.path.get("call"), ask.path.get("conference")
    return [
        one
        for one in ask.exchange.world.recordings.values()
        if (call is None or one.call_sid == call)
        and (conference is None or one.conference_sid == conference)
    ]


def _recording(ask: Ask) -> Recording:
    owned = _owned(ask)
    sid = ask.path["recording"]
    if sid == "Twilio.CURRENT":
        owned = [one for one in owned if one.status in ("in-progress", "paused")]
        found = owned[-1] if owned else None
    else:
        found = next((one for one in owned if one.sid == sid), None)
    if found is None or found.status == "deleted":
        raise not_found(ask.target)
    return found


def _shown(ask: Ask, recording: Recording) -> dict[str, object]:
    plain = "call" not in ask.path and "conference" not in ask.path
    return ask.views.recording(recording, plain=plain)


async def start(ask: Ask) -> Response:
    """Begin to record a call."""
    call, form = call_of(ask), ask.form
    if call.status != "in-progress":
        message = "Requested resource is not eligible for recording"
        raise Refused(400, 21220, message)
    events = form.all("RecordingStatusCallbackEvent") or ("completed",)
    hook = form.hook("RecordingStatusCallback", events=events)
    channels = 2 if form.get("RecordingChannels") == "dual" else 1
    recording = ask.exchange.recorder.start(
        "StartCallRecordingAPI", call_sid=call.sid, callback=hook or Hook(""), channels=channels
    )
    return JSONResponse(_shown(ask, recording), CREATED)


async def update(ask: Ask) -> Response:
    """Pause, resume or stop."""
    recording, status = _recording(ask), ask.form.get("Status")
    if status not in ACTS:
        raise Refused(400, 21218, f"Status must be one of {', '.join(ACTS)}")
    if recording.status not in ("in-progress", "paused"):
        raise Refused(400, 21220, "Recording is over")
    recorder = ask.exchange.recorder
    acts = {"in-progress": recorder.resume, "paused": recorder.pause, "stopped": recorder.stop}
    acts[status](recording)
    return JSONResponse(_shown(ask, recording))


async def fetch(ask: Ask) -> Response:
    """One recording."""
    return JSONResponse(_shown(ask, _recording(ask)))


async def fetch_media(ask: Ask) -> Response:
    """What was said: a tone."""
    if _recording(ask).status != "completed":
        raise not_found(ask.target)
    return Response(media(), media_type="audio/x-wav")


async def delete(ask: Ask) -> Response:
    """Erase a recording."""
    recording = _recording(ask)
    if recording.status in ("in-progress", "paused"):
        raise Refused(400, 20009, "Recording is in progress and cannot be deleted")
    recording.status = "deleted"
    return Response(status_code=GONE)


async def listed(ask: Ask) -> Response:
    """Recordings, the newest first."""
    found = [
        one
        for one in reversed(_owned(ask))
        if one.status != "deleted"
        and ask.form.get("CallSid", one.call_sid or "") == (one.call_sid or "")
        and ask.form.get("ConferenceSid", one.conference_sid or "") == (one.conference_sid or "")
        and within(ask.form, "DateCreated", one.started_at)
    ]
    return ask.page("recordings", (_shown(ask, one) for one in found))
