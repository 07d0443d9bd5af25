"""`paidan verify` finds what was tampered with, wherever it was."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text

from api.verify import verify
from core import digests
from core.clock import now
from core.db import read_session, session_factory
from core.engines import EngineUrls
from core.eventlog import GENESIS, chain_hash
from core.events_organisation import OrganisationUnitChanged
from core.identity import system_actor
from core.models import Event
from core.uow import unit_of_work
from dispatch.starter import ORG_ID
from sla import service as sla
from tests.acts import Acts
from tests.engine_fixtures import fresh_database
from tests.office import Starter, environment, query

TOMORROW = timedelta(days=2)


@pytest.fixture(scope="module")
def sound(
    engines: EngineUrls, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, UUID, Path]]:
    """A database in which nothing is wrong, an order with a life in it, the signing key's folder.

    The log has signed digests.
    """
    folder = tmp_path_factory.mktemp("sound")
    with fresh_database(engines, starter.database) as url:
        with environment(url, engines.redis_url, folder):
            order_id = live_through_everything()
            assert findings() == []
        yield url, order_id, folder


def live_through_everything() -> UUID:
    acts = Acts(ORG_ID)
    order_id = acts.file()
    acts.order_act("release", order_id, "west")
    acts.order_act("return", order_id, "west")
    acts.order_act("release", order_id)
    acts.order_act("dispatch", order_id)
    assignment_id = acts.assignment(order_id).id
    for receipt in acts.receipts(order_id):
        acts.confirm(receipt)
    for act in ("accept", "depart", "arrive", "restore", "finish"):
        acts.crew_act(act, assignment_id)
    sla.sweep(now() + timedelta(minutes=30))
    acts.order_act("close", order_id)
    acts.sent("east-2")
    acts.one_trade()
    acts.away("west-1", until=now() + timedelta(hours=1))
    acts.away("west-2")
    acts.back("west-2")
    with session_factory()() as session:
        assert digests.write_due(session, now() + TOMORROW) >= 1
        session.commit()
    return order_id


@pytest.fixture
def order(engines: EngineUrls, sound: tuple[str, UUID, Path]) -> Iterator[UUID]:
    """The order, in a copy of the sound database."""
    original, order_id, folder = sound
    name = original.partition("?")[0].rpartition("/")[2]
    with (
        fresh_database(engines, name) as url,
        environment(url, engines.redis_url, folder),
    ):
        yield order_id


def findings() -> list[str]:
    with read_session() as session:
        return list(verify(session, 1))


def tamper(statement: str, **values: object) -> None:
    """Change the database behind the product's back, as somebody with all keys could."""
    with session_factory()() as session:
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_append_only"))
        result = session.execute(text(statement), values)
        assert getattr(result, "rowcount", 0) != 0, "nothing was changed"
        session.execute(text("ALTER TABLE event ENABLE TRIGGER event_append_only"))
        session.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET occurred_at = occurred_at - interval '1 minute'"
        " WHERE stream_id = :id AND seq = 3",
        "UPDATE event SET payload = jsonb_set(payload, '{reason}', '\"other2\"')"
        " WHERE stream_id = :id AND type = 'order.returned'",
        "UPDATE event SET actor_id = NULL WHERE stream_id = :id AND seq = 2",
        "UPDATE event SET source = 'x' WHERE stream_id = :id AND seq = 1",
    ],
)
def test_changed_content_is_found(order: UUID, statement: str) -> None:
    tamper(statement, id=order)
    assert any(str(order) in one and "hash" in one for one in findings())


def test_facts_of_what_people_edit_as_data_are_read_too(order: UUID) -> None:
    """Also those without a state that could be compared."""
    unit = Acts(ORG_ID).unit("east")
    fact = OrganisationUnitChanged(
        version=2, what="name_zh", kind="centre", code="east", parent_id=None, active=True
    )
    with unit_of_work(system_actor(ORG_ID, "test")) as uow:
        uow.emit(unit, fact, source="test")
    assert findings() == []
    tamper("UPDATE event SET source = 'x' WHERE stream_id = :id", id=unit)
    assert any(str(unit) in one and "hash" in one for one in findings())


def test_a_missing_event_in_the_middle_is_found(order: UUID) -> None:
    tamper("DELETE FROM event WHERE stream_id = :id AND seq = 3", id=order)
    assert any("number 3 is missing" in one for one in findings())


def test_a_cut_tail_is_found_by_the_digest(order: UUID) -> None:
    """The chain alone cannot tell: what is left of it is sound."""
    last = last_seq(order)
    tamper(
        "DELETE FROM event WHERE stream = 'order' AND stream_id = :id AND seq = :n",
        id=order,
        n=last,
    )
    wanted = f"order/{order}: was at {last} on "
    assert any(one.startswith(wanted) and f"is at {last - 1}" in one for one in findings())


