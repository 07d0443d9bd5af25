"""Read models of places: candidates, duplicates and proposals as JSON."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.identity import Principal
from core.models import User
from dashboards.seen import viewer_of
from dashboards.values import iso, text
from dispatch.directory import service as directory
from dispatch.orders.models import Location, Order
from dispatch.places import repository
from dispatch.places.models import PlaceProposal
from dispatch.places.near import Duplicate
from dispatch.places.proposals import REFUSALS
from dispatch.places.rules import SOURCES, Candidate
from dispatch.places.sites import site_of
from gps.shapes import Circle


def candidate_rows(
    session: Session, org_id: int, found: Sequence[Candidate]
) -> list[dict[str, Any]]:
    """Candidates with the region, its centre and the device they name."""
    regions = {one.id: one for one in directory.regions(session, org_id)}
    nodes = repository.nodes_of(session, org_id, (one.node_id for one in found if one.node_id))
    rows = []
    for one in found:
        region = regions.get(one.region_id) if one.region_id else None
        node = nodes.get(one.node_id) if one.node_id else None
        source_zh, source_en = SOURCES[one.source]
        rows.append(
            {
                "lat": one.lat,
                "lon": one.lon,
                "source": one.source,
                "source_zh": source_zh,
                "source_en": source_en,
                "uncertainty_m": round(one.uncertainty_m, 1),
                "label_zh": one.label_zh,
                "label_en": one.label_en,
                "why_zh": one.why_zh,
                "why_en": one.why_en,
                "region": region
                and {
                    "id": str(region.id),
                    "code": region.code,
                    "name_zh": region.name_zh,
                    "name_en": region.name_en,
                    "centre_id": text(region.centre_id),
                    "centre_name_zh": region.centre_name_zh,
                    "centre_name_en": region.centre_name_en,
                },
                "premise_id": text(one.premise_id),
                "node_id": text(one.node_id),
                "node": node.code if node else None,
                "customer_id": text(one.customer_id),
            }
        )
    return rows


def duplicate_row(one: Duplicate) -> dict[str, Any]:
    alike = one.alike
    return {
        "kind": one.kind,
        "order_id": text(one.order_id),
        "ticket_id": text(one.ticket_id),
        "number": one.number,
        "state": one.state,
        "fault_code": one.fault_code,
        "place": one.place,
        "place_en": one.place_en,
        "filed_at": iso(one.filed_at),
        "score": round(alike.score, 3),
        "distance_m": None if alike.distance_m is None else round(alike.distance_m, 1),
        "minutes": round(alike.minutes, 1),
        "reasons": [{"code": each.code, "zh": each.zh, "en": each.en} for each in alike.reasons],
    }


def proposal_list(session: Session, reader: Principal, state: str, limit: int) -> dict[str, Any]:
    """Proposals in a state, with what can be said in refusing them."""
    found = repository.proposals(session, reader.org_id, state, limit)
    query = select(func.count()).where(
        PlaceProposal.org_id == reader.org_id, PlaceProposal.state == "open"
    )
    return {
        "proposals": _rows(session, reader, [(row[0], row[1], row[2]) for row in found]),
        "open": session.scalar(query),
        "refusals": [{"code": code, "name_zh": zh, "name_en": en} for code, zh, en in REFUSALS],
    }


def proposal_row(session: Session, reader: Principal, proposal_id: UUID) -> dict[str, Any]:
    """One proposal as the list shows it; addresses and words masked for who may not see them."""
    row = session.get_one(PlaceProposal, (reader.org_id, proposal_id))
    order = session.get_one(Order, (reader.org_id, row.order_id))
    place = session.get_one(Location, (reader.org_id, row.location_id))
    return _rows(session, reader, [(row, order, place)])[0]


def _rows(
    session: Session, reader: Principal, found: Sequence[tuple[PlaceProposal, Order, Location]]
) -> list[dict[str, Any]]:
    org_id = reader.org_id
    subjects = [one.subject_id for one, *_ in found]
    premises = repository.premises_of(session, org_id, subjects)
    nodes = repository.nodes_of(session, org_id, subjects)
    people = [id_ for one, *_ in found for id_ in (one.made_by, one.decided_by) if id_]
    query = select(User.id, User.name).where(User.org_id == org_id, User.id.in_(people))
    names = dict(session.execute(query).all())
    eyes = viewer_of(reader).eyes
    rows = []
    for one, order, place in found:
        premise, node = premises.get(one.subject_id), nodes.get(one.subject_id)
        code, zh, en = (
            (premise.code, eyes.address(premise.address_zh), eyes.address(premise.address_en))
            if premise
            else (node.code, node.name_zh, node.name_en)
            if node
            else (None, None, None)
        )
        rows.append(
            {
                "id": str(one.id),
                "subject": one.subject,
                "subject_id": str(one.subject_id),
                "code": code,
                "name_zh": zh,
                "name_en": en,
                "order_id": str(one.order_id),
                "order_number": order.number,
                "old": None if one.old_lat is None else {"lat": one.old_lat, "lon": one.old_lon},
                "new": {"lat": one.lat, "lon": one.lon},
                "uncertainty_m": one.uncertainty_m,
                "distance_m": one.distance_m,
                "note": eyes.text(place.note),
                "state": one.state,
                "made_at": iso(one.made_at),
                "made_by": names.get(one.made_by) if one.made_by else None,
                "decided_at": iso(one.decided_at),
                "decided_by": names.get(one.decided_by) if one.decided_by else None,
                "reason": one.reason,
            }
        )
    return rows


def site_row(place: Location | None) -> dict[str, Any] | None:
    """What counts as being there, as maps draw it."""
    site = site_of(place)
    if site is None or place is None:
        return None
    shape = site.shape or Circle(site.lat, site.lon, site.radius_m)
    return {
        "lat": site.lat,
        "lon": site.lon,
        "drawn": site.shape is not None,
        "shape": shape.to_json(),
    }
