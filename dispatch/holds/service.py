"""Use cases: ask for a hold, approve or refuse it, end it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import events as ev
from core.clock import real_now, seconds_until
from core.errors import AlreadyDone, Conflict, InvalidField, NotFound, Problem
from core.identity import Access, Principal
from core.ids import new_id
from core.local import local_time
from core.recorded import Recorded
from core.rights import Role
from core.uow import UnitOfWork
from dispatch.holds import repository
from dispatch.holds.rules import HoldState, may_decide, most_s
from dispatch.orders import repository as orders
from dispatch.orders.crew_service import crew_act
from dispatch.orders.rules import OPEN_ASSIGNMENT
from dispatch.orders.taps import Tap, tap, within
from dispatch.orders.work import Work, work_on
from sla import service as sla
from sla.policy import Pause

CAP_DUE = "holds.cap_due"
DESK = "dispatcher"


class HoldOpen(Conflict):
    code = "hold_open"
    zh = "该工单已有进行中的暂停申请，请先结束。"
    en = "This order is on hold already; end that hold first."


class HoldUsedUp(Conflict):
    code = "hold_used_up"
    zh = "该原因的暂停时间已用完。"
    en = "No time is left for holds of this kind."


class NoHold(Conflict):
    code = "no_hold"
    zh = "该工单目前没有暂停。"
    en = "This order is not on hold."


class NotAbove(Problem):
    """Only somebody above the one who asked decides."""

    status = 403
    code = "not_above"
    zh = "须由申请人的上级审批。"
    en = "Somebody above the one who asked has to decide this."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `at`: when it began (None: now)."""

    kind: str
    words: str | None = None
    at: datetime | None = None


def ask(uow: UnitOfWork, order_id: UUID, asked: Asked, who: Principal) -> UUID:
    """A desk asks for a hold. Returns its id."""
    with work_on(uow, order_id, who.access) as work:
        if work.order.state in ("scheduled", "finished", "closed"):
            work.demand("hold")
        assignment = work.assignment
        running = assignment is not None and assignment.state in OPEN_ASSIGNMENT
        begun = within(tap(asked.at, uow.now), work.order.filed_at, uow.now)
        hold_id = _ask(
            work, asked, begun, who.role, assignment.id if assignment and running else None
        )
    repository.keep_words(uow.session, uow.org_id, hold_id, words=asked.words)
    return hold_id


def ask_by_crew(uow: UnitOfWork, assignment_id: UUID, asked: Asked, access: Access) -> UUID:
    """A crew cannot go on. Returns the order's id."""
    with crew_act(uow, assignment_id, access, asked.at) as (work, assignment, tapped):
        work.demand_of(assignment, "hold")
        begun = within(tapped, assignment.sent_at, uow.now)
        hold_id = _ask(work, asked, begun, Role.CREW, assignment_id)
        order_id = work.order.id
    repository.keep_words(uow.session, uow.org_id, hold_id, words=asked.words)
    return order_id


def _ask(work: Work, asked: Asked, begun: Tap, role: Role, assignment_id: UUID | None) -> UUID:
    pause = _pause(work, asked.kind)
    if any(one.open for one in work.holds.values()):
        raise HoldOpen
    most = most_s(pause, work.holds.values())
    if most is not None and most < 1:
        raise HoldUsedUp
    hold_id = new_id()
    fact = ev.HoldRequested(
        order_id=work.order.id,
        kind=pause.kind,
        responsible=pause.responsible or "chain",
        asked_role=role.value,
        assignment_id=assignment_id,
        most_s=most,
    )
    event = work.record(hold_id, fact, occurred_at=begun.at, source=begun.source)
    if not pause.approval:
        work.record(hold_id, ev.HoldApproved(), source="system")
    if (cap_at := work.holds[hold_id].cap_at) is not None:
        _wake(work.uow, event, cap_at)
    return hold_id


def _pause(work: Work, kind: str) -> Pause:
    policy = sla.policy_of_order(work.uow.session, work.uow.org_id, work.order.id)
    kinds = {one.kind: one for one in policy.pauses} if policy else {}
    if kind not in kinds:
        known = ", ".join(kinds) or "–"
        raise InvalidField(
            "body.kind", f"the order's policy knows {known}", f"该工单的时限政策只有：{known}"
        )
    return kinds[kind]


