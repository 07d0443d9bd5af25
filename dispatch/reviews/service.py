"""Use cases: reviews follow breaches; the unit appeals, a supervisor rules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound
from core.eventlog import read_stream
from core.events import Payload
from core.identity import Principal
from core.ids import new_id
from core.models import Unit
from core.recorded import Recorded
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.holds.models import Hold
from dispatch.orders import loading
from dispatch.orders import repository as orders
from dispatch.orders.models import Assignment
from dispatch.reviews import repository
from dispatch.reviews.models import Review, ReviewAttachment
from dispatch.reviews.rules import Blame, ReviewState, blame, blame_of_ticket, evolve_review
from dispatch.tickets import repository as tickets
from dispatch.tickets.attachments import TooManyFiles, keep_content
from dispatch.tickets.file_types import plain_name
from dispatch.tickets.models import AttachmentContent, Ticket
from sla import repository as cases
from sla import service as sla
from sla.models import SlaCase, SlaTimer

SOURCE = "sla"
MOST = 20
"""Files of one review, at most."""


class ReviewSettled(Conflict):
    code = "review_settled"
    zh = "该超时已撤销或已裁定，不能再申诉。"
    en = "This breach was withdrawn or ruled on; it cannot be appealed any more."


class ReviewWithdrawnAlready(Conflict):
    code = "review_withdrawn"
    zh = "该超时已撤销，无需裁定。"
    en = "This breach was withdrawn; there is nothing to rule on."


def follow(uow: UnitOfWork, event: Recorded) -> None:
    """The clocks of an order or ticket changed: its reviews follow. May run twice."""
    case_id = _case_id_of(uow.session, uow.org_id, event)
    case = sla.case_of(uow.session, uow.org_id, case_id) if case_id else None
    if case is None:
        return
    _lock(uow, case)
    timers = [
        one for one in cases.timers_of(uow.session, uow.org_id, [case.id]) if one.kind == "breach"
    ]
    known = {row.id: row for row in repository.reviews_of(uow.session, uow.org_id, [case.id])}
    if not known and not any(one.fired_at for one in timers):
        return
    blame_for = _blames(uow, case)
    for timer in timers:
        _follow(uow, case, timer, known.get(timer.id), blame_for)


def _case_id_of(session: Session, org_id: int, event: Recorded) -> UUID | None:
    """The order or ticket whose clocks a fact concerns."""
    if event.stream in ("sla", "order"):
        return event.stream_id
    if event.stream == "hold":
        hold = session.get(Hold, (org_id, event.stream_id))
        return hold.order_id if hold else None
    one = session.get(Assignment, (org_id, event.stream_id))
    return one.order_id if one else None


def _lock(uow: UnitOfWork, case: SlaCase) -> None:
    if case.subject == "ticket":
        tickets.ticket_locked(uow.session, uow.org_id, case.id)
    else:
        orders.lock_order(uow.session, uow.org_id, case.id)


def _blames(uow: UnitOfWork, case: SlaCase) -> Callable[[SlaTimer], Blame]:
    """Who answers for a breach of this case, as its stamps are now."""
    policy = sla.policy_of(case)
    if case.subject == "ticket":
        passed_on = _passed_on(uow, case.id)
        return lambda one: blame_of_ticket(policy, one.code, _due(one), passed_on)
    (order,) = loading.known(uow.session, uow.org_id, [case.id])
    attempts, units = order.timelines, order.units
    return lambda one: blame(policy, attempts, one.code, one.subject_id, units, uow.now)


def _passed_on(uow: UnitOfWork, ticket_id: UUID) -> list[tuple[datetime, UUID | None]]:
    """Which department had a ticket since when; None: the hotline."""
    return [
        (one.occurred_at, getattr(one.payload, "unit_id", None))
        for one in read_stream(uow.session, uow.org_id, "ticket", ticket_id)
        if isinstance(one.payload, ev.TicketTransferred | ev.TicketReturned)
    ]


def _due(timer: SlaTimer) -> datetime:
    assert timer.due_at is not None  # it fired
    return timer.due_at


def _follow(
    uow: UnitOfWork,
    case: SlaCase,
    timer: SlaTimer,
    row: Review | None,
    blame_for: Callable[[SlaTimer], Blame],
) -> None:
    state = repository.review_state(row) if row else None
    if timer.fired_at is None:
        if state is not None and state.withdrawn_at is None:
            _record(uow, timer.id, ev.ReviewWithdrawn(), state)
        return
    found = blame_for(timer)
    if state is None or state.withdrawn_at is not None:
        opened = ev.ReviewOpened(
            order_id=case.id if case.subject == "order" else None,
            ticket_id=case.id if case.subject == "ticket" else None,
            code=timer.code,
            subject_id=timer.subject_id,
            limit_s=timer.limit_s,
            party=found.party,
            unit=found.unit,
            cause=found.cause,
        )
        _record(uow, timer.id, opened, state, timer.due_at)
    elif state.ruled_at is None and state.blame != found:
        fact = ev.ReviewAttributed(party=found.party, unit=found.unit, cause=found.cause)
        _record(uow, timer.id, fact, state)


def _record(
    uow: UnitOfWork,
    review_id: UUID,
    payload: Payload,
    state: ReviewState | None,
    at: datetime | None = None,
    source: str = SOURCE,
) -> ReviewState:
    event = uow.emit(review_id, payload, occurred_at=at, source=source)
    state = evolve_review(state, event)
    repository.save(uow.session, uow.org_id, state)
    uow.touch("order", state.case_id)
    return state


def demand_seen(session: Session, org_id: int, row: Review, who: Principal) -> None:
    """A centre sees the reviews of what it holds, and those that it or one of its own answers for,
    or is to answer for by a ruling. Raises NotFound.
    """
    if who.access.scope is Scope.ALL or _is_of(session, org_id, (row.unit, row.ruled_unit), who):
        return
    ticket = session.get(Ticket, (org_id, row.case_id))
    held = (
        orders.visible_of(session, org_id, [row.case_id], who.access)
        if ticket is None
        else tickets.is_held_by(session, ticket, who.access)
    )
    if not held:
        raise NotFound(what="review", id=row.id)


def _is_of(session: Session, org_id: int, units: Sequence[str | None], who: Principal) -> bool:
    """Whether one of these units is this person's own, or belongs to it."""
    found = (session.get(Unit, (org_id, UUID(one))) for one in units if one is not None)
    return any(one is not None and who.unit_id in (one.id, one.centre_id) for one in found)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a supervisor decides. `waived_s`: of `waived`; `party`, `unit`: of `reattributed`."""

    ruling: str
    words: str
    waived_s: float = 0.0
    party: str | None = None
    unit: UUID | None = None


def appeal(uow: UnitOfWork, review_id: UUID, who: Principal, reason: str, words: str) -> None:
    """The unit that answers says why it should not."""
    row = _locked(uow, review_id)
    demand_seen(uow.session, uow.org_id, row, who)
    if not (who.access.scope is Scope.ALL or _is_of(uow.session, uow.org_id, [row.unit], who)):
        raise NotFound(what="review", id=review_id)
    if row.withdrawn_at is not None or row.ruled_at is not None:
        raise ReviewSettled
    state = repository.review_state(row)
    _record(uow, review_id, ev.ReviewAppealed(reason=reason), state, source="dispatcher")
    repository.get(uow.session, uow.org_id, review_id).appeal_words = words


def rule(uow: UnitOfWork, review_id: UUID, ruling: Ruling) -> None:
    """Upheld, so much waived, or somebody else's. The last ruling holds; raw figures stay."""
    row = _locked(uow, review_id)
    if row.withdrawn_at is not None:
        raise ReviewWithdrawnAlready
    if ruling.ruling == "waived" and ruling.waived_s <= 0:
        raise InvalidField("body.waived_s", "how much is waived?", "请填写豁免的时长")
    policy = sla.policy_of(uow.session.get_one(SlaCase, (uow.org_id, row.case_id)))
    if ruling.ruling == "reattributed":
        if ruling.party is None or ruling.party not in policy.parties:
            known = ", ".join(policy.parties)
            raise InvalidField("body.party", f"must be one of {known}", f"应为以下之一：{known}")
        if ruling.unit and orders.find_unit(uow.session, uow.org_id, ruling.unit) is None:
            raise InvalidField("body.unit", "there is no such unit", "没有此单位")
    moved = ruling.ruling == "reattributed"
    fact = ev.ReviewRuled(
        ruling=ruling.ruling,
        waived_s=ruling.waived_s if ruling.ruling == "waived" else 0.0,
        party=ruling.party if moved else None,
        unit=str(ruling.unit) if moved and ruling.unit else None,
    )
    _record(uow, review_id, fact, repository.review_state(row), source="supervisor")
    repository.get(uow.session, uow.org_id, review_id).ruling_words = ruling.words