def test_a_lost_stream_is_found_by_the_digest(order: UUID) -> None:
    tamper("DELETE FROM event WHERE stream = 'sla' AND stream_id = :id", id=order)
    tamper("DELETE FROM sla_anomaly WHERE case_id = :id", id=order)
    tamper("DELETE FROM sla_timer WHERE case_id = :id", id=order)
    tamper("DELETE FROM sla_forecast WHERE id = :id", id=order)
    tamper("DELETE FROM sla_case WHERE id = :id", id=order)
    assert [one for one in findings() if f"sla/{order}" in one and "is at 0" in one]


def test_a_stream_written_anew_is_found_by_the_digest(order: UUID) -> None:
    """Somebody who knows how hashes are made forges the whole stream: the signature holds."""
    rechain(order)
    assert [one for one in findings() if f"order/{order}: was at" in one]


def rechain(order_id: UUID) -> None:
    wanted = select(Event).where(Event.stream == "order", Event.stream_id == order_id)
    with session_factory()() as session:
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_append_only"))
        previous = GENESIS
        for row in session.scalars(wanted.order_by(Event.seq)).all():
            row.source = "forged" if row.seq == 1 else row.source
            values = {column.key: getattr(row, column.key) for column in Event.__table__.columns}
            row.prev_hash, row.hash = previous, chain_hash(previous, values)
            previous = row.hash
        session.flush()
        session.execute(text("ALTER TABLE event ENABLE TRIGGER event_append_only"))
        session.commit()


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE event_digest SET heads = '{}'", "not signed by this installation"),
        ("UPDATE event_digest SET signature = 'x'", "not signed by this installation"),
        ("UPDATE event_digest SET prev_signature = 'x'", "not signed by this installation"),
    ],
)
def test_a_forged_digest_is_found(order: UUID, statement: str, words: str) -> None:
    tamper(statement)
    assert any(words in one for one in findings())


def test_a_missing_digest_is_found(order: UUID) -> None:
    with session_factory()() as session:
        assert digests.write_due(session, now() + 3 * TOMORROW) >= 2
        session.commit()
    tamper(
        "DELETE FROM event_digest WHERE day = (SELECT max(day) FROM event_digest"
        " WHERE day < (SELECT max(day) FROM event_digest))"
    )
    assert any("is missing" in one for one in findings())


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE orders SET state = 'filed' WHERE id = :id", "order {id}.state"),
        ("UPDATE orders SET urgency = 3 WHERE id = :id", "order {id}.urgency"),
        ("UPDATE orders SET attempts = 7 WHERE id = :id", "order {id}.attempts"),
        (
            "UPDATE centre_hop SET released_at = released_at - interval '1 s' WHERE order_id = :id",
            "order {id}.hops",
        ),
        ("DELETE FROM centre_hop WHERE order_id = :id AND attempt = 1", "order {id}.hops"),
        ("UPDATE assignment SET arrived_at = NULL WHERE order_id = :id", ".arrived_at"),
        ("UPDATE assignment SET state = 'sent' WHERE order_id = :id", ".state"),
        (
            "UPDATE stamp SET at = at - interval '1 s' WHERE order_id = :id AND point = 'H'",
            "stamp H.at",
        ),
        ("DELETE FROM stamp WHERE order_id = :id AND point = 'C'", "stamp C"),
        ("UPDATE sla_timer SET fired_at = now() WHERE case_id = :id AND code = 'AH'", ".fired"),
        ("UPDATE sla_case SET policy_version = 9 WHERE id = :id", ".policy_version"),
        ("UPDATE crew SET away_reason = 'rest' WHERE away_reason = 'meal'", ".away_reason"),
        ("UPDATE crew SET away_since = now() WHERE away_reason = 'meal'", ".away_since"),
        ("UPDATE crew SET away_reason = NULL", ".away_reason"),
        ("UPDATE crew SET away_reason = 'rest'", "is away without an event"),
        ("UPDATE ticket SET clock_started_at = now()", ".clock_started_at"),
    ],
)
def test_a_changed_row_is_found(order: UUID, statement: str, names: str) -> None:
    tamper(statement, **({"id": order} if ":id" in statement else {}))
    wanted = names.format(id=order)
    assert [one for one in findings() if wanted in one], findings()


def test_a_row_without_events_is_found(order: UUID) -> None:
    tamper(
        "INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object("
        "'id', gen_random_uuid(), 'number', 'forged'))).* FROM orders o WHERE id = :id",
        id=order,
    )
    assert "order: 1 rows have no events" in findings()


def last_seq(order_id: UUID) -> int:
    wanted = select(Event.seq).where(Event.stream == "order", Event.stream_id == order_id)
    return query(lambda session: max(session.scalars(wanted)))
