"""回访: when customers are called back, how often, and what comes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.eventlog import read_stream
from core.uow import unit_of_work
from dashboards import follow_ups
from dispatch.orders import service
from dispatch.privacy.masking import CLEAR
from dispatch.tickets import followup, followup_rules
from dispatch.tickets.followup_rules import GAP, MAX_TRIES, OUTCOMES, SATISFACTIONS, judge
from dispatch.tickets.models import FollowUp, Ticket, TicketRelation
from tests.acts import Acts, refused
from tests.office import query
from tests.tickets.desk import PHONE, Desk, judged

MOMENTS = st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.fixture(scope="module")
def desk(module_organisation: int) -> Desk:
    return Desk(Acts(module_organisation))


def live(desk: Desk, ticket_id: UUID) -> FollowUp:
    found = desk.follow_up(ticket_id)
    assert found is not None
    return found


def waiting(desk: Desk) -> tuple[UUID, FollowUp]:
    """A complaint that was answered, and the call that is due."""
    ticket_id = desk.ticket("complaint")
    desk.act("answer", ticket_id)
    return ticket_id, live(desk, ticket_id)


def called(
    desk: Desk, one: FollowUp, outcome: str, satisfaction: str | None = None, **more: Any
) -> UUID | None:
    moment = now() + timedelta(hours=more.pop("after_h", 0))
    by = more.pop("by", "agent")
    with unit_of_work(desk.acts.by(by), now=moment) as uow:
        return followup.try_call(uow, one.id, outcome, satisfaction, more.get("words"))


@given(st.integers(1, 10), st.sampled_from(OUTCOMES), MOMENTS)
def test_never_more_than_three_tries_nor_within_two_hours(
    tries: int, outcome: str, at: datetime
) -> None:
    verdict = judge(tries, outcome, "satisfied" if outcome == "reached" else None, at)
    again = outcome == "not_reached" and tries < MAX_TRIES
    assert verdict.ends is not again
    assert verdict.next_at == (at + GAP if again else None)


@given(st.sampled_from(SATISFACTIONS), MOMENTS)
def test_only_the_dissatisfied_complain(satisfaction: str, at: datetime) -> None:
    assert judge(1, "reached", satisfaction, at).complains is (satisfaction == "dissatisfied")


@given(MOMENTS, st.none() | MOMENTS)
def test_due_within_a_day_of_restoration(ended: datetime, restored: datetime | None) -> None:
    assert followup_rules.due_at(ended, restored) - (restored or ended) == timedelta(hours=24)


def test_an_orders_customers_are_called_once_it_is_closed(desk: Desk) -> None:
    mine = desk.acts.ticket(caller_phone=PHONE)
    order_id = desk.order(mine)
    shares = desk.acts.ticket(caller_phone="+8613800138001")
    desk.act("merge", shares, order_id=order_id)
    desk.finish(order_id)
    for ticket_id in (mine, shares):
        assert desk.state(ticket_id) == "follow_up"
        one = live(desk, ticket_id)
        assert (one.order_id, one.state, one.tries) == (order_id, "open", 0)
        assert one.due_at - one.opened_at < timedelta(hours=24), "a day after restoration"


def test_the_restoration_shown_is_the_one_that_counts(desk: Desk) -> None:
    """A correction beats what the crew tapped, also where it is later."""
    order_id = desk.order(desk.acts.ticket(caller_phone=PHONE))
    desk.finish(order_id)
    later = now() + timedelta(minutes=7)
    with unit_of_work(desk.acts.by("supervisor"), now=later) as uow:
        service.correct_stamp(
            uow, order_id, point="restored", at=later, reason="meter_log", assignment_id=None
        )
    with read_session() as session:
        shown = follow_ups.queue(session, desk.acts.org_id, now(), CLEAR)["follow_ups"]
    row = next(one for one in shown if one["order_id"] == str(order_id))
    assert datetime.fromisoformat(row["restored_at"]) == later


def test_the_subscriber_may_run_twice(desk: Desk) -> None:
    ticket_id = desk.acts.ticket(caller_phone=PHONE)
    order_id = desk.order(ticket_id)
    desk.finish(order_id)
    with read_session() as session:
        closed = read_stream(session, 1, "order", order_id)[-1]
    assert closed.type == "order.closed"
    with unit_of_work(desk.acts.by("lead")) as uow:
        followup.order_closed(uow, closed)
    wanted = select(FollowUp).where(FollowUp.ticket_id == ticket_id)
    assert len(query(lambda session: session.scalars(wanted).all())) == 1


def test_without_a_number_or_work_done_nobody_is_called(desk: Desk) -> None:
    nameless = desk.acts.ticket()
    desk.finish(desk.order(nameless))
    assert (desk.state(nameless), desk.row(nameless).closed_how) == ("closed", "no_number")
    cancelled = desk.acts.ticket(caller_phone=PHONE)
    desk.close(desk.order(cancelled), "cancelled")
    assert (desk.state(cancelled), desk.follow_up(cancelled)) == ("closed", None)


def test_one_agent_has_it_and_a_second_needs_a_reason(desk: Desk) -> None:
    _, one = waiting(desk)
    desk.claim(one.id)
    desk.claim(one.id)
    problem = refused(desk.claim, one.id, "lead")
    assert problem is not None
    assert problem.code == "already_done"
    assert refused(called, desk, one, "not_reached", by="lead").code == "follow_up_not_yours"
    desk.claim(one.id, "lead", "agent_left")
    assert (
        query(lambda s: s.get_one(FollowUp, (1, one.id))).claimed_by == desk.acts.by("lead").user_id
    )


def test_three_tries_two_hours_apart_then_it_is_over(desk: Desk) -> None:
    ticket_id, one = waiting(desk)
    for after_h in (0, 3, 6):
        desk.claim(one.id)
        called(desk, one, "not_reached", after_h=after_h)
        if after_h < 6:
            desk.claim(one.id)
            early = refused(called, desk, one, "not_reached", after_h=after_h + 1)
            assert early is not None
            assert early.code == "follow_up_too_early"
    done = live(desk, ticket_id)
    assert (done.state, done.tries, done.outcome) == ("done", 3, "not_reached")
    assert (desk.state(ticket_id), desk.row(ticket_id).closed_how) == (
        "closed",
        "follow_up_not_reached",
    )
    assert refused(desk.claim, one.id).code == "follow_up_over"


@pytest.mark.parametrize("satisfaction", SATISFACTIONS)
def test_a_dissatisfied_customer_has_a_complaint_at_once(desk: Desk, satisfaction: str) -> None:
    ticket_id, one = waiting(desk)
    desk.claim(one.id)
    complaint_id = called(desk, one, "reached", satisfaction, words="还是没电")
    assert (complaint_id is not None) is (satisfaction == "dissatisfied")
    assert desk.state(ticket_id) == "closed"
    assert live(desk, ticket_id).satisfaction == satisfaction
    if complaint_id is not None:
        complaint = query(lambda session: session.get_one(Ticket, (1, complaint_id)))
        assert (complaint.kind, complaint.caller_phone) == ("complaint", PHONE)
        related = select(TicketRelation).where(TicketRelation.ticket_id == complaint_id)
        relation = query(lambda session: session.scalars(related).one())
        assert (relation.other_id, relation.relation) == (ticket_id, "follow_up_of")


@pytest.mark.parametrize(("outcome", "given_"), [("reached", None), ("refused", "satisfied")])
def test_satisfaction_belongs_to_who_was_reached(
    desk: Desk, outcome: str, given_: str | None
) -> None:
    _, one = waiting(desk)
    desk.claim(one.id)
    assert refused(called, desk, one, outcome, given_).status == 422


def test_a_reopened_ticket_is_not_called(desk: Desk) -> None:
    ticket_id, one = waiting(desk)
    desk.act("reopen", ticket_id)
    assert live(desk, ticket_id).state == "dropped"
    assert refused(desk.claim, one.id).code == "follow_up_over"
    desk.act("answer", ticket_id)
    assert live(desk, ticket_id).id != one.id


def test_the_order_of_a_reopened_ticket_has_a_clock_of_its_own(desk: Desk) -> None:
    ticket_id = desk.acts.ticket(caller_phone=PHONE)
    first = desk.order(ticket_id)
    desk.finish(first)
    desk.act("reopen", ticket_id)
    second = desk.order(ticket_id)
    assert second != first
    again = datetime.fromisoformat(judged(second)["points"]["A"])
    assert again == desk.row(ticket_id).reopened_at
    desk.acts.put_away(second)


def test_the_facts_hold_together(desk: Desk) -> None:
    with read_session() as session:
        assert list(verify(session, desk.acts.org_id)) == []