def attach(uow: UnitOfWork, review_id: UUID, who: Principal, name: str, content: bytes) -> None:
    """Keep a file with a review."""
    row = _locked(uow, review_id)
    demand_seen(uow.session, uow.org_id, row, who)
    if row.files >= MOST:
        raise TooManyFiles(limit=MOST)
    content_type, digest = keep_content(uow, content)
    file = ReviewAttachment(
        org_id=uow.org_id,
        id=new_id(),
        review_id=review_id,
        name=plain_name(name),
        content_type=content_type,
        size=len(content),
        digest=digest,
        attached_at=uow.now,
        attached_by=uow.actor.user_id,
    )
    uow.session.add(file)
    fact = ev.ReviewAttached(attachment_id=file.id, content_type=content_type, size=len(content))
    _record(uow, review_id, fact, repository.review_state(row), source="dispatcher")


def read_file(
    session: Session, org_id: int, review_id: UUID, attachment_id: UUID
) -> tuple[ReviewAttachment, bytes]:
    """A file and its bytes. Raises NotFound."""
    row = session.get(ReviewAttachment, (org_id, attachment_id))
    if row is None or row.review_id != review_id:
        raise NotFound(what="attachment", id=attachment_id)
    return row, session.get_one(AttachmentContent, (org_id, row.digest)).content


def _locked(uow: UnitOfWork, review_id: UUID) -> Review:
    row = repository.get(uow.session, uow.org_id, review_id)
    _lock(uow, uow.session.get_one(SlaCase, (uow.org_id, row.case_id)))
    return repository.get(uow.session, uow.org_id, review_id)
