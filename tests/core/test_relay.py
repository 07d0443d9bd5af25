"""The relay: many subscribers in one transaction, each exactly once, in the order of its stream."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from core import events as ev
from core import outbox, wiring
from core.db import session_factory
from core.identity import system_actor
from core.ids import new_id
from core.models import Event, Outbox, Unit
from core.outbox import AT_ONCE, PATIENCE_MS
from core.recorded import Recorded
from core.uow import UnitOfWork, unit_of_work
from core.wiring import Wiring
from tests.office import query

HEARD = "order.closed"
LOCK_TIMEOUT = text("SELECT setting::int FROM pg_settings WHERE name = 'lock_timeout'")  # ms


class Ear:
    """A subscriber that says for each order that it heard of it, in that order's stream."""

    def __init__(self) -> None:
        self.tries: list[tuple[UUID, int | None]] = []
        self.broken: UUID | None = None
        self.needs: UUID | None = None
        self.patience_ms = 0

    def __call__(self, uow: UnitOfWork, event: Recorded) -> None:
        self.tries.append((event.stream_id, event.seq))
        if self.needs == event.stream_id:
            self.patience_ms = uow.session.execute(LOCK_TIMEOUT).scalar_one()
            uow.session.execute(select(Unit.id).with_for_update())
        uow.emit(event.stream_id, ev.OrderRecalled(hop_id=event.id, reason="heard"), source="test")
        if self.broken == event.stream_id:
            raise ValueError("planted")


@pytest.fixture
def ear(organisation: int) -> Iterator[Ear]:
    before, made = wiring.wiring(), Ear()
    wiring.install(Wiring(subscriptions={HEARD: ("ear",)}, subscribers={"ear": made}))
    yield made
    wiring.install(before)


def closed(count: int) -> list[UUID]:
    """So many orders, each closed twice."""
    orders = [new_id() for _ in range(count)]
    for outcome in ("first", "second"):
        with unit_of_work(system_actor(1, "test")) as uow:
            for one in orders:
                uow.emit(one, ev.OrderClosed(outcome=outcome), source="test")
    return orders


def said(order: UUID) -> int:
    wanted = select(func.count()).where(
        Event.stream_id == order, Event.type == ev.OrderRecalled.TYPE
    )
    return query(lambda session: session.execute(wanted).scalar_one())


def waiting() -> list[Outbox]:
    wanted = select(Outbox).where(Outbox.kind == "subscriber", Outbox.done_at.is_(None))
    return query(lambda session: list(session.scalars(wanted)))


def transactions() -> int:
    """Of the facts that the subscriber recorded."""
    wanted = select(func.count(func.distinct(Event.recorded_at))).where(
        Event.type == ev.OrderRecalled.TYPE
    )
    return query(lambda session: session.execute(wanted).scalar_one())


def test_many_run_in_one_transaction_each_once_in_the_order_of_its_stream(ear: Ear) -> None:
    orders = closed(AT_ONCE)
    assert outbox.run_due_subscribers() == 2 * AT_ONCE
    assert [said(one) for one in orders] == [2] * AT_ONCE
    assert transactions() == 2
    for one in orders:
        assert [seq for stream, seq in ear.tries if stream == one] == [1, 2]
    assert waiting() == []
    assert outbox.run_due_subscribers() == 0


def test_one_that_fails_holds_up_no_other_and_leaves_nothing_behind(ear: Ear) -> None:
    orders = closed(AT_ONCE)
    ear.broken = orders[3]
    outbox.run_due_subscribers()
    assert [said(one) for one in orders] == [0 if one == ear.broken else 2 for one in orders]
    assert [(row.attempts, row.last_error) for row in waiting()] == [(1, "ValueError: planted")] * 2


def test_several_give_way_to_somebody_who_holds_what_one_needs(ear: Ear) -> None:
    """Else both could wait for each other, and PostgreSQL would end a dispatcher's work."""
    orders = closed(2)
    ear.needs = orders[0]
    with session_factory()() as dispatcher:
        dispatcher.execute(select(Unit.id).with_for_update())
        with pytest.raises(OperationalError, match="lock timeout"):
            outbox._deliver(1, [row.id for row in waiting()])
        assert ear.patience_ms == PATIENCE_MS
        dispatcher.rollback()
    assert [said(one) for one in orders] == [0, 0]
    outbox.run_due_subscribers()
    assert [said(one) for one in orders] == [2, 2]
