"""Conferences: Dial with Conference, participants, hold, coaching, events."""

import asyncio
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from telephony.simulator.errors import DocumentFailed, Refused
from telephony.simulator.line import HangUp, Jump, Line
from telephony.simulator.model import Conference, Hook, Participant, Recording, Source
from telephony.simulator.twiml import HOLD, Verb

if TYPE_CHECKING:
    from telephony.simulator.exchange import Exchange

# What a document asks for, and the events that it then gets.
WORDS: dict[str, tuple[str, ...]] = {
    "start": ("conference-start",),
    "end": ("conference-end",),
    "join": ("participant-join",),
    "leave": ("participant-leave",),
    "mute": ("participant-mute", "participant-unmute"),
    "hold": ("participant-hold", "participant-unhold"),
    "modify": ("participant-modify",),
    "speaker": ("participant-speech-start", "participant-speech-stop"),
    "announcement": ("announcement-end", "announcement-fail"),
}
MOST = 250


def flag(value: bool) -> str:  # noqa: FBT001 - a word for a truth
    """How the carrier writes it."""
    return "true" if value else "false"


class Room:
    """A conference at work."""

    def __init__(self, exchange: "Exchange", conference: Conference) -> None:
        self.exchange, self.conference = exchange, conference
        self.seats: dict[str, Seat] = {}
        self.recording: Recording | None = None

    def join(self, line: Line, participant: Participant, verb: Verb, base: str) -> "Seat":
        """Seat a leg; the first brings the callbacks, the second may start the conference."""
        conference = self.conference
        if not self.seats:
            conference.callbacks = _callbacks(verb, base)
        seat = Seat(self, line, participant)
        self.seats[line.call.sid] = seat
        conference.participants[line.call.sid] = participant
        self.tell("participant-join", participant)
        if conference.status == "init" and len(self.seats) > 1 and self._may_start():
            conference.status = "in-progress"
            self.tell("conference-start", participant)
            for other in self.seats.values():
                other.quiet()
        if self.recording is None and verb.get("record") in ("record-from-start", "true"):
            hook = _recording_hook(verb, base)
            self.recording = self.exchange.recorder.start(
                "Conference",
                call_sid=line.call.sid,
                conference_sid=conference.sid,
                callback=hook,
            )
        self.hear()
        return seat

    def go(self, seat: "Seat", reason: str, status: str = "in-progress") -> None:
        """A leg is out; with it, maybe, the conference."""
        sid = seat.line.call.sid
        if self.seats.pop(sid, None) is None:
            return
        participant = self.conference.participants.pop(sid)
        more = {"ParticipantCallStatus": status, "ReasonParticipantLeft": reason}
        self.tell("participant-leave", participant, **more)
        if self.conference.status == "completed":
            return
        kicked = reason == "participant_updated_via_api"
        if participant.ends:
            word = "kicked" if kicked else "left"
            self.end(f"participant-with-end-conference-on-exit-{word}", participant)
        elif not self.seats:
            self.end(f"last-participant-{'kicked' if kicked else 'left'}", participant)

    def end(self, because: str, by: Participant | None = None) -> None:
        """The conference is over; whoever is in it goes on with the next verb."""
        conference = self.conference
        if conference.status == "completed":
            return
        conference.status = "completed"
        conference.ended_because, conference.ended_by = because, by.call_sid if by else None
        via_api = because == "conference-ended-via-api"
        reason = "conference_ended_via_api" if via_api else "moderator_ended_conference"
        for seat in list(self.seats.values()):
            self.go(seat, reason)
            seat.release("ended")
        more = {"ReasonConferenceEnded": because, "Reason": because.replace("-", " ")}
        if by is not None:
            more["CallSidEndingConference"] = by.call_sid
            if by.label:
                more["ParticipantLabelEndingConference"] = by.label
        self.tell("conference-end", None, **more)
        if self.recording is not None:
            self.exchange.recorder.stop(self.recording)

    def change(self, participant: Participant, event: str) -> None:
        """A participant was changed by REST."""
        participant.updated_at = self.exchange.clock.now()
        self.tell(event, participant)
        self.hear()

    def hear(self) -> None:
        """Whoever is not held and hears another begins to talk."""
        if self.conference.status != "in-progress":
            return
        free = [seat for seat in self.seats.values() if not seat.participant.hold]
        if len(free) > 1 and any(not seat.participant.muted for seat in free):
            for seat in free:
                seat.line.talking()

    def tell(self, event: str, participant: Participant | None, **more: str) -> None:
        """Report an event to the callbacks that the first participant brought."""
        conference, world = self.conference, self.exchange.world
        conference.updated_at = self.exchange.clock.now()
        sid = participant.call_sid if participant else None
        self.exchange.trace.add("conference", event=event, name=conference.name, call=sid, **more)
        hook = conference.callbacks
        if hook is None or event not in hook.events:
            return
        params = {
            "ConferenceSid": conference.sid,
            "FriendlyName": conference.name,
            "AccountSid": world.account,
            "SequenceNumber": str(conference.told),
            "Timestamp": format_datetime(self.exchange.clock.now().replace(microsecond=0)),
            "StatusCallbackEvent": event,
        }
        conference.told += 1
        if participant is not None and event.startswith("participant-"):
            params |= _described(participant)
        self.exchange.deliver.tell(hook, params | more, about="conference")

    def _may_start(self) -> bool:
        return any(seat.participant.starts for seat in self.seats.values())


