"""Use cases: reviews follow breaches; the unit appeals, a supervisor rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import events as ev
from core.errors import Conflict, InvalidField, NotFound
from core.events import Payload
from core.identity import Principal
from core.ids import new_id
from core.models import Unit
from core.recorded import Recorded
from core.rights import Scope
from core.uow import UnitOfWork
from dispatch.holds.models import Hold
from dispatch.orders import repository as orders
from dispatch.orders.lost_time import Units
from dispatch.orders.models import Assignment
from dispatch.orders.work import Work, work_on
from dispatch.reviews import repository
from dispatch.reviews.models import Review, ReviewAttachment
from dispatch.reviews.rules import ReviewState, blame, evolve_review
from dispatch.tickets.attachments import TooManyFiles, checked_type, digest_of
from dispatch.tickets.file_types import plain_name
from dispatch.tickets.models import AttachmentContent
from sla import repository as cases
from sla import service as sla
from sla.models import SlaCase, SlaTimer
from sla.policy import Policy
from sla.segments import Timeline

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
    """Something about an order's clocks changed: its reviews follow. May run twice."""
    order_id = _order_of(uow.session, uow.org_id, event)
    if order_id is None:
        return
    orders.lock_order(uow.session, uow.org_id, order_id)
    timers = [
        one for one in cases.timers_of(uow.session, uow.org_id, [order_id]) if one.kind == "breach"
    ]
    known = {row.id: row for row in repository.reviews_of(uow.session, uow.org_id, [order_id])}
    if not known and not any(one.fired_at for one in timers):
        return
    with work_on(uow, order_id) as work:
        policy = sla.policy_of_order(uow.session, uow.org_id, order_id)
        assert policy is not None
        attempts = work.attempts()
        for timer in timers:
            _follow(work, policy, attempts, timer, known.get(timer.id))


def _order_of(session: Session, org_id: int, event: Recorded) -> UUID | None:
    if event.stream == "sla":
        case = session.get(SlaCase, (org_id, event.stream_id))
        return event.stream_id if case is not None and case.subject == "order" else None
    if event.stream == "order":
        return event.stream_id
    if event.stream == "hold":
        hold = session.get(Hold, (org_id, event.stream_id))
        return hold.order_id if hold else None
    one = session.get(Assignment, (org_id, event.stream_id))
    return one.order_id if one else None


def _follow(
    work: Work,
    policy: Policy,
    attempts: Sequence[Timeline],
    timer: SlaTimer,
    row: Review | None,
) -> None:
    uow, state = work.uow, repository.review_state(row) if row else None
    if timer.fired_at is None:
        if state is not None and state.withdrawn_at is None:
            _record(uow, timer.id, ev.ReviewWithdrawn(), state)
        return
    found = blame(policy, attempts, timer.code, timer.subject_id, _units(work), uow.now)
    if state is None or state.withdrawn_at is not None:
        opened = ev.ReviewOpened(
            order_id=timer.case_id,
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


def _units(work: Work) -> Units:
    return Units(
        {hop.id: str(hop.centre_id) for hop in work.order.hops},
        {one.id: str(one.crew_id) for one in work.assignments.values() if one.crew_id},
    )


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
    uow.touch("order", state.order_id)
    return state


def demand_seen(session: Session, org_id: int, row: Review, who: Principal) -> None:
    """A centre sees the reviews of orders that it holds, and those that it or its crew answers for.

    Raises NotFound.
    """
    if who.access.scope is Scope.ALL or _answers(session, org_id, row, who):
        return
    if not orders.visible_of(session, org_id, [row.order_id], who.access):
        raise NotFound(what="review", id=row.id)


def _answers(session: Session, org_id: int, row: Review, who: Principal) -> bool:
    if row.unit is None:
        return who.access.scope is Scope.ALL
    unit = session.get(Unit, (org_id, UUID(row.unit)))
    return unit is not None and who.unit_id in (unit.id, unit.centre_id)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a supervisor decides. `waived_s`: of `waived`; `party`, `unit`: of `reattributed`."""

    ruling: str
    words: str
    waived_s: float = 0.0
    party: str | None = None
    unit: UUID | None = None


def appeal(uow: UnitOfWork, review_id: UUID, who: Principal, reason: str, words: str) -> UUID:
    """The unit that answers says why it should not. Returns the order's id."""
    row = _locked(uow, review_id)
    demand_seen(uow.session, uow.org_id, row, who)
    if not (who.access.scope is Scope.ALL or _answers(uow.session, uow.org_id, row, who)):
        raise NotFound(what="review", id=review_id)
    if row.withdrawn_at is not None or row.ruled_at is not None:
        raise ReviewSettled
    state = repository.review_state(row)
    _record(uow, review_id, ev.ReviewAppealed(reason=reason), state, source="dispatcher")
    repository.get(uow.session, uow.org_id, review_id).appeal_words = words
    return row.order_id


def rule(uow: UnitOfWork, review_id: UUID, ruling: Ruling) -> UUID:
    """Upheld, so many minutes waived, or somebody else's. The last ruling holds; raw figures stay.

    Returns the order's id.
    """
    row = _locked(uow, review_id)
    if row.withdrawn_at is not None:
        raise ReviewWithdrawnAlready
    if ruling.ruling == "waived" and ruling.waived_s <= 0:
        raise InvalidField("body.waived_s", "how much is waived?", "请填写豁免的时长")
    policy = sla.policy_of_order(uow.session, uow.org_id, row.order_id)
    assert policy is not None
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
    return row.order_id


def attach(uow: UnitOfWork, review_id: UUID, who: Principal, name: str, content: bytes) -> UUID:
    """Keep a file with a review. Returns the order's id."""
    content_type, digest = checked_type(content), digest_of(content)
    row = _locked(uow, review_id)
    demand_seen(uow.session, uow.org_id, row, who)
    if row.files >= MOST:
        raise TooManyFiles(limit=MOST)
    statement = insert(AttachmentContent).values(org_id=uow.org_id, digest=digest, content=content)
    uow.session.execute(statement.on_conflict_do_nothing())
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
    return row.order_id


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
    orders.lock_order(uow.session, uow.org_id, row.order_id)
    return repository.get(uow.session, uow.org_id, review_id)
