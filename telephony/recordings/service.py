"""Use cases of recordings: hear the carrier, begin, pause, resume and end.

Rows are locked last: call, agent, offer, recording.
"""

from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.errors import Conflict
from core.ids import new_id
from core.uow import UnitOfWork
from telephony import commands
from telephony.gateway import RecordAct
from telephony.models import Call
from telephony.recordings import repository
from telephony.recordings.models import Recording
from telephony.recordings.policy import policy
from telephony.recordings.repository import CONVERSATION, MESSAGE, Spoken, Work
from telephony.recordings.rules import CONSENTED, OPEN, fold, next_act, state_after

PURPOSE = "recording"
ENDED = ("ready", "absent", "failed")
GONE = ("expired", "deleted")
AFTER: dict[str, str] = {"start": "in-progress", "resume": "in-progress", "pause": "paused"}
"""What the carrier was asked for → the state once it has done so."""
AGAIN = timedelta(hours=1)
SOON = timedelta(seconds=30)


class NotRecorded(Conflict):
    """There is nothing to pause, resume or end."""

    code = "not_recorded"
    zh = "这通电话没有在录音。"
    en = "This call is not being recorded."


class NoConsent(Conflict):
    """The caller was not told, or did not agree."""

    code = "no_consent"
    zh = "来电人未同意录音。"
    en = "The caller has not consented to a recording."


class NeverRecorded(Conflict):
    """The policy of the queue forbids it."""

    code = "never_recorded"
    zh = "按规定，这个队列的通话不录音。"
    en = "Calls of this queue are never recorded."


def heard(uow: UnitOfWork, call: Call, carrier_recording: str, kind: str, at: datetime) -> None:
    """Bring a recording to what the carrier has reported of it; the call is locked.

    `kind`: conversation, or message where the flow let the caller leave one.
    """
    row = repository.of_carrier(uow.session, call.carrier, carrier_recording)
    if row is None and kind == CONVERSATION:
        # Whoever holds the row may just have written the carrier's id to it.
        row = repository.unnamed(uow.session, uow.org_id, call.id) or repository.of_carrier(
            uow.session, call.carrier, carrier_recording
        )
    if row is None:
        row = _found(uow, call, carrier_recording, kind, at)
    row.carrier_recording = carrier_recording
    uow.session.flush()
    told = fold(repository.reports_of(uow.session, row))
    row.begun_at = told.begun or row.begun_at
    length = row.seconds
    if told.seconds is not None and row.state not in GONE:
        row.seconds = told.seconds
    row.code = told.code or row.code
    state = state_after(row.state, told)
    if state == row.state and state in ENDED and row.seconds != length:
        _tell_end(uow, row)  # a late report knows the length better
    if state in OPEN and row.state not in OPEN and _another_open(uow, row):
        return
    move(uow, row, state)


def _another_open(uow: UnitOfWork, row: Recording) -> bool:
    """A try that was given up has begun after all, beside the one that followed it."""
    other = repository.open_of(uow.session, uow.org_id, row.call_id)
    return other is not None and row.kind == CONVERSATION


def _found(
    uow: UnitOfWork, call: Call, carrier_recording: str, kind: str, at: datetime
) -> Recording:
    """A recording that no row was written for: what a caller leaves."""
    queue = repository.spoken(uow.session, uow.org_id, call.id).queue
    basis = "left" if kind == MESSAGE else "announced"
    row = _new(call, kind=kind, basis=basis, queue=queue, state="asked", begun_at=at)
    row.carrier_recording = carrier_recording
    if kind == CONVERSATION:
        row.state, row.wanted = "failed", "off"  # nobody asked for it; its reports tell the rest
    uow.session.add(row)
    uow.session.flush()
    if row.state in ENDED:
        _tell_end(uow, row)
    return row


def _new(
    call: Call, *, kind: str, basis: str, queue: str | None, state: str, begun_at: datetime
) -> Recording:
    return Recording(
        org_id=call.org_id,
        id=new_id(),
        call_id=call.id,
        kind=kind,
        basis=basis,
        queue=queue,
        carrier=call.carrier,
        state=state,
        wanted="on",
        begun_at=begun_at,
        channels=1,
    )


def begin(uow: UnitOfWork, found: Spoken, leg_id: UUID) -> Recording | None:
    """Let the carrier record a conversation; None where that is so already."""
    row = _new(
        found.call,
        kind=CONVERSATION,
        basis=found.basis or "",
        queue=found.queue,
        state="asked",
        begun_at=uow.now,
    )
    values = {name: getattr(row, name) for name in _GIVEN} | {"leg_id": leg_id, "channels": 2}
    made = repository.add(uow.session, **values)
    if made is not None:
        asked = ev.RecordingAsked(call_id=made.call_id, basis=made.basis)
        uow.emit(made.id, asked, source=_source(uow))
        proceed(uow, made, over=False)
    return made


_GIVEN = ("org_id", "id", "call_id", "kind", "basis", "queue", "carrier", "state", "wanted",
          "begun_at")  # fmt: skip