class Seat:
    """A leg in a conference. `gone` is done when its Dial ends."""

    def __init__(self, room: Room, line: Line, participant: Participant) -> None:
        self.room, self.line, self.participant = room, line, participant
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.music: asyncio.Task[None] | None = None

    def leave(self, line: Line, reason: str) -> None:
        """The phone hung up, or REST took the call elsewhere."""
        self.quiet()
        via_api = reason in ("redirected", "api")
        why = "participant_updated_via_api" if via_api else "participant_hung_up"
        self.room.go(self, why, line.call.status)

    def release(self, why: str) -> None:
        """Its document goes on."""
        self.quiet()
        if not self.gone.done():
            self.gone.set_result(why)

    def play(self, url: str, method: str) -> None:
        """Music for this leg alone, from a document that is asked again when it ends."""
        self.quiet()
        if url:
            self.music = self.line.exchange.spawn(_loop(self.line, Source(url, method)))

    def quiet(self) -> None:
        """No music any more."""
        if self.music is not None:
            self.music.cancel()
            self.music = None


def _described(participant: Participant) -> dict[str, str]:
    params = {
        "CallSid": participant.call_sid,
        "Muted": flag(participant.muted),
        "Hold": flag(participant.hold),
        "Coaching": flag(participant.coaching),
        "EndConferenceOnExit": flag(participant.ends),
        "StartConferenceOnEnter": flag(participant.starts),
    }
    if participant.coached:
        params["CallSidToCoach"] = participant.coached
    if participant.label:
        params["ParticipantLabel"] = participant.label
    return params


def _callbacks(verb: Verb, base: str) -> Hook | None:
    url = verb.get("statusCallback")
    if not url:
        return None
    words = verb.get("statusCallbackEvent", "start end").split()
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise DocumentFailed(
            12200, f"Schema validation: Conference.statusCallbackEvent {' '.join(unknown)}"
        )
    events = tuple(event for word in words for event in WORDS[word])
    return Hook(urljoin(base, url), verb.get("statusCallbackMethod", "POST").upper(), events)


def _recording_hook(verb: Verb, base: str) -> Hook | None:
    url = verb.get("recordingStatusCallback")
    if not url:
        return None
    events = tuple(verb.get("recordingStatusCallbackEvent", "completed").split())
    return Hook(urljoin(base, url), verb.get("recordingStatusCallbackMethod", "POST"), events)


async def conference(line: Line, verb: Verb, base: str) -> None:
    """Be in a conference until the leg or the conference is over."""
    now = line.exchange.clock.now()
    coach = verb.get("coach") or None
    participant = Participant(
        line.call.sid,
        now,
        now,
        muted=verb.yes("muted"),
        coaching=coach is not None,
        coached=coach,
        starts=verb.yes("startConferenceOnEnter", default=True),
        ends=verb.yes("endConferenceOnExit"),
        label=verb.get("participantLabel") or None,
    )
    room = line.exchange.room(verb.text)
    if len(room.seats) >= verb.number("maxParticipants", MOST, 2):
        raise DocumentFailed(13227, "Conference: it is full")
    seat = room.join(line, participant, verb, base)
    line.place = seat
    if room.conference.status == "init" and verb.get("waitUrl"):
        seat.play(urljoin(base, verb.get("waitUrl")), verb.get("waitMethod", "POST").upper())
    await seat.gone
    line.place = None


async def _loop(line: Line, source: Source) -> None:
    """Play a document again and again."""
    while True:
        began = line.exchange.clock.seconds()
        try:
            await line.execute(await line.fetch(source, HOLD), source.url)
        except Jump as jump:
            source = jump.source
        except DocumentFailed as failure:
            line.failed(failure, source)
            return
        except HangUp:
            return
        await line.exchange.clock.sleep(1.0 - (line.exchange.clock.seconds() - began))


def kick(seat: Seat) -> None:
    """REST takes a participant out; its document goes on."""
    seat.line.place = None
    seat.room.go(seat, "participant_updated_via_api", seat.line.call.status)
    seat.release("kicked")


def coach(seat: Seat, *, on: bool, whom: str | None) -> None:
    """REST lets a participant be heard by one other only. Raises Refused."""
    wanted = whom or seat.participant.coached
    if (on, wanted if on else None) == (seat.participant.coaching, seat.participant.coached):
        return
    if on and (wanted is None or wanted not in seat.room.seats):
        raise Refused(400, 20001, "CallSidToCoach must be a participant of this conference")
    seat.participant.coaching = on
    seat.participant.coached = wanted if on else None
    seat.room.change(seat.participant, "participant-modify")