def approve(uow: UnitOfWork, hold_id: UUID, who: Principal) -> UUID:
    """The clocks stood still since it began. Returns the order's id."""
    with _hold(uow, hold_id, who.access) as (work, hold):
        _demand_above(who, hold)
        if hold.state != "requested":
            _refuse_second(work, hold)
        work.record(hold_id, ev.HoldApproved(), source=DESK)
        return work.order.id


def refuse(
    uow: UnitOfWork, hold_id: UUID, who: Principal, reason: str, words: str | None = None
) -> UUID:
    """Say no, also after an approval: deadlines are what they were. Returns the order's id."""
    with _hold(uow, hold_id, who.access) as (work, hold):
        _demand_above(who, hold)
        if hold.state == "refused":
            _refuse_second(work, hold)
        work.record(hold_id, ev.HoldRefused(reason=reason), source=DESK)
        order_id = work.order.id
    repository.keep_words(uow.session, uow.org_id, hold_id, decision_words=words)
    return order_id


def end(uow: UnitOfWork, hold_id: UUID, access: Access, at: datetime | None = None) -> UUID:
    """A desk says that the work can go on. Returns the order's id."""
    with _hold(uow, hold_id, access) as (work, hold):
        if not hold.open:
            raise NoHold
        _end(work, hold, within(tap(at, uow.now), hold.begun_at, uow.now), "desk")
        return work.order.id


def resume(
    uow: UnitOfWork, assignment_id: UUID, access: Access, at: datetime | None = None
) -> UUID:
    """The crew goes on, perhaps before the cap that ended its hold. Returns the order's id."""
    with crew_act(uow, assignment_id, access, at) as (work, assignment, tapped):
        mine = [one for one in work.holds.values() if one.assignment_id == assignment.id]
        hold = max(mine, key=lambda one: one.begun_at, default=None)
        if hold is None or not (hold.open or (hold.how == "cap" and _earlier(tapped, hold))):
            raise NoHold
        _end(work, hold, within(tapped, hold.begun_at, uow.now), "crew")
        return work.order.id


def _earlier(tapped: Tap, hold: HoldState) -> bool:
    return hold.ended_at is not None and hold.begun_at <= tapped.at < hold.ended_at


def _end(work: Work, hold: HoldState, tapped: Tap, how: str) -> None:
    cap_at = hold.cap_at
    at = tapped.at if cap_at is None else min(tapped.at, cap_at)
    work.record(hold.id, ev.HoldEnded(how=how), occurred_at=at, source=tapped.source)


def cap_due(uow: UnitOfWork, event: Recorded) -> None:
    """A hold has lasted as long as it may: it ends by itself. May run twice."""
    with _hold(uow, event.stream_id) as (work, hold):
        if hold.ended_at is not None or hold.cap_at is None:
            return
        if uow.now < hold.cap_at:  # the pace of business has changed since
            _wake(uow, event, hold.cap_at)
            return
        work.record(hold.id, ev.HoldEnded(how="cap"), occurred_at=hold.cap_at, source="system")


def _wake(uow: UnitOfWork, event: Recorded, cap_at: datetime) -> None:
    due = real_now() + timedelta(seconds=max(0.0, seconds_until(cap_at)))
    uow.effect("subscriber", name=CAP_DUE, body={"event_id": str(event.id)}, due_at=due)


@contextmanager
def _hold(
    uow: UnitOfWork, hold_id: UUID, access: Access | None = None
) -> Iterator[tuple[Work, HoldState]]:
    order_id = repository.order_id_of(uow.session, uow.org_id, hold_id)
    if access is not None and not orders.visible_of(uow.session, uow.org_id, [order_id], access):
        raise NotFound(what="hold", id=hold_id)
    with work_on(uow, order_id) as work:
        yield work, work.holds[hold_id]


def _demand_above(who: Principal, hold: HoldState) -> None:
    if not may_decide(who.role, hold.asked_role):
        raise NotAbove


def _refuse_second(work: Work, hold: HoldState) -> None:
    name = orders.user_name(work.uow.session, work.uow.org_id, hold.decided_by) or "—"
    approved = hold.state == "approved"
    assert hold.decided_at is not None
    raise AlreadyDone(
        who_zh=name,
        who_en=name,
        at=local_time(hold.decided_at),
        act_zh="批准" if approved else "驳回",
        act_en="approved it" if approved else "refused it",
    )
