"""All queries of notices to many."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.models import User
from dispatch.directory.models import Customer
from dispatch.outbound.campaign_models import Campaign, CampaignRecipient
from dispatch.outbound.campaign_rules import CampaignState
from telephony.message_models import Message

LOOKED_AT = 2000
NOT_GOT = ("excluded", "failed", "undelivered", "refused", "unknown", "cancelled")


def unsettled(session: Session) -> Sequence[Row[int, UUID]]:
    """Campaigns that began and of which something may still go out, the oldest first."""
    query = select(Campaign.org_id, Campaign.id).where(
        Campaign.started_at.is_not(None), Campaign.settled_at.is_(None)
    )
    return session.execute(query.order_by(Campaign.started_at)).all()


def locked(
    session: Session, org_id: int, campaign_id: UUID, *, skip: bool = False
) -> Campaign | None:
    """The row, locked; None where it is not there, or with `skip` while somebody holds it."""
    query = select(Campaign).where(Campaign.org_id == org_id, Campaign.id == campaign_id)
    return session.scalars(query.with_for_update(skip_locked=skip)).one_or_none()


def state_of(row: Campaign) -> CampaignState:
    """The state that a row holds; equals the fold of the campaign's stream."""
    return CampaignState(
        row.id,
        row.template,
        row.scope,
        row.scope_id,
        row.state,
        row.code,
        row.started_at,
        row.ended_at,
        row.recipients,
        row.excluded,
        row.numberless,
    )


def write_state(row: Campaign, state: CampaignState) -> None:
    """Make the row hold `state`."""
    row.state, row.code = state.state, state.code
    row.started_at, row.ended_at = state.started_at, state.ended_at
    row.recipients, row.excluded = state.recipients, state.excluded
    row.numberless = state.numberless


