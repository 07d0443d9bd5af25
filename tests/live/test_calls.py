"""The agents' desk follows its calls: the law of live screens, and what leaves by age."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.event import listens_for

from core.clock import now
from core.db import read_session
from core.errors import Problem
from core.identity import Actor
from core.live import CALLS
from core.uow import unit_of_work
from dashboards import board_deltas, calls
from dispatch.orders import service as orders
from dispatch.orders.service import NewOrder
from dispatch.starter import ORG_ID
from dispatch.tickets.models import Ticket
from dispatch.tickets.service import NewTicket, file_ticket, take_call
from telephony.service import receive
from telephony.twilio import reports, webhooks
from tests.acts import Acts, refused
from tests.depth import examples
from tests.live.test_law import Reader
from tests.office import query
from tests.telephony.carrier import InboundCall, Webhook

NUMBERS = count(1)
REPORTS = ("initiated", "voice", "ringing", "answered", "left_queue", "completed")


@pytest.fixture(scope="module")
def acts(module_organisation: int) -> Acts:
    return Acts(module_organisation)


def reported(hook: Webhook) -> UUID:
    """The carrier says it, past the signature."""
    kind = hook.path.rpartition("/")[2]
    return receive(reports.parse(kind, webhooks.form_of(hook.body), now()))  # type: ignore[arg-type]


def rang(began_ago: timedelta = timedelta(seconds=20)) -> tuple[InboundCall, UUID]:
    began = now().replace(microsecond=0) - began_ago
    call = InboundCall(next(NUMBERS), began=began)
    return call, reported(call.ringing())


def take(actor: Actor, call_id: UUID) -> None:
    with unit_of_work(actor) as uow:
        take_call(uow, call_id)


def file(actor: Actor, call_id: UUID) -> UUID:
    with unit_of_work(actor) as uow:
        return file_ticket(uow, NewTicket("fault_repair", "phone", call_id=call_id))


def order_of_first_ticket(actor: Actor, call_id: UUID) -> None:
    wanted = select(Ticket.id).where(Ticket.call_id == call_id).order_by(Ticket.filed_at)
    ticket_id = query(lambda session: session.scalars(wanted).first())
    if ticket_id is None:
        return
    new = NewOrder(ticket_id, "no_power_home", "景山", "urban", 0, "any", 39.9239, 116.3966)
    with unit_of_work(actor) as uow:
        orders.file_order(uow, new)


STEPS = st.lists(
    st.tuples(
        st.sampled_from((*REPORTS, "ring", "take", "take", "ticket", "order")),
        st.integers(0, 1),
        st.sampled_from(("agent", "lead")),
    ),
    min_size=4,
    max_size=20,
)


@settings(
    max_examples=examples(8),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(STEPS)
def test_old_calls_and_deltas_make_the_fresh_desk(
    acts: Acts, steps: list[tuple[str, int, str]]
) -> None:
    asleep, awake = Reader(CALLS), Reader(CALLS)
    asleep.fetch()
    awake.fetch()
    line = [rang(), rang()]
    for what, index, login in steps:
        call, call_id = line[index]
        if what == "ring":
            line[index] = rang()
        elif what == "take":
            refused(take, acts.by(login), call_id)
        elif what == "ticket":
            file(acts.by(login), call_id)
        elif what == "order":
            refused(order_of_first_ticket, acts.by(login), call_id)
        else:
            reported(getattr(call, what)())
        awake.check()
    asleep.check()
    assert {f"call {call_id}" for _, call_id in line} <= set(awake.rows)


def test_what_happens_to_a_call_is_seen_at_once(acts: Acts) -> None:
    call, call_id = rang()
    reader = Reader(CALLS)
    reader.fetch()

    def row() -> dict[str, object]:
        before = reader.number
        reader.catch_up()
        assert reader.number > before
        return reader.rows[f"call {call_id}"]

    reported(call.answered())
    assert row()["state"] == "in-progress"
    take(acts.by("agent"), call_id)
    assert row()["taken_by"] == {"id": str(acts.by("agent").user_id), "name": "坐席"}
    reported(call.completed())
    assert row()["state"] == "ended"
    file(acts.by("agent"), call_id)
    assert [one["order_id"] for one in row()["tickets"]] == [None]  # type: ignore[attr-defined]
    order_of_first_ticket(acts.by("agent"), call_id)
    assert all(one["order_number"] for one in row()["tickets"])  # type: ignore[attr-defined]


def test_a_call_that_is_taken_ended_and_filed_at_the_same_moment(acts: Acts) -> None:
    """The last row has all three, although no transaction saw the others."""
    reader = Reader(CALLS)
    reader.fetch()
    for _ in range(12):
        call, call_id = rang()
        gate = threading.Barrier(3)

        def take_it(call_id: UUID = call_id, gate: threading.Barrier = gate) -> None:
            gate.wait()
            take(acts.by("agent"), call_id)

        def end_it(call: InboundCall = call, gate: threading.Barrier = gate) -> None:
            gate.wait()
            reported(call.completed())

        def file_for_it(call_id: UUID = call_id, gate: threading.Barrier = gate) -> None:
            gate.wait()
            acts.file(file(acts.by("lead"), call_id))

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(one) for one in (take_it, end_it, file_for_it)]:
                if (problem := done.exception()) is not None:
                    assert isinstance(problem, Problem)  # filed and over before it was taken
        reader.check()
    acts.put_all_away()


def test_calls_leave_the_desk_by_age(acts: Acts) -> None:
    """A snapshot has none opened before `since`; what comes of them is the screen's to drop."""
    _, old = rang(calls.WINDOW + timedelta(minutes=1))
    _, young = rang(calls.WINDOW - timedelta(minutes=1))
    with read_session() as session:
        desk = calls.snapshot(session, ORG_ID, now())
        listed = {row["id"] for row in calls.recent(session, ORG_ID, 500)}
    shown = {row["id"] for row in desk["calls"]}
    assert (str(young) in shown, str(old) in shown) == (True, False)
    assert {str(young), str(old)} <= listed
    assert all(row["opened_at"] >= desk["since"] for row in desk["calls"])


def test_a_call_costs_the_board_nothing(module_organisation: int) -> None:
    """The carrier's reports come by the hundred, and the board shows no calls."""
    asked: list[str] = []
    with read_session() as session:

        @listens_for(session.connection(), "before_cursor_execute")
        def _asked(*words: object) -> None:
            asked.append(str(words[2]))

        assert board_deltas.project(session, module_organisation, [("call", UUID(int=1))]) == []
        assert asked == []
        board_deltas.project(session, module_organisation, [("crew", UUID(int=1))])
        assert asked != []
