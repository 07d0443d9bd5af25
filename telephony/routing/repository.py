"""All queries of the routing of calls.

Rows are locked in one order, call before agent before offer; the switchboard waits for none of
them, but leaves what somebody else holds to its next turn.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.models import Organisation, User
from telephony.command_models import CarrierCommand
from telephony.leg_models import CallLeg
from telephony.models import Call, QueueStay
from telephony.routing.matching import Free, Waiting
from telephony.routing.models import Agent, AgentCall, AgentSkill, AgentSpan, Callback, Offer

_SWITCH_LOCK = 7_245_035
ENDED = "ended"
CARRIER_TRIES = 3
CARRIER_PATIENCE = timedelta(seconds=30)
"""What the carrier was asked to do with a customer shows within this time, or is asked again."""
LONGEST_CALL = timedelta(hours=4)
"""The carrier ends every call then."""


def one_switchboard(session: Session, org_id: int) -> bool:
    """Be the only switchboard of the organisation until the commit; False: another one is."""
    query = select(func.pg_try_advisory_xact_lock(_SWITCH_LOCK, org_id))
    return bool(session.scalar(query))


def organisations(session: Session) -> Sequence[int]:
    """Those with agents: nobody else can be connected."""
    return session.scalars(
        select(Organisation.id).where(exists().where(Agent.org_id == Organisation.id))
    ).all()


# Agents


def agent_locked(session: Session, org_id: int, user_id: UUID, now: datetime) -> Agent | None:
    """The agent's row, locked, made where there is none; None: no such person."""
    found = session.get(Agent, (org_id, user_id), with_for_update=True, populate_existing=True)
    if found is not None or session.get(User, (org_id, user_id)) is None:
        return found
    new = insert(Agent).values(
        org_id=org_id, user_id=user_id, state="offline", since=now, idle_since=now
    )
    session.execute(new.on_conflict_do_nothing())
    return session.get(Agent, (org_id, user_id), with_for_update=True, populate_existing=True)


def agent_now(session: Session, org_id: int, user_id: UUID) -> Agent | None:
    """The agent's row, locked if nobody else holds it; None otherwise."""
    query = select(Agent).where(Agent.org_id == org_id, Agent.user_id == user_id)
    again = {"populate_existing": True}
    return session.scalars(
        query.with_for_update(skip_locked=True), execution_options=again
    ).one_or_none()


def free_agents(session: Session, org_id: int) -> list[Free]:
    """Who can be reserved now; not locked yet."""
    query = select(Agent).where(
        Agent.org_id == org_id, Agent.state == "available", Agent.endpoint.is_not(None)
    )
    found = session.scalars(query).all()
    skills = skills_of(session, org_id, [one.user_id for one in found])
    return [
        Free(
            one.user_id,
            one.idle_since,
            skills[one.user_id],
            frozenset(one.languages),
            called=one.callers_since is not None,
        )
        for one in found
    ]


def skills_of(
    session: Session, org_id: int, user_ids: Collection[UUID]
) -> Mapping[UUID, dict[str, int]]:
    """Agent → skill → level."""
    query = select(AgentSkill).where(
        AgentSkill.org_id == org_id, AgentSkill.user_id.in_(list(user_ids))
    )
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for one in session.scalars(query):
        found[one.user_id][one.skill] = one.level
    return found


def drop_skills(session: Session, org_id: int, user_id: UUID) -> None:
    session.execute(
        delete(AgentSkill).where(AgentSkill.org_id == org_id, AgentSkill.user_id == user_id)
    )


def end_span(session: Session, org_id: int, user_id: UUID, now: datetime) -> None:
    """End the stretch of time that the agent is in."""
    session.flush()
    session.execute(
        update(AgentSpan)
        .where(
            AgentSpan.org_id == org_id, AgentSpan.user_id == user_id, AgentSpan.ended_at.is_(None)
        )
        .values(ended_at=now)
    )


