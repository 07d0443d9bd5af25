"""The crew's tap and the GPS stamp side by side, with the way that the vehicle took."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFound
from core.identity import Access
from core.models import Event, User
from core.rights import Scope
from dashboards.breaches import anomaly_row, every_anomaly
from dashboards.places import site_row
from dashboards.track import AFTER, track_of
from dashboards.values import iso
from dispatch.orders import repository
from dispatch.orders.models import Assignment, Location, Order, Stamp
from dispatch.orders.oddities import USUAL
from dispatch.orders.taps import CREW_SOURCES
from gps import service as gps
from gps.fix import distance_m
from gps.motion import Sight
from sla import service as sla
from sla.models import SlaAnomaly

GAP = timedelta(minutes=5)
"""Between two positions farther apart nobody knows where the vehicle was."""


def evidence(
    session: Session, org_id: int, access: Access, anomaly_id: UUID, now: datetime
) -> dict[str, Any]:
    """An anomaly with both stamps of its point, the site and the track. Raises NotFound."""
    query = every_anomaly(org_id).where(SlaAnomaly.id == anomaly_id)
    if access.scope is not Scope.ALL:
        query = query.where(Order.centre_id == access.unit_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(what="anomaly", id=anomaly_id)
    odd, order, stamp = found
    place = repository.location(session, org_id, order.location_id)
    attempt = _attempt(session, org_id, odd, stamp)
    group = _stamps(session, org_id, odd, attempt)
    gps_stamp = _last(group, ("gps",))
    tapped = _first(group, CREW_SOURCES)
    way = _way(session, org_id, attempt, group, now)
    return {
        "anomaly": anomaly_row(odd, order, stamp),
        "limit_s": _limit_s(session, org_id, odd, order.id),
        "site": site_row(place),
        "gps": _gps_seen(session, org_id, gps_stamp, attempt, way, place),
        "tap": _seen(session, org_id, tapped, place),
        "at_tap": _there(_between(way, tapped.at), place) if tapped else None,
        "nearest": _nearest(way, place),
        "track": _track(session, org_id, attempt, group, now),
    }


def _limit_s(session: Session, org_id: int, odd: SlaAnomaly, order_id: UUID) -> float | None:
    if odd.kind != "disagree":
        return None
    policy = sla.policy_of_order(session, org_id, order_id)
    return (policy.taps if policy else USUAL).apart_s(odd.code)


def _attempt(
    session: Session, org_id: int, odd: SlaAnomaly, stamp: Stamp | None
) -> Assignment | None:
    for id_ in (odd.subject_id, stamp.assignment_id if stamp else None):
        one = session.get(Assignment, (org_id, id_)) if id_ else None
        if one is not None:
            return one
    return None


def _stamps(
    session: Session, org_id: int, odd: SlaAnomaly, attempt: Assignment | None
) -> Sequence[Stamp]:
    """Of a point its own; of a segment those of its end."""
    if attempt is None:
        return ()
    point = odd.code[-1] if len(odd.code) == 2 else odd.code
    query = select(Stamp).where(
        Stamp.org_id == org_id,
        Stamp.order_id == attempt.order_id,
        Stamp.assignment_id == attempt.id,
        Stamp.point == point,
    )
    return session.scalars(query.order_by(Stamp.recorded_at, Stamp.id)).all()


def _first(group: Sequence[Stamp], sources: Sequence[str]) -> Stamp | None:
    return next((one for one in group if one.source in sources), None)


def _last(group: Sequence[Stamp], sources: Sequence[str]) -> Stamp | None:
    return next((one for one in reversed(group) if one.source in sources), None)


def _gps_seen(
    session: Session,
    org_id: int,
    stamp: Stamp | None,
    attempt: Assignment | None,
    way: Sequence[Sight],
    place: Location | None,
) -> dict[str, Any] | None:
    """The stamp, where the vehicle was at that moment; by the fact itself if its way is gone."""
    there = _between(way, stamp.at) if stamp else None
    if there is not None:
        return _seen(session, org_id, stamp, place, (there.lat, there.lon))
    told: dict[str, Any] = {}
    if stamp and stamp.evidence and attempt:
        query = select(Event.payload).where(
            Event.org_id == org_id,
            Event.stream == "vehicle",
            Event.stream_id == attempt.vehicle_id,
            Event.id == UUID(stamp.evidence),
        )
        told = session.scalars(query).one_or_none() or {}
    return _seen(session, org_id, stamp, place, (told.get("lat"), told.get("lon")))


def _seen(
    session: Session,
    org_id: int,
    stamp: Stamp | None,
    place: Location | None,
    where: tuple[float | None, float | None] | None = None,
) -> dict[str, Any] | None:
    """`where`: by GPS; else what the stamp itself says."""
    if stamp is None:
        return None
    lat, lon = where or (stamp.lat, stamp.lon)
    by = session.get(User, (org_id, stamp.actor_id)) if stamp.actor_id else None
    return {
        "at": iso(stamp.at),
        "recorded_at": iso(stamp.recorded_at),
        "source": stamp.source,
        "by": by.name if by else None,
        "uncertainty_s": stamp.uncertainty_s,
        "correction_reason": stamp.reason,
        "lat": lat,
        "lon": lon,
        "accuracy_m": stamp.accuracy_m,
        "distance_m": _metres(place, lat, lon),
    }


def _metres(place: Location | None, lat: float | None, lon: float | None) -> float | None:
    if place is None or place.lat is None or place.lon is None or lat is None or lon is None:
        return None
    return distance_m(place.lat, place.lon, lat, lon)


def _over(group: Sequence[Stamp], attempt: Assignment, now: datetime) -> datetime:
    """Until some minutes behind the last word about the point, or to the end of the attempt."""
    words = [one.at for one in group if one.at <= now]
    if not any(one.source == "gps" for one in group) and attempt.ended_at:
        words.append(attempt.ended_at)
    return min(now, max(words, default=now) + AFTER)


def _way(
    session: Session,
    org_id: int,
    attempt: Assignment | None,
    group: Sequence[Stamp],
    now: datetime,
) -> list[Sight]:
    if attempt is None or attempt.vehicle_id is None or attempt.sent_at is None:
        return []
    over = _over(group, attempt, now)
    return gps.way(session, org_id, attempt.vehicle_id, attempt.sent_at, over)


def _track(
    session: Session,
    org_id: int,
    attempt: Assignment | None,
    group: Sequence[Stamp],
    now: datetime,
) -> dict[str, Any] | None:
    if attempt is None or attempt.vehicle_id is None or attempt.sent_at is None:
        return None
    return track_of(session, org_id, attempt, now, _over(group, attempt, now))


def _between(way: Sequence[Sight], at: datetime) -> Sight | None:
    """Where the vehicle was at a moment: on the straight way between the two fixes around it."""
    before = next((one for one in reversed(way) if one.at <= at), None)
    after = next((one for one in way if one.at >= at), None)
    if before is None or after is None or after.at - before.at > GAP:
        near = before or after
        return near if near is not None and abs(near.at - at) <= GAP else None
    gap = (after.at - before.at).total_seconds()
    part = (at - before.at).total_seconds() / gap if gap else 0.0
    lat = before.lat + part * (after.lat - before.lat)
    return Sight(at, lat, before.lon + part * (after.lon - before.lon))


def _nearest(way: Sequence[Sight], place: Location | None) -> dict[str, Any] | None:
    if not way or place is None or place.lat is None or place.lon is None:
        return None
    lat, lon = place.lat, place.lon
    return _there(min(way, key=lambda one: distance_m(lat, lon, one.lat, one.lon)), place)


def _there(sight: Sight | None, place: Location | None) -> dict[str, Any] | None:
    if sight is None:
        return None
    return {
        "at": iso(sight.at),
        "lat": sight.lat,
        "lon": sight.lon,
        "distance_m": _metres(place, sight.lat, sight.lon),
    }
