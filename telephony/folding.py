"""Reports of the carrier are logged, and their calls are brought to them: one, or many at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.listen import SWITCH
from core.uow import UnitOfWork
from telephony import repository, settling, story_repository, telling, untold_repository
from telephony.command_models import CarrierCommand
from telephony.models import Call
from telephony.recordings import service as recordings
from telephony.rules import CarrierEvent, decide
from telephony.story_legs import FAR
from telephony.telling import Known
from telephony.untold_repository import Taken


@dataclass(frozen=True, slots=True)
class _Report:
    """A report with its call, and the command that placed its leg."""

    taken: Taken
    call: Call
    placed: CarrierCommand | None


def hear(uow: UnitOfWork, event: CarrierEvent) -> Call:
    """Take one report and all that waits of its leg. Returns its call; the same for a repetition.

    Waits for whoever holds the call.
    """
    catch_up(uow, event.carrier_call)
    [(_, call)] = fold(uow, [Taken(event)], wait=True)
    return call


def catch_up(uow: UnitOfWork, carrier_call: str) -> None:
    """Tell all that waits of a leg now, as what follows needs to know it."""
    if not carrier_call:
        return
    late = untold_repository.claimed_of_leg(uow.session, carrier_call)
    if late:
        told = fold(uow, late, wait=True)
        untold_repository.drop(uow.session, [one.id for one, _ in told if one.id is not None])
        uow.session.flush()  # whoever tells more reads the legs that are new with these


def fold(uow: UnitOfWork, taken: Sequence[Taken], *, wait: bool) -> list[tuple[Taken, Call]]:
    """Log these reports, of one organisation, and bring their calls to them, in this order.

    Returns those that are told, each with its call. Where not `wait`, reports of calls that
    somebody else holds are left for later.
    """
    legs = {one.event.leg_id for one in taken if one.event.leg_id is not None}
    placed = repository.commands(uow.session, uow.org_id, legs)
    for one in taken:
        _settle(uow, one.event, placed)

    reports, opened = _with_calls(uow, taken, placed, wait=wait)
    known = telling.gather(uow.session, list({one.call.id: one.call for one in reports}.values()))
    unlogged = [(one.call, one.taken.event) for one in reports if not one.taken.logged]
    fresh = repository.log(uow.session, unlogged)
    _log_decisions(uow, reports, fresh)

    for report in reports:
        event, about = report.taken.event, known[report.call.id]
        if not report.taken.logged:
            if event.dedup_key not in fresh:
                continue
            fresh.discard(event.dedup_key)
            about.evidence.append(story_repository.evidence_in(event))
            about.evidence += story_repository.decisions_in(event, report.taken.decided)
        _tell(uow, about, report, is_new=report.call.id in opened)
        opened.discard(report.call.id)
    return [(one.taken, one.call) for one in reports]


def _log_decisions(uow: UnitOfWork, reports: Sequence[_Report], fresh: Collection[str]) -> None:
    """Keep what was decided when these were answered, once for each report."""
    decided = [
        (one.call, word, f"{one.taken.event.dedup_key}", more, one.taken.event.received_at)
        for one in reports
        if not one.taken.logged and one.taken.event.dedup_key in fresh
        for word, more in one.taken.decided
    ]
    story_repository.log_flow(uow.session, decided)


def _settle(uow: UnitOfWork, event: CarrierEvent, placed: Collection[UUID]) -> None:
    """Whoever speaks of a leg that a command asked for says that it was placed."""
    if event.leg_id is not None and event.leg_id in placed:
        settling.placed(uow, event.leg_id, event.carrier, event.carrier_call)


def _with_calls(
    uow: UnitOfWork,
    taken: Sequence[Taken],
    placed: dict[UUID, CarrierCommand],
    *,
    wait: bool,
) -> tuple[list[_Report], set[UUID]]:
    """The reports whose calls could be locked, and the calls that begin with them."""
    events = [one.event for one in taken]
    ids, opened = repository.call_ids(uow.session, uow.org_id, events, placed)
    calls = repository.calls_locked(uow.session, uow.org_id, ids, wait=wait)
    reports = [
        _Report(one, calls[id_], placed.get(one.event.leg_id) if one.event.leg_id else None)
        for one, id_ in zip(taken, ids, strict=True)
        if id_ in calls
    ]
    return reports, opened


def _tell(uow: UnitOfWork, known: Known, one: _Report, *, is_new: bool) -> None:
    event, call = one.taken.event, one.call
    leg = telling.leg_of(uow, known, event, one.placed)
    state = None if is_new else repository.state_of(call)
    facts = decide(state, event) if leg is not None and leg.role in FAR else []
    telling.record(uow, call, state, facts)
    telling.follow(uow, known, event.at)
    if event.kind == "recording":
        recordings.heard(uow, call, event.recording, event.recorded, event.at)
    if one.taken.opened:
        uow.touch("call", call.id)
    if facts:
        uow.notify(SWITCH, "")


def open_call(uow: UnitOfWork, event: CarrierEvent) -> Call:
    """The call of a caller who asks what is next, made where it is new, with the report in the log.

    The rest is told later. Nobody who holds the call is waited for.
    """
    [call_id], opened = repository.call_ids(uow.session, uow.org_id, [event], {})
    call = uow.session.get_one(Call, (uow.org_id, call_id))
    is_new = call_id in opened
    if is_new:
        telling.append(uow, call, None, decide(None, event))
    if repository.log(uow.session, [(call, event)]):
        untold_repository.add(uow.session, event, opened=is_new)
    return call