def wrap_ups_due(session: Session, org_id: int, now: datetime) -> Sequence[Agent]:
    """Agents whose after-call work has had its time, locked."""
    query = select(Agent).where(
        Agent.org_id == org_id, Agent.state == "wrap_up", Agent.until <= now
    )
    return session.scalars(query.with_for_update(skip_locked=True)).all()


# Who waits


def waiting_calls(session: Session, org_id: int) -> list[Waiting]:
    """Callers in queues to whom no agent is on the way, or just fetching them."""
    offered = exists().where(
        Offer.org_id == org_id, Offer.call_id == QueueStay.call_id, Offer.ended_at.is_(None)
    )
    served = exists().where(
        AgentCall.org_id == org_id,
        AgentCall.call_id == QueueStay.call_id,
        AgentCall.state != ENDED,
    )
    promised = exists().where(Callback.org_id == org_id, Callback.from_call_id == QueueStay.call_id)
    query = (
        select(QueueStay)
        .join(Call, (Call.org_id == QueueStay.org_id) & (Call.id == QueueStay.call_id))
        .where(QueueStay.org_id == org_id, QueueStay.left_at.is_(None), Call.state != ENDED)
        .where(~offered, ~served, ~promised)
    )
    return [
        Waiting(
            one.call_id,
            one.queue,
            one.entered_at,
            one.priority,
            frozenset(one.skills),
            one.language or None,
        )
        for one in session.scalars(query)
    ]


def still_wanted(session: Session, org_id: int, offers: Collection[Offer]) -> set[UUID]:
    """The ids of those whose caller waits, whose customer is to be called, whose call goes on."""
    waits = exists().where(
        QueueStay.org_id == org_id, QueueStay.call_id == Offer.call_id, QueueStay.left_at.is_(None)
    )
    dialled = exists().where(
        Callback.org_id == org_id, Callback.id == Offer.callback_id, Callback.state == "dialling"
    )
    goes_on = Call.state != ENDED
    query = (
        select(Offer.id)
        .join(Call, (Call.org_id == Offer.org_id) & (Call.id == Offer.call_id))
        .where(Offer.org_id == org_id, Offer.id.in_([one.id for one in offers]))
        .where(
            case(
                (Offer.kind == "caller", and_(waits, goes_on)),
                (Offer.kind == "callback", dialled),
                else_=goes_on,
            )
        )
    )
    return set(session.scalars(query))


def last_stay(session: Session, org_id: int, call_id: UUID) -> QueueStay | None:
    query = select(QueueStay).where(QueueStay.org_id == org_id, QueueStay.call_id == call_id)
    return session.scalars(query.order_by(QueueStay.number.desc()).limit(1)).one_or_none()


def call_now(session: Session, org_id: int, call_id: UUID) -> Call | None:
    """A call, locked if no report about it is just being taken; None otherwise."""
    query = select(Call).where(Call.org_id == org_id, Call.id == call_id)
    return session.scalars(query.with_for_update(skip_locked=True, key_share=True)).one_or_none()


def call_locked(session: Session, org_id: int, call_id: UUID) -> Call | None:
    """A call, locked."""
    query = select(Call).where(Call.org_id == org_id, Call.id == call_id)
    return session.scalars(query.with_for_update()).one_or_none()


# Offers and parts


def served_by(session: Session, org_id: int, call_id: UUID) -> UUID | None:
    """The agent whose telephone rings for a call, or who is in it."""
    offer = select(Offer.user_id).where(
        Offer.org_id == org_id, Offer.call_id == call_id, Offer.ended_at.is_(None)
    )
    if (found := session.scalars(offer.limit(1)).first()) is not None:
        return found
    parts = parts_of_call(session, org_id, call_id)
    return parts[0].user_id if parts else None


def open_offers(session: Session, org_id: int) -> Sequence[Offer]:
    query = select(Offer).where(Offer.org_id == org_id, Offer.ended_at.is_(None))
    return session.scalars(query.order_by(Offer.offered_at)).all()


def offer_locked(session: Session, org_id: int, offer_id: UUID) -> Offer | None:
    return session.get(Offer, (org_id, offer_id), with_for_update=True, populate_existing=True)


