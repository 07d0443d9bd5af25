"""Calls: create, fetch, list, redirect, end."""

from datetime import date, datetime, timedelta

from starlette.responses import JSONResponse, Response

from telephony.simulator import errors
from telephony.simulator.errors import Refused, missing, not_found
from telephony.simulator.line import Line
from telephony.simulator.model import Call, Hook, Source
from telephony.simulator.rest import CREATED, GONE, Ask, Form

EVENTS = ("initiated", "ringing", "answered", "completed")


def source_of(form: Form) -> Source | None:
    """The document that a request names: Twiml or Url. Raises Refused."""
    fallback = form.hook("FallbackUrl", method="FallbackMethod")
    if form.get("Twiml"):
        return Source(twiml=form.get("Twiml"), fallback=fallback)
    hook = form.hook("Url", method="Method")
    return Source(hook.url, hook.method, fallback=fallback) if hook else None


def events_of(form: Form) -> tuple[str, ...]:
    """The events that are asked for. Raises Refused naming one that there is not."""
    events = form.all("StatusCallbackEvent") or ("completed",)
    for event in events:
        if event not in EVENTS:
            raise Refused(400, 21626, f"StatusCallbackEvent {event} is not one of {EVENTS}")
    return events


async def create(ask: Ask) -> Response:
    """Place a call."""
    form, exchange = ask.form, ask.exchange
    to = form.phone("To", missing_code=errors.MISSING_PARAMETER, wrong_code=errors.INVALID_NUMBER)
    from_ = form.phone("From", missing_code=21213, wrong_code=21212)
    if exchange.world.number(from_) is None:
        raise Refused(400, 21210, f"The source phone number provided, {from_}, is not yet verified")
    source = source_of(form)
    if source is None:
        raise missing("Url", errors.INVALID_URL)
    timeout = form.number("Timeout", 60)
    if not 1 <= timeout <= 600:
        raise Refused(400, 13223, "Timeout must be from 1 to 600")
    recording = None
    if form.flag("Record"):
        events = form.all("RecordingStatusCallbackEvent") or ("completed",)
        recording = form.hook("RecordingStatusCallback", events=events) or Hook("")
    line = exchange.place_call(
        from_,
        to,
        source,
        form.hook("StatusCallback", events=events_of(form)),
        timeout=timeout + 5.0,  # the carrier adds a buffer of five seconds
        detect_machine=form.get("MachineDetection") in ("Enable", "DetectMessageEnd"),
        record=recording,
    )
    return JSONResponse(ask.views.call(line.call), CREATED)


def call_of(ask: Ask) -> Call:
    """The call in the path. Raises Refused."""
    call = ask.exchange.world.calls.get(ask.path["call"])
    if call is None:
        raise not_found(ask.target)
    return call


async def fetch(ask: Ask) -> Response:
    """One call."""
    return JSONResponse(ask.views.call(call_of(ask)))


async def update(ask: Ask) -> Response:
    """Redirect a call that is in progress, or end it."""
    call = call_of(ask)
    line = ask.exchange.lines.get(call.sid)
    status = ask.form.get("Status")
    callback = ask.form.hook("StatusCallback", events=("completed",))
    if callback is not None:
        call.callback = callback
    if status:
        _end(line, status)
        return JSONResponse(ask.views.call(call))
    source = source_of(ask.form)
    if source is None:
        raise missing("Url", errors.INVALID_URL)
    if line is None or call.status != "in-progress":
        raise Refused(400, errors.NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
    line.go(source)
    return JSONResponse(ask.views.call(call))


def _end(line: Line | None, status: str) -> None:
    """`canceled` ends what has not been answered, `completed` everything."""
    if status not in ("canceled", "completed"):
        raise Refused(400, errors.INVALID_STATUS, f"Invalid Status: {status}")
    if line is None:
        return
    answered = line.call.answered_at is not None
    if status == "canceled" and answered:
        return
    line.end("completed" if answered else "canceled", by="api", sip=200 if answered else 487)


async def delete(ask: Ask) -> Response:
    """Forget a call that is over."""
    call = call_of(ask)
    if not call.over:
        raise Refused(400, 20009, "Call is in progress and cannot be deleted")
    del ask.exchange.world.calls[call.sid]
    return Response(status_code=GONE)


def _moment(value: str, name: str) -> datetime | date:
    try:
        if len(value) == len("2026-01-01"):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value)
    except ValueError:
        raise Refused(400, 20001, f"{name} is not a date: {value}") from None


def within(form: Form, name: str, at: datetime | None) -> bool:
    """Whether a moment is in the days or moments that `Name`, `Name<`, `Name>` ask for.

    Both bounds are included. What has no such moment yet is in none.
    """
    for mark in ("", "<", ">"):
        value = form.get(name + mark)
        if not value:
            continue
        if at is None:
            return False
        bound = _moment(value, name)
        if isinstance(bound, datetime):
            low, high = bound, bound + timedelta(seconds=1)
        else:
            low = datetime(bound.year, bound.month, bound.day, tzinfo=at.tzinfo)
            high = low + timedelta(days=1)
        if (mark != "<" and at < low) or (mark != ">" and at >= high):
            return False
    return True


async def listed(ask: Ask) -> Response:
    """Calls, the newest first."""
    form = ask.form

    def fits(call: Call) -> bool:
        return (
            form.get("To", call.to) == call.to
            and form.get("From", call.from_) == call.from_
            and form.get("Status", call.status) == call.status
            and form.get("ParentCallSid", call.parent or "") == (call.parent or "")
            and within(form, "StartTime", call.started_at)
            and within(form, "EndTime", call.ended_at)
        )

    calls = reversed(ask.exchange.world.calls.values())
    return ask.page("calls", (ask.views.call(call) for call in calls if fits(call)))
