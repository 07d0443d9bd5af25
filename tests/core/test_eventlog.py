"""The log of facts: chained, gapless, append-only, free of names and words."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from core import eventlog
from core import events as ev
from core.clock import now
from core.db import session_factory
from core.eventlog import GENESIS, PayloadNotAllowed, chain_hash, decode, encode
from core.identity import system_actor
from core.ids import new_id
from core.models import Event, Outbox
from core.uow import ConcurrentChange, unit_of_work
from tests.office import query


def close(stream_id: UUID, outcome: str = "repaired", org_id: int = 1) -> None:
    with unit_of_work(system_actor(org_id, "test")) as uow:
        uow.emit(stream_id, ev.OrderClosed(outcome=outcome), source="test")


def rows(stream_id: UUID) -> list[Event]:
    wanted = select(Event).where(Event.stream_id == stream_id).order_by(Event.seq)
    return query(lambda session: list(session.scalars(wanted)))


def test_numbers_have_no_gaps_and_each_hash_carries_the_one_before(organisation: int) -> None:
    stream = new_id()
    with unit_of_work(system_actor(1, "test")) as uow:
        for number in range(3):
            uow.emit(stream, ev.OrderClosed(outcome=f"o{number}"), source="test")
    close(stream)
    found = rows(stream)
    assert [row.seq for row in found] == [1, 2, 3, 4]
    assert found[0].prev_hash == GENESIS
    assert [row.prev_hash for row in found[1:]] == [row.hash for row in found[:-1]]
    assert len({row.hash for row in found}) == 4


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("org_id", 2),
        ("stream", "ticket"),
        ("stream_id", UUID(int=9)),
        ("seq", 9),
        ("id", UUID(int=9)),
        ("type", "order.filed"),
        ("occurred_at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("recorded_at", datetime(2020, 1, 1, tzinfo=UTC)),
        ("actor_kind", "x"),
        ("actor_id", UUID(int=9)),
        ("source", "x"),
        ("payload", {"outcome": "x"}),
        ("correlation_id", "x"),
    ],
)
def test_the_hash_covers_every_column(organisation: int, field: str, other: Any) -> None:
    stream = new_id()
    close(stream)
    (row,) = rows(stream)
    values = {column.key: getattr(row, column.key) for column in Event.__table__.columns}
    assert chain_hash(row.prev_hash, values) == row.hash
    assert chain_hash(row.prev_hash, {**values, field: other}) != row.hash
    assert chain_hash(b"\x01" * 32, values) != row.hash


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET source = 'forged'",
        "UPDATE event SET occurred_at = occurred_at - interval '1 minute'",
        "DELETE FROM event",
        "TRUNCATE event",
        "TRUNCATE event CASCADE",
    ],
)
def test_the_log_cannot_be_changed(organisation: int, statement: str) -> None:
    stream = new_id()
    close(stream)
    before = rows(stream)[0].hash
    with session_factory()() as session:
        with pytest.raises(SQLAlchemyError, match="append-only"):
            session.execute(text(statement))
        session.rollback()
    assert [row.hash for row in rows(stream)] == [before]


@pytest.mark.parametrize(
    "word",
    [
        "王女士",
        "整栋楼停电",
        "停",
        "naïve",
        "a,b",
        "line\nbreak",
        "a\x00",
        "(010)",
        "x" * 81,
        "\u202e",
    ],
)
def test_names_and_words_are_kept_out(organisation: int, word: str) -> None:
    stream = new_id()
    with pytest.raises(PayloadNotAllowed, match=r"order.closed.outcome"):
        close(stream, word)
    assert rows(stream) == []


@pytest.mark.parametrize(
    "phone", ["+8613800138000", "13800138000", "010-62345678", "138 0013 8000"]
)
def test_phone_numbers_are_kept_out(organisation: int, phone: str) -> None:
    stream = new_id()
    with pytest.raises(PayloadNotAllowed):
        close(stream, phone)
    assert rows(stream) == []


@pytest.mark.parametrize("value", ["20261121-0042", "east-1", "beijing", "a.b:c/d#1", ""])
def test_codes_and_numbers_of_orders_pass(value: str) -> None:
    assert encode(ev.OrderClosed(outcome=value)) == {"outcome": value}


def test_numbers_of_other_systems_may_look_like_anything() -> None:
    order = ev.OrderImported(number="13800138000", system="x", centre="010-62345678")
    assert encode(order)["number"] == "13800138000"


def test_times_need_a_zone() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    order = ev.OrderImported(number="1", system="x", centre="c", a=naive)
    with pytest.raises(PayloadNotAllowed, match=r"order.imported.a"):
        encode(order)


def samples(cls: type[ev.Payload]) -> st.SearchStrategy[ev.Payload]:
    return st.builds(cls, **{one.name: VALUES[base(cls, one.name)] for one in fields(cls)})  # type: ignore[arg-type]


def base(cls: type[ev.Payload], name: str) -> type:
    return eventlog._decoders(cls.TYPE)[name]


VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
    int: st.integers(0, 2**53),
    float: st.floats(0, 1e9),
    bool: st.booleans(),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


@given(st.sampled_from(sorted(ev.REGISTRY)).flatmap(lambda name: samples(ev.REGISTRY[name])))
def test_what_is_encoded_is_decoded_again(payload: ev.Payload) -> None:
    assert decode(payload.TYPE, encode(payload)) == payload


def test_of_two_writers_of_one_stream_one_wins(
    organisation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The optimistic lock is the primary key: both saw number 1, both write number 2."""
    stream = new_id()
    close(stream)
    look, gate = eventlog._heads, threading.Barrier(2)

    def look_and_wait(*arguments: Any) -> Any:
        heads = look(*arguments)
        gate.wait(30)  # both have read the same head before one of them writes
        return heads

    monkeypatch.setattr(eventlog, "_heads", look_and_wait)
    outcomes = at_once(lambda: append_one(stream), 2)
    assert sorted(outcomes) == ["conflict", "done"]
    assert [row.seq for row in rows(stream)] == [1, 2]


def append_one(stream: UUID) -> str:
    try:
        with unit_of_work(system_actor(1, "test")) as uow:
            uow.emit(stream, ev.OrderClosed(outcome="mine"), source="test")
    except ConcurrentChange:
        return "conflict"
    return "done"


def at_once(work: Callable[[], str], times: int) -> list[str]:
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: work(), range(times)))


def test_a_failed_use_case_leaves_nothing(organisation: int) -> None:
    before = count(Event), count(Outbox)
    with pytest.raises(RuntimeError, match="broken"):
        fail_after_writing()
    assert (count(Event), count(Outbox)) == before


def fail_after_writing() -> None:
    with unit_of_work(system_actor(1, "test")) as uow:
        uow.emit(new_id(), ev.OrderClosed(outcome="x"), source="test")
        uow.effect("job", name="notice.send", body={})
        uow.flush()
        raise RuntimeError("broken")


def count(model: type) -> int:
    return query(lambda session: session.scalars(select(func.count()).select_from(model)).one())


def test_when_it_happened_and_when_it_was_recorded_are_two(organisation: int) -> None:
    stream, earlier = new_id(), now() - timedelta(hours=3)
    with unit_of_work(system_actor(1, "test")) as uow:
        fact = ev.OrderClosed(outcome="late")
        uow.emit(stream, fact, occurred_at=earlier, source="test")
        moment = uow.now
    (row,) = rows(stream)
    assert (row.occurred_at, row.recorded_at) == (earlier, moment)