def add_recipients(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Numbers of a campaign; one that is there already stays as it is."""
    if rows:
        session.execute(insert(CampaignRecipient).on_conflict_do_nothing(), list(rows))


def waiting(
    session: Session, org_id: int, campaign_id: UUID, limit: int
) -> Sequence[CampaignRecipient]:
    """The next who are to get it, important customers first. The campaign is locked."""
    query = (
        select(CampaignRecipient)
        .where(
            CampaignRecipient.org_id == org_id,
            CampaignRecipient.campaign_id == campaign_id,
            CampaignRecipient.state == "waiting",
        )
        .order_by(CampaignRecipient.rank, CampaignRecipient.number)
        .limit(limit)
    )
    return session.scalars(query).all()


def cancel_waiting(session: Session, org_id: int, campaign_id: UUID) -> None:
    """Whoever has not been written to will not be: one statement, however many they are."""
    session.execute(
        update(CampaignRecipient)
        .where(
            CampaignRecipient.org_id == org_id,
            CampaignRecipient.campaign_id == campaign_id,
            CampaignRecipient.state == "waiting",
        )
        .values(state="cancelled")
        .execution_options(synchronize_session=False)
    )


def totals(session: Session, org_id: int, campaign_id: UUID) -> tuple[int, int]:
    """How many numbers a campaign has, and how many of them were left out."""
    left_out = CampaignRecipient.state == "excluded"
    query = select(func.count(), func.count().filter(left_out)).where(
        CampaignRecipient.org_id == org_id, CampaignRecipient.campaign_id == campaign_id
    )
    every, excluded = session.execute(query).one()
    return every - excluded, excluded


def queued(session: Session, org_id: int, campaign_id: UUID) -> list[UUID]:
    """Messages of a campaign that have not come further than the queue."""
    query = select(Message.id).where(
        Message.org_id == org_id, Message.campaign_id == campaign_id, Message.state == "queued"
    )
    return list(session.scalars(query))


def progress(
    session: Session, org_id: int, campaign_ids: Collection[UUID]
) -> dict[UUID, Counter[str]]:
    """Campaign → how many numbers are in which state: of the message where there is one."""
    found: dict[UUID, Counter[str]] = {id_: Counter() for id_ in campaign_ids}
    for table, such in _SIDES:
        query = (
            select(table.campaign_id, table.state, func.count())
            .where(table.org_id == org_id, table.campaign_id.in_(campaign_ids), such)
            .group_by(table.campaign_id, table.state)
        )
        for campaign_id, state, count in session.execute(query):
            found[campaign_id][state] += count
    return found


def reasons(session: Session, org_id: int, campaign_id: UUID) -> Counter[tuple[str, str]]:
    """(state, reason) → how many were left out, or did not get it."""
    found: Counter[tuple[str, str]] = Counter()
    for table, such in _SIDES:
        why = func.coalesce(_why(table), "")
        query = (
            select(table.state, why, func.count())
            .where(table.org_id == org_id, table.campaign_id == campaign_id, such)
            .where(table.state.in_(NOT_GOT))
            .group_by(table.state, why)
        )
        for state, code, count in session.execute(query):
            found[state, code] += count
    return found


def failures(
    session: Session, org_id: int, campaign_id: UUID, limit: int
) -> list[tuple[CampaignRecipient, str | None, str, str | None]]:
    """Who did not get it, important customers first: whom, account number, state, reason.

    Of messages that failed the last `LOOKED_AT` are looked at.
    """
    failed = (
        select(Message.to_number, Message.state, Message.code)
        .where(Message.org_id == org_id, Message.campaign_id == campaign_id)
        .where(Message.state.in_(NOT_GOT))
        .order_by(Message.id.desc())
        .limit(LOOKED_AT)
    )
    told = {row.to_number: (row.state, row.code) for row in session.execute(failed)}
    mine = select(CampaignRecipient).where(
        CampaignRecipient.org_id == org_id, CampaignRecipient.campaign_id == campaign_id
    )
    unsent = mine.where(
        CampaignRecipient.message_id.is_(None), CampaignRecipient.state.in_(NOT_GOT)
    ).order_by(CampaignRecipient.rank, CampaignRecipient.state, CampaignRecipient.number)
    found = [(one, one.state, one.reason) for one in session.scalars(unsent.limit(limit))]
    reached = session.scalars(mine.where(CampaignRecipient.number.in_(told)))
    found += [(one, *told[one.number]) for one in reached]
    found.sort(key=lambda one: (one[0].rank, one[1], one[0].number))
    accounts = _accounts(session, org_id, {one.customer_id for one, _, _ in found[:limit]})
    return [(one, accounts.get(one.customer_id), state, why) for one, state, why in found[:limit]]


_SIDES: tuple[tuple[Any, Any], ...] = (
    (CampaignRecipient, CampaignRecipient.message_id.is_(None)),
    (Message, Message.campaign_id.is_not(None)),
)
"""A recipient tells of itself until it has a message. Each side is asked by itself: joined by a
planner that knows no figures of a table just filled, twenty thousand of each take half a minute.
"""


def _why(table: Any) -> Any:
    return table.code if table is Message else table.reason


def _accounts(
    session: Session, org_id: int, customer_ids: Collection[UUID | None]
) -> dict[UUID | None, str]:
    """Customer → account number."""
    query = select(Customer.id, Customer.number).where(
        Customer.org_id == org_id, Customer.id.in_([one for one in customer_ids if one])
    )
    return {row.id: row.number for row in session.execute(query)}


def campaigns(session: Session, org_id: int, limit: int) -> Sequence[Row[Campaign, str]]:
    """The newest first, with the name of who asked."""
    query = _with_name(org_id).order_by(Campaign.asked_at.desc(), Campaign.id.desc())
    return session.execute(query.limit(limit)).all()


def campaign(session: Session, org_id: int, campaign_id: UUID) -> Row[Campaign, str] | None:
    return session.execute(_with_name(org_id).where(Campaign.id == campaign_id)).one_or_none()


def _with_name(org_id: int) -> Any:
    return (
        select(Campaign, User.name)
        .join(User, (User.org_id == Campaign.org_id) & (User.id == Campaign.asked_by))
        .where(Campaign.org_id == org_id)
    )