def act(uow: UnitOfWork, call: Call, leg_id: UUID, wish: RecordAct) -> None:
    """An agent begins, pauses, resumes or ends the recording of a call, which is locked.

    Raises NotRecorded, NoConsent, NeverRecorded.
    """
    row = repository.open_of(uow.session, uow.org_id, call.id)
    if row is None:
        if wish != "start":
            raise NotRecorded
        _begin_by_hand(uow, call, leg_id)
        return
    if row.wanted == "off":
        raise NotRecorded
    if wish == "pause":
        row.wanted = "paused"
        row.paused_until = uow.now + timedelta(seconds=policy().pause_s)
    else:
        row.wanted = "off" if wish == "stop" else "on"
        row.paused_until = None
    row.code = None
    proceed(uow, row, over=False)
    shown(uow, row)


def _begin_by_hand(uow: UnitOfWork, call: Call, leg_id: UUID) -> None:
    found = repository.spoken(uow.session, uow.org_id, call.id)
    if policy().rule(found.queue) == "never":
        raise NeverRecorded
    if found.basis not in CONSENTED:
        raise NoConsent
    begin(uow, found, leg_id)


def settle(uow: UnitOfWork, work: Work) -> bool:
    """What became of the last command, and what is next; whether anything was done."""
    row = work.recording
    done = False
    if row.command_id is not None and work.command_state in _OVER:
        _answered(uow, work)
        done = True
    if row.wanted == "paused" and row.paused_until is not None and row.paused_until <= uow.now:
        row.wanted, row.paused_until = "on", None
        done = True
    return proceed(uow, row, over=work.call_state == "ended") or done


_OVER = ("done", "failed", "expired", "cancelled")


def _answered(uow: UnitOfWork, work: Work) -> None:
    """The last command has ended."""
    row, act_ = work.recording, work.recording.act or ""
    row.command_id = None
    if work.command_state == "done":
        row.carrier_recording = row.carrier_recording or work.command_ref
        if act_ == "delete":
            row.gone_at = uow.now
            move(uow, row, "deleted")
        elif row.state in OPEN and act_ in AFTER:
            move(uow, row, AFTER[act_])
        return
    row.code = work.failure or work.command_state
    if act_ == "start" and row.state == "asked":
        move(uow, row, "failed")
    elif act_ == "pause":
        row.wanted, row.paused_until = "on", None
    elif act_ == "resume":
        row.wanted, row.paused_until = "paused", uow.now + SOON
    elif act_ == "delete":
        row.again_at = uow.now + AGAIN
    shown(uow, row)


def proceed(uow: UnitOfWork, row: Recording, *, over: bool) -> bool:
    """Ask the carrier for what is wanted and not so; one thing at a time. `over`: the call is."""
    if row.command_id is not None:
        return False
    if row.state == "expired":
        if row.again_at is not None and row.again_at > uow.now:
            return False
        row.again_at = None
        params = {"recording": row.carrier_recording}
        row.act, row.command_id = "delete", _ask(uow, row, "delete_recording", params)
        return True
    wish = None if over or row.act == "stop" else next_act(row.state, row.wanted)
    if wish is None or row.kind == MESSAGE:
        return False
    params = {"conference": str(row.call_id), "act": wish, "recording": row.carrier_recording}
    row.act, row.command_id = wish, _ask(uow, row, "record", params)
    return True


def _ask(uow: UnitOfWork, row: Recording, kind: str, params: dict[str, str | None]) -> UUID:
    erase = kind == "delete_recording"
    return commands.ask(
        uow,
        kind,
        purpose=PURPOSE,
        subject_id=row.id,
        call_id=None if erase else row.call_id,
        leg_id=None if erase else row.leg_id,
        params=params,
        priority=commands.MASS if erase else commands.URGENT,
    )


def move(uow: UnitOfWork, row: Recording, state: str) -> None:
    """Another state, as a fact; nothing where it is so already."""
    if state == row.state:
        return
    before, row.state = row.state, state
    source = "carrier"
    if state == "in-progress":
        began = ev.RecordingBegan(call_id=row.call_id, kind=row.kind)
        uow.emit(row.id, ev.RecordingResumed() if before == "paused" else began, source=source)
    elif state == "paused":
        uow.emit(row.id, ev.RecordingPaused(until=row.paused_until), source=source)
    elif state in ENDED:
        _tell_end(uow, row)
    elif state == "deleted":
        uow.emit(row.id, ev.RecordingDeleted(), source=source)
    shown(uow, row)


def _tell_end(uow: UnitOfWork, row: Recording) -> None:
    ended = ev.RecordingEnded(outcome=row.state, seconds=row.seconds, code=row.code)
    uow.emit(row.id, ended, source="carrier")


def shown(uow: UnitOfWork, row: Recording) -> None:
    """The desks of those in the call show it."""
    for user_id in repository.agents_of(uow.session, uow.org_id, row.call_id):
        uow.touch("agent", user_id)


def _source(uow: UnitOfWork) -> str:
    return "agent" if uow.actor.user_id else "system"


def expire(uow: UnitOfWork, row: Recording, why: str) -> None:
    """Let the carrier erase a recording whose row is locked. `why`: retention or person."""
    row.gone_why, row.gone_by = why, uow.actor.user_id
    row.state, row.again_at, row.code = "expired", None, None
    expired = ev.RecordingExpired(why=why, user_id=uow.actor.user_id)
    uow.emit(row.id, expired, source=_source(uow))
    proceed(uow, row, over=True)
