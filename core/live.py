"""Numbered changes of live screens.

The number comes from a counter row per topic, taken as the last step of the writing
transaction, after which rows are read: so a row of number n contains every change up to n, and
numbers commit in order. Whoever has a snapshot of number n and applies n+1, n+2, … has what a
fresh snapshot has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from core.listen import LIVE
from core.models import LiveDelta, LiveTopic
from core.wiring import wiring

EVERYTHING = "board:all"
CALLS = "calls:all"
AGENTS = "agents:all"
BREACHES = "breaches:all"
_ROOTS = {"call": CALLS} | dict.fromkeys(("agent", "callback", "announcement", "carrier"), AGENTS)
"""The topic that a kind of row is on first; others are on the board's."""


def write_deltas(
    session: Session, org_id: int, touched: Iterable[tuple[str, UUID]], now: datetime
) -> None:
    """Write the deltas of all touched rows and wake the WebSocket hubs. Last step before commit."""
    touched = list(touched)
    session.expunge_all()  # what follows must come from the database, not from memory
    roots = {_ROOTS.get(entity, EVERYTHING) for entity, _ in touched}
    _advance(session, org_id, dict.fromkeys(roots, 0))  # what is read below is read after the lock
    by_topic = defaultdict(list)
    for change in wiring().projector(session, org_id, touched):
        by_topic[change.topic].append(change)
    if not by_topic:
        return
    counts = {topic: len(changes) for topic, changes in by_topic.items()}
    heads = _advance(session, org_id, counts)
    rows = [
        {
            "org_id": org_id,
            "topic": topic,
            "number": heads[topic] - counts[topic] + index + 1,
            "entity": change.entity,
            "key": change.key,
            "value": change.value,
            "recorded_at": now,
        }
        for topic, changes in by_topic.items()
        for index, change in enumerate(changes)
    ]
    session.execute(insert(LiveDelta), rows)
    session.execute(
        text("SELECT pg_notify(:channel, message) FROM unnest(CAST(:messages AS text[])) message"),
        {"channel": LIVE, "messages": [f"{org_id} {one} {head}" for one, head in heads.items()]},
    )


def _advance(session: Session, org_id: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Take so many numbers of each topic, in one order for all writers; the last ones taken."""
    wanted = [{"org_id": org_id, "topic": one, "head": counts[one]} for one in sorted(counts)]
    taken = upsert(LiveTopic).values(wanted)
    statement = taken.on_conflict_do_update(
        index_elements=["org_id", "topic"], set_={"head": LiveTopic.head + taken.excluded.head}
    ).returning(LiveTopic.topic, LiveTopic.head)
    return {row.topic: row.head for row in session.execute(statement)}


def head_of(session: Session, org_id: int, topic: str) -> int:
    """The number of the last delta; 0 where there has been none."""
    query = select(LiveTopic.head).where(LiveTopic.org_id == org_id, LiveTopic.topic == topic)
    return session.execute(query).scalar_one_or_none() or 0


def deltas_after(
    session: Session, org_id: int, topic: str, number: int, limit: int = 500
) -> list[LiveDelta] | None:
    """Deltas behind `number`, in order; None where they are no longer kept (fetch again)."""
    query = (
        select(LiveDelta)
        .where(LiveDelta.org_id == org_id, LiveDelta.topic == topic, LiveDelta.number > number)
        .order_by(LiveDelta.number)
        .limit(limit)
    )
    found = list(session.scalars(query))
    if found and found[0].number != number + 1:
        return None
    if not found and head_of(session, org_id, topic) != number:
        return None
    return found


def prune(session: Session, before: datetime) -> int:
    """Drop deltas recorded before `before`; late readers fetch a snapshot instead.

    Times do not follow numbers exactly, so what is older goes by number: no hole is left.
    """
    result = session.execute(
        text(
            "DELETE FROM live_delta d USING (SELECT org_id, topic, max(number) AS number"
            " FROM live_delta WHERE recorded_at < :before GROUP BY org_id, topic) AS last"
            " WHERE d.org_id = last.org_id AND d.topic = last.topic AND d.number <= last.number"
        ),
        {"before": before},
    )
    return int(getattr(result, "rowcount", 0))