def offer_of_leg(session: Session, org_id: int, leg_id: UUID) -> Offer | None:
    query = select(Offer).where(Offer.org_id == org_id, Offer.leg_id == leg_id)
    return session.scalars(query).one_or_none()


def offer_of_agent(session: Session, org_id: int, user_id: UUID) -> Offer | None:
    """The agent's open offer."""
    query = select(Offer).where(
        Offer.org_id == org_id, Offer.user_id == user_id, Offer.ended_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def offer_of_call(session: Session, org_id: int, call_id: UUID) -> Offer | None:
    """The open offer of a call."""
    query = select(Offer).where(
        Offer.org_id == org_id, Offer.call_id == call_id, Offer.ended_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def active_parts(session: Session, org_id: int) -> Sequence[tuple[AgentCall, Call]]:
    """Parts that have not ended, each with its call."""
    query = (
        select(AgentCall, Call)
        .join(Call, (Call.org_id == AgentCall.org_id) & (Call.id == AgentCall.call_id))
        .where(AgentCall.org_id == org_id, AgentCall.state != ENDED)
    )
    return [(part, call) for part, call in session.execute(query)]


def part_of(session: Session, org_id: int, user_id: UUID, call_id: UUID) -> AgentCall | None:
    """The agent's part in a call, while it lasts."""
    query = select(AgentCall).where(
        AgentCall.org_id == org_id,
        AgentCall.user_id == user_id,
        AgentCall.call_id == call_id,
        AgentCall.state != ENDED,
    )
    return session.scalars(query).one_or_none()


def parts_of_call(session: Session, org_id: int, call_id: UUID) -> Sequence[AgentCall]:
    """Agents that are in a call now, active or parked."""
    query = select(AgentCall).where(
        AgentCall.org_id == org_id, AgentCall.call_id == call_id, AgentCall.state != ENDED
    )
    return session.scalars(query.order_by(AgentCall.began_at, AgentCall.id)).all()


def parts_of_agent(session: Session, org_id: int, user_id: UUID) -> Sequence[AgentCall]:
    query = select(AgentCall).where(
        AgentCall.org_id == org_id, AgentCall.user_id == user_id, AgentCall.state != ENDED
    )
    return session.scalars(query.order_by(AgentCall.began_at)).all()


def last_part(session: Session, org_id: int, user_id: UUID, call_id: UUID) -> AgentCall | None:
    query = select(AgentCall).where(
        AgentCall.org_id == org_id, AgentCall.user_id == user_id, AgentCall.call_id == call_id
    )
    return session.scalars(query.order_by(AgentCall.began_at.desc()).limit(1)).one_or_none()


def legs(session: Session, org_id: int, ids: Collection[UUID]) -> dict[UUID, CallLeg]:
    query = select(CallLeg).where(CallLeg.org_id == org_id, CallLeg.id.in_(list(ids)))
    return {one.id: one for one in session.scalars(query)}


def legs_of_call(session: Session, org_id: int, call_id: UUID) -> Sequence[CallLeg]:
    """Telephones of a call that are not over."""
    query = select(CallLeg).where(
        CallLeg.org_id == org_id, CallLeg.call_id == call_id, CallLeg.state != ENDED
    )
    return session.scalars(query.order_by(CallLeg.placed_at, CallLeg.id)).all()


def ended_legs(session: Session, org_id: int, call_id: UUID, role: str) -> Sequence[CallLeg]:
    query = select(CallLeg).where(
        CallLeg.org_id == org_id,
        CallLeg.call_id == call_id,
        CallLeg.role == role,
        CallLeg.state == ENDED,
    )
    return session.scalars(query).all()


def last_left(session: Session, org_id: int, call_id: UUID) -> AgentCall:
    """The part that ended last in a call that agents have left."""
    query = select(AgentCall).where(AgentCall.org_id == org_id, AgentCall.call_id == call_id)
    return session.scalars(query.order_by(AgentCall.ended_at.desc()).limit(1)).one()


def left_alone(session: Session, org_id: int, now: datetime) -> Sequence[Call]:
    """Customers who had an agent and have nobody now, nor is anybody or a queue on the way.

    What was asked of the carrier since the last agent left is waited for; three times at most.
    """
    part, offer, stay = aliased(AgentCall), aliased(Offer), aliased(QueueStay)
    leg, asked = aliased(CallLeg), aliased(CarrierCommand)
    ended = select(func.max(part.ended_at)).where(part.org_id == org_id, part.call_id == Call.id)
    since = ended.scalar_subquery()
    mine = (asked.org_id == org_id, asked.call_id == Call.id, asked.created_at >= since)
    sent = (*mine, asked.kind.in_(("redirect", "hang_up")), ~_of_staff(asked))
    tried = select(func.count()).select_from(asked).where(*sent)
    under_way = (asked.state != "failed", asked.created_at > now - CARRIER_PATIENCE)
    query = (
        select(Call)
        .where(Call.org_id == org_id, Call.opened_at >= now - LONGEST_CALL, Call.state != ENDED)
        .where(
            since.is_not(None),
            ~exists().where(part.org_id == org_id, part.call_id == Call.id, part.state != ENDED),
            ~exists().where(
                offer.org_id == org_id, offer.call_id == Call.id, offer.ended_at.is_(None)
            ),
            ~exists().where(stay.org_id == org_id, stay.call_id == Call.id, stay.left_at.is_(None)),
            ~exists().where(
                leg.org_id == org_id,
                leg.call_id == Call.id,
                leg.role == "third",
                leg.state != ENDED,
                ~_undialled(leg),
            ),
            ~exists().where(*sent, *under_way),
            tried.scalar_subquery() < CARRIER_TRIES,
        )
    )
    return session.scalars(query).all()


def unfetched(session: Session, org_id: int) -> Sequence[tuple[AgentCall, int]]:
    """Agents who are alone in a call, for the carrier could not bring the caller; and how often
    it was asked to.
    """
    asked, later = aliased(CarrierCommand), aliased(CarrierCommand)
    query = (
        select(AgentCall, select(func.count()).where(*_bringing(later)).scalar_subquery())
        .join(Call, (Call.org_id == AgentCall.org_id) & (Call.id == AgentCall.call_id))
        .where(AgentCall.org_id == org_id, AgentCall.state == "active", Call.state != ENDED)
        .where(exists().where(*_bringing(asked), asked.state.in_(("failed", "expired"))))
        .where(~exists().where(*_bringing(later), later.state.not_in(("failed", "expired"))))
    )
    return [(part, count) for part, count in session.execute(query)]


def _bringing(asked: type[CarrierCommand]) -> tuple[ColumnElement[bool], ...]:
    """Commands since an agent came that bring the caller to that agent."""
    return (
        asked.org_id == AgentCall.org_id,
        asked.call_id == AgentCall.call_id,
        asked.kind.in_(("take_from_queue", "redirect")),
        asked.created_at >= AgentCall.began_at,
    )


def _undialled(leg: type[CallLeg]) -> ColumnElement[bool]:
    """The carrier was never asked to ring it, or has refused."""
    asked = aliased(CarrierCommand)
    return exists().where(
        asked.org_id == leg.org_id,
        asked.id == leg.id,
        asked.state.in_(("failed", "expired", "cancelled")),
    )


def _of_staff(asked: type[CarrierCommand]) -> ColumnElement[bool]:
    """It is about a leg of ours, not about the customer's."""
    leg = aliased(CallLeg)
    return exists().where(
        leg.org_id == asked.org_id,
        leg.id == asked.leg_id,
        leg.role.in_(("agent", "third", "supervisor")),
    )


# Deadlines


def next_due(session: Session) -> datetime | None:
    """The earliest deadline of an offer, of after-call work or of a call-back."""
    query = text(
        "SELECT least((SELECT min(expires_at) FROM offer WHERE ended_at IS NULL),"
        " (SELECT min(until) FROM agent WHERE state = 'wrap_up'),"
        " (SELECT min(next_at) FROM callback WHERE state = 'waiting'))"
    )
    found: datetime | None = session.scalar(query)
    return found
