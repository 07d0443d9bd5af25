"""`paidan verify`: calls are what their facts say, and what the evidence of the carrier says."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.recorded import Recorded
from telephony import repository, story_repository, telling, untold_repository
from telephony.models import Call
from telephony.routing.callbacks import BY_ITS_LEGS
from telephony.rules import Fact, fold
from telephony.story import MEASURED, Story

BY_SETTING = "short"
"""Depends on a setting that may have changed since."""


def set_aside(session: Session) -> Iterator[str]:
    """Reports of the carrier that could not be told, whosever they are."""
    for one in untold_repository.failed(session):
        yield f"report {one.id}: set aside since {one.failed_at}: {one.failure}"


def calls(session: Session, org_id: int, streams: dict[UUID, list[Recorded]]) -> Iterator[str]:
    """Where rows differ from the fold of the facts, or from that of the evidence."""
    query = select(Call).where(Call.org_id == org_id, Call.id.in_(list(streams)))
    rows = {row.id: row for row in session.scalars(query)}
    for id_, events in streams.items():
        row = rows.get(id_)
        state = fold([Fact(event.payload, event.occurred_at) for event in events])
        if row is None or state is None:
            yield f"call {id_}: the row is missing"
            continue
        found = asdict(repository.state_of(row))
        yield from _differences(f"call {id_}", "the events say", asdict(state), found)
        if story_repository.is_told(session, row):
            yield from _evidence(session, row, telling.story_of(session, row))


def _evidence(session: Session, row: Call, story: Story) -> Iterator[str]:
    says = "the evidence says"
    wanted: dict[str, Any] = {"stage": story.stage, "language": story.language or row.language}
    if row.evidence == BY_ITS_LEGS and story.outcome is None:
        wanted["stage"] = "ended"  # a call of ours in which the customer was never reached
    wanted |= {name: getattr(story, name) for name in MEASURED if name != BY_SETTING}
    found = {name: getattr(row, name) for name in wanted}
    yield from _differences(f"call {row.id}", says, wanted, found)
    stays = story_repository.stays_of(session, row.org_id, [row.id])[row.id]
    for number in {*stays, *range(1, len(story.stays) + 1)}:
        name = f"call {row.id} stay {number}"
        kept = stays.get(number)
        if kept is None or number > len(story.stays):
            yield f"{name}: {'the row is missing' if kept is None else 'it has no evidence'}"
            continue
        told = asdict(story.stays[number - 1]) | {"skills": list(story.stays[number - 1].skills)}
        yield from _differences(name, says, told, {key: getattr(kept, key) for key in told})
    for leg in story_repository.legs_of(session, row.org_id, [row.id])[row.id]:
        if known := story.legs.get(leg.carrier_call or ""):
            told = {
                "state": known.state,
                "answered_at": known.answered_at,
                "ended_at": known.ended_at,
                "end_state": known.end_state,
            }
            held = {key: getattr(leg, key) for key in told}
            yield from _differences(f"call {row.id} leg {leg.id}", says, told, held)


def _differences(
    name: str, says: str, wanted: dict[str, Any], found: dict[str, Any]
) -> Iterator[str]:
    for field, value in wanted.items():
        if found.get(field) != value:
            yield f"{name}.{field}: {says} {value!r}, the row {found.get(field)!r}"
