"""`paidan verify` of calls for help: rebuilt from their events."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.verify_places import Streams, differences
from dispatch.help.models import HelpCall
from dispatch.help.repository import help_state
from dispatch.help.rules import evolve_help


def calls(session: Session, org_id: int, streams: Streams) -> Iterator[str]:
    """Every call for help."""
    query = select(HelpCall).where(HelpCall.org_id == org_id, HelpCall.id.in_(list(streams)))
    rows = {row.id: row for row in session.scalars(query)}
    for id_, events in streams.items():
        state = None
        for event in events:
            state = evolve_help(state, event)
        row = rows.get(id_)
        if row is None or state is None:
            yield f"help {id_}: the row is missing"
            continue
        yield from differences(f"help {id_}", asdict(state), asdict(help_state(row)))
