"""The board's read model: rows of orders and the snapshot.

A row depends on the database alone, never on the clock: countdowns are made by the screen from
`due_at`. So a snapshot plus the deltas that follow equals a fresh snapshot (tested as a law).
Positions are not part of the numbered rows; they travel packed and coalesced.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import rate
from core.live import EVERYTHING as BOARD_ALL
from core.live import head_of
from dashboards.desks import centre_rows, without_desk
from dashboards.fleet import crew_rows, vehicle_rows
from dashboards.help_calls import open_help
from dashboards.holds import hold_row
from dashboards.promises import promise_row
from dashboards.values import iso, text
from dispatch.escalation import repository as escalation
from dispatch.notices.models import Notice
from dispatch.orders import repository
from dispatch.orders.loading import Known, known
from dispatch.orders.lost_time import Lost, Units, lost_time
from dispatch.orders.models import Assignment, Location, Order
from dispatch.orders.rules import OPEN_ASSIGNMENT, AssignmentState, OrderState
from dispatch.outbound import repository as outbound
from dispatch.outbound.models import CrewReach
from dispatch.routing import repository as routing
from dispatch.routing.plan_rules import OPEN as PLAN_OPEN
from dispatch.routing.plan_rules import PlanState
from dispatch.routing.plans import ALARM, SOURCE
from dispatch.tickets.models import Ticket
from sla.models import SlaForecast, SlaTimer
from sla.policy import Policy
from sla.segments import Segment, holding_now, segments, total
from sla.service import policy_of
from sla.timelines import Timeline

POINTS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Loaded(Known):
    """One order with all that its row needs."""

    place: Location | None
    ticket: Ticket | None
    forecast: SlaForecast | None
    timers: list[SlaTimer]
    plan: PlanState | None
    sounds: Sequence[Notice]
    reach: CrewReach | None


def load(session: Session, org_id: int, order_ids: Iterable[UUID]) -> list[Loaded]:
    """Orders with hops, assignments, stamps, place, ticket and deadlines, in a few queries."""
    ids = list(order_ids)
    found = known(session, org_id, ids)
    places = _by_id(session, org_id, Location, (one.row.location_id for one in found))
    tickets = _by_id(session, org_id, Ticket, (one.row.ticket_id for one in found))
    forecasts = _by_id(session, org_id, SlaForecast, ids)
    plans = routing.plans_of(session, org_id, ids)
    sounds = escalation.sounding(session, org_id, ids)
    reaches = outbound.reaches(session, org_id, _known(one.row.assignment_id for one in found))
    timers = defaultdict(list)
    query = select(SlaTimer).where(SlaTimer.org_id == org_id, SlaTimer.case_id.in_(ids))
    for timer in session.scalars(query.order_by(SlaTimer.starts_at, SlaTimer.code)):
        timers[timer.case_id].append(timer)
    return [
        Loaded(
            **{field.name: getattr(one, field.name) for field in fields(Known)},
            place=places.get(one.row.location_id),
            ticket=tickets.get(one.row.ticket_id),
            forecast=forecasts.get(one.row.id),
            timers=timers[one.row.id],
            plan=plans.get(one.row.id),
            sounds=sounds.get(one.row.id, ()),
            reach=reaches.get(one.row.assignment_id) if one.row.assignment_id else None,
        )
        for one in found
    ]


def _known(ids: Iterable[UUID | None]) -> set[UUID]:
    return {id_ for id_ in ids if id_ is not None}


def _by_id(session: Session, org_id: int, model: Any, ids: Iterable[UUID | None]) -> dict[Any, Any]:
    query = select(model).where(model.org_id == org_id, model.id.in_(_known(ids)))
    return {row.id: row for row in session.scalars(query)}


def order_row(loaded: Loaded, receipts: Sequence[Any], now: datetime) -> dict[str, Any]:
    """The row of one order, as the board shows it. Times are ISO 8601, UTC."""
    order, assignment, place = loaded.order, loaded.assignment, loaded.place
    attempts = loaded.timelines
    running_timeline = attempts[-1]
    judged: Sequence[Segment] = ()
    lost: Sequence[Lost] = ()
    policy = whole = running = None
    if loaded.case is not None:
        policy = policy_of(loaded.case)
        judged = segments(policy, running_timeline, now)
        whole = total(policy, running_timeline, now)
        lost = lost_time(policy, attempts, now, loaded.units)
        running = _running(policy, judged, running_timeline, loaded.units)
    tries = {receipt.subject_id: receipt for receipt in receipts if receipt.purpose == "order"}
    return {
        "id": str(order.id),
        "number": order.number,
        "kind": loaded.ticket.kind if loaded.ticket else "fault_repair",
        "fault_code": loaded.row.fault_code,
        "place": place.place if place else None,
        "place_en": place.place_en if place else None,
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "place_source": place.source if place and place.lat is not None else None,
        "uncertainty_m": place.uncertainty_m if place and place.lat is not None else None,
        "area_class": order.area_class,
        "urgency": order.urgency,
        "trade": order.trade,
        "state": order.state,
        "filed_at": iso(order.filed_at),
        "centre_id": text(order.centre_id),
        "hop": _hop(loaded, tries),
        "release": _release(loaded.plan),
        "assignment": _assignment(assignment, tries, loaded.reach),
        "holder": _holder(order, assignment, running_timeline),
        "points": {point: iso(running_timeline.at(point)) for point in POINTS},
        "running": running,
        "lost": [one.as_json() for one in lost],
        "promise": promise_row(
            policy, whole, loaded.timers, loaded.forecast, judged, running_timeline
        ),
        "alerts": _alerts(loaded),
        "sounds": [_sound(one) for one in loaded.sounds],
        "holds": [hold_row(one) for one in loaded.holds if one.shown],
        "chase_ups": order.chase_ups,
        "recall_unconfirmed": any(
            one.state == "recalled" and one.recall_confirmed_at is None
            for one in loaded.assignments
        ),
        "version": len(loaded.stamps),
    }


def _release(plan: PlanState | None) -> dict[str, Any] | None:
    """When the system will release the order by itself; null once somebody has, or will not."""
    if plan is None or plan.state not in PLAN_OPEN:
        return None
    return {"state": plan.state, "due_at": iso(plan.due_at), "stuck_since": iso(plan.stuck_at)}


def _hop(loaded: Loaded, tries: dict[UUID, Any]) -> dict[str, Any] | None:
    hop = loaded.order.hop
    if hop is None or hop.ended_at is not None:
        return None
    receipt = tries.get(hop.id)
    return {
        "id": str(hop.id),
        "attempt": hop.attempt,
        "sent_at": iso(hop.released_at),
        "received_at": iso(hop.received_at),
        "accepted_at": iso(hop.accepted_at),
        "attempts": receipt.attempts if receipt else 0,
        "automatic": any(
            one.point == "B" and one.hop_id == hop.id and one.source == SOURCE
            for one in loaded.stamps
        ),
    }


def _assignment(
    one: AssignmentState | None, tries: dict[UUID, Any], reach: CrewReach | None
) -> dict[str, Any] | None:
    if one is None or one.state not in (*OPEN_ASSIGNMENT, "finished"):
        return None
    receipt = tries.get(one.id)
    return {
        "id": str(one.id),
        "attempt": one.attempt,
        "state": one.state,
        "crew_id": text(one.crew_id),
        "vehicle_id": text(one.vehicle_id),
        "sent_at": iso(one.sent_at),
        "received_at": iso(one.received_at),
        "accepted_at": iso(one.accepted_at),
        "departed_at": iso(one.departed_at),
        "arrived_at": iso(one.arrived_at),
        "queued": one.state == "accepted",
        "called": reach_row(reach) if reach else None,
        "attempts": receipt.attempts if receipt else 0,
    }


def reach_row(reach: CrewReach) -> dict[str, Any]:
    """How far the crew has been called after."""
    return {"calls": reach.calls, "heard_at": iso(reach.heard_at), "outcome": reach.outcome}


def _holder(order: OrderState, one: AssignmentState | None, timeline: Timeline) -> dict[str, Any]:
    """Who holds the order now, and since when: a closed desk what waits for it."""
    hop = order.hop
    shut = next(
        (each for each in timeline.intervals if each.kind == "desk_closed" and each.end is None),
        None,
    )
    if shut is not None and shut.responsible == "centre" and order.state == "released" and hop:
        return _held("centre", hop.centre_id, shut.start)
    if order.state == "assigned" and one is not None:
        if one.received_at is None and one.accepted_at is None:
            return _held("network", one.crew_id, one.sent_at)
        return _held("crew", one.crew_id, one.accepted_at or one.received_at)
    if order.state == "accepted" and hop is not None:
        gave_back = one.ended_at if one and one.hop_id == hop.id else None
        return _held("centre", hop.centre_id, gave_back or hop.accepted_at)
    if order.state == "released" and hop is not None:
        if hop.received_at is None:
            return _held("network", hop.centre_id, hop.released_at)
        return _held("centre", hop.centre_id, hop.received_at)
    if order.state in ("filed", "returned"):
        return _held("hotline", None, hop.ended_at if hop else order.filed_at)
    return _held("none", None, one.ended_at if one else order.filed_at)


def _held(code: str, unit_id: UUID | None, since: datetime | None) -> dict[str, Any]:
    return {"code": code, "unit_id": text(unit_id), "since": iso(since)}


def _running(
    policy: Policy, judged: Sequence[Segment], timeline: Timeline, units: Units
) -> dict[str, Any] | None:
    """What the time is being spent on: a segment, or the named interval that holds its clock."""
    one = next((one for one in judged if one.state == "running"), None)
    if one is None:
        return None
    held = holding_now(policy, one.code, timeline)
    if held is not None:
        return {
            "segment": held.kind,
            "from": iso(held.start),
            "limit_s": None,
            "due_at": None,
            "responsible": held.responsible,
            "unit_id": units.of(held.responsible, timeline.hop_id, timeline.assignment_id),
        }
    return {
        "segment": one.code,
        "from": iso(one.start),
        "limit_s": one.limit_s,
        "due_at": iso(one.deadline),
        "responsible": one.responsible,
        "unit_id": units.of(one.responsible, timeline.hop_id, timeline.assignment_id),
    }


def _alerts(loaded: Loaded) -> list[dict[str, Any]]:
    fired = [timer for timer in loaded.timers if timer.fired_at is not None and timer.shown]
    if not fired or loaded.case is None:
        return []
    policy = policy_of(loaded.case)
    owners = {rule.code: rule.responsible for rule in policy.rules}
    owners |= {rule.code: rule.tell for rule in policy.timers}
    owners[ALARM] = "hotline"
    return [_alert(timer, owners.get(timer.code, "chain")) for timer in fired]


def _alert(timer: SlaTimer, owner: str) -> dict[str, Any]:
    return {
        "id": str(timer.id),
        "code": timer.code,
        "kind": timer.kind,
        "owner": owner,
        "since": iso(timer.due_at),
        "acknowledged": timer.acknowledged_at is not None,
        "running": timer.stopped_at is None,
        "late_s": timer.late_s,
    }


def _sound(one: Notice) -> dict[str, Any]:
    return {"id": str(one.id), "unit_id": text(one.unit_id), "user_id": text(one.user_id)}


def order_rows(
    session: Session, org_id: int, order_ids: Iterable[UUID], now: datetime
) -> list[tuple[Loaded, dict[str, Any]]]:
    """Rows of the given orders, each with what it was made from."""
    ids = list(order_ids)
    receipts = defaultdict(list)
    for receipt in repository.receipts_of(session, org_id, ids):
        receipts[receipt.order_id].append(receipt)
    return [
        (loaded, order_row(loaded, receipts[loaded.row.id], now))
        for loaded in load(session, org_id, ids)
    ]


def snapshot(session: Session, org_id: int, topic: str, now: datetime) -> dict[str, Any]:
    """Everything that a topic's screen shows, with the number of its last delta.

    `session` must be a repeatable-read one, so that rows and number are of one moment.
    """
    number = head_of(session, org_id, topic)
    query = select(Order.id).where(Order.org_id == org_id, Order.state != "closed")
    kind, _, owner = topic.partition(":")
    if kind == "crew":
        query = query.join(
            Assignment, (Assignment.org_id == Order.org_id) & (Assignment.order_id == Order.id)
        ).where(Assignment.crew_id == UUID(owner), Assignment.state.in_(OPEN_ASSIGNMENT))
    elif topic != BOARD_ALL:
        query = query.where(Order.centre_id == UUID(owner))
    orders = [row for _, row in order_rows(session, org_id, session.scalars(query), now)]
    crews = [row for row in crew_rows(session, org_id) if _mine(row, kind, topic, owner)]
    shown = {row["id"] for row in crews}
    vehicles = [row for row in vehicle_rows(session, org_id) if row["crew_id"] in shown]
    centres = [
        row if topic in (BOARD_ALL, f"board:{row['id']}") else without_desk(row)
        for row in centre_rows(session, org_id)
    ]
    return {
        "topic": topic,
        "number": number,
        "server_time": iso(now),
        "rate": rate(),
        "orders": orders,
        "crews": crews,
        "vehicles": vehicles,
        "centres": centres,
        "help": open_help(session, org_id, topic),
    }


def _mine(row: dict[str, Any], kind: str, topic: str, owner: str) -> bool:
    if topic == BOARD_ALL:
        return True
    return bool(row["id"] == owner if kind == "crew" else row["centre_id"] == owner)
