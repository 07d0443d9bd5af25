"""`paidan verify` of notices to many: how each went, rebuilt from its events."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from dispatch.outbound.campaign_models import Campaign
from dispatch.outbound.campaign_repository import state_of
from dispatch.outbound.campaign_rules import evolve


def campaigns(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every notice to many that was ever drafted."""
    query = select(Campaign).where(Campaign.org_id == org_id, Campaign.id.in_(list(streams)))
    rows = {row.id: state_of(row) for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve(state, event)
        if state is None or id_ not in rows:
            yield f"campaign {id_}: the row is missing"
            continue
        yield from differences(f"campaign {id_}", asdict(state), asdict(rows[id_]))
