"""Several tickets share one order: whose A counts, and undoing leaves no trace in judgement."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.verify import verify
from core.clock import now
from core.db import read_session
from core.identity import EVERYTHING
from core.uow import unit_of_work
from dashboards.tickets import summaries
from dispatch.orders.follow_on import FollowOn, file_follow_on
from dispatch.orders.stamps import StampState
from dispatch.orders.ticket_clocks import ticket_clocks
from dispatch.privacy.masking import CLEAR
from dispatch.tickets import merging
from dispatch.tickets.service import NewTicket, file_ticket
from sla.documents import parse_policy, shipped_text
from sla.facts import Facts
from sla.timelines import PointTime, Timeline
from tests.acts import Acts, refused
from tests.depth import examples
from tests.dispatch.dumps import dump
from tests.tickets.desk import Desk, judged


@pytest.fixture(scope="module")
def desk(module_organisation: int) -> Desk:
    return Desk(Acts(module_organisation))


def ticket_of(desk: Desk, age_min: float) -> UUID:
    """A ticket of the web form that was handed in some minutes ago."""
    with unit_of_work(desk.acts.by("agent"), now=now() - timedelta(minutes=age_min)) as uow:
        return file_ticket(uow, NewTicket("fault_repair", "web", caller_phone="+8613800138000"))


def a_of(desk: Desk, order_id: UUID) -> datetime:
    return datetime.fromisoformat(judged(order_id)["points"]["A"])


def test_the_first_a_counts_and_each_ticket_keeps_its_own(desk: Desk) -> None:
    first, second, third = (ticket_of(desk, age) for age in (3, 10, 1))
    order_id = desk.order(first)
    own = {one: desk.row(one).clock_started_at for one in (first, second, third)}
    assert a_of(desk, order_id) == own[first]
    desk.act("merge", third, order_id=order_id)
    assert a_of(desk, order_id) == own[first]
    desk.act("merge", second, order_id=order_id)
    assert a_of(desk, order_id) == own[second]
    assert {one: desk.row(one).clock_started_at for one in own} == own
    desk.act("unmerge", second)
    assert a_of(desk, order_id) == own[first]


def test_the_order_that_was_left_closes_as_a_duplicate_and_comes_back(desk: Desk) -> None:
    kept, left = desk.acts.file(), ticket_of(desk, 5)
    own = desk.order(left)
    before = judged(own)
    desk.act("merge", left, order_id=kept)
    assert desk.acts.order(own).state == "closed"
    assert judged(own)["points"]["A"] is None
    assert refused(desk.order, left) is not None, "no second order comes of it"
    desk.act("unmerge", left)
    assert judged(own) == before
    assert desk.row(left).order_id == own


def test_an_order_that_others_share_goes_on(desk: Desk) -> None:
    stays, leaves = ticket_of(desk, 2), ticket_of(desk, 6)
    shared, target = desk.order(stays), desk.acts.file()
    desk.act("merge", leaves, order_id=shared)
    problem = refused(desk.act, "merge", leaves, order_id=target)
    assert problem is not None, "merged already: unmerge first"
    desk.act("unmerge", leaves)
    own = desk.order(leaves)
    desk.act("merge", stays, order_id=own)
    assert desk.acts.order(shared).state == "closed"


def test_the_first_ticket_stays_while_others_share_its_order(desk: Desk) -> None:
    """Else the crew would telephone somebody whose fault is repaired elsewhere."""
    first, shares = ticket_of(desk, 5), ticket_of(desk, 2)
    order_id, target = desk.order(first), desk.acts.file()
    desk.act("merge", shares, order_id=order_id)
    before = dump(order_id)
    problem = refused(desk.act, "merge", first, order_id=target)
    assert problem is not None
    assert problem.code == "order_is_shared"
    assert dump(order_id) == before
    desk.act("unmerge", shares)
    desk.act("merge", first, order_id=target)
    assert desk.acts.order(order_id).state == "closed"


def test_what_a_centre_has_is_recalled_and_what_a_crew_has_is_not_touched(desk: Desk) -> None:
    target, at_centre, with_crew = desk.acts.file(), ticket_of(desk, 2), ticket_of(desk, 2)
    released, sent = desk.order(at_centre), desk.order(with_crew)
    desk.acts.order_act("release", released)
    desk.acts.order_act("release", sent)
    desk.acts.order_act("dispatch", sent)
    desk.act("merge", at_centre, order_id=target)
    assert desk.acts.order(released).state == "closed"
    before = dump(sent)
    problem = refused(desk.act, "merge", with_crew, order_id=target)
    assert problem is not None
    assert problem.code == "order_with_crew"
    assert dump(sent) == before
    desk.act("unmerge", at_centre)
    assert desk.acts.order(released).state == "filed"
    desk.acts.put_away(sent)


@pytest.mark.parametrize(
    ("state", "code"), [("closed", "order_is_closed"), ("own", "order_is_own")]
)
def test_what_cannot_be_merged_into(desk: Desk, state: str, code: str) -> None:
    ticket_id = ticket_of(desk, 1)
    target = desk.order(ticket_id) if state == "own" else desk.acts.file()
    if state == "closed":
        desk.acts.order_act("close", target)
    problem = refused(desk.act, "merge", ticket_id, order_id=target)
    assert problem is not None
    assert problem.code == code


def test_an_order_that_follows_on_the_tickets_own_is_its_own(desk: Desk) -> None:
    ticket_id = ticket_of(desk, 1)
    new = FollowOn("other_trade", "medium_voltage", "配变需更换")
    with unit_of_work(desk.acts.by("lead")) as uow:
        child_id = file_follow_on(uow, desk.order(ticket_id), new, EVERYTHING)
    problem = refused(desk.act, "merge", ticket_id, order_id=child_id)
    assert problem is not None
    assert problem.code == "order_is_own"


@settings(
    max_examples=examples(6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_merge_and_unmerge_leave_every_judgement_as_it_was(desk: Desk, data: st.DataObject) -> None:
    age = data.draw(st.floats(0, 60))
    ticket_id, target = (
        ticket_of(desk, age),
        desk.order(ticket_of(desk, data.draw(st.floats(0, 60)))),
    )
    if data.draw(st.booleans()):
        desk.acts.order_act("release", target)
    own = desk.order(ticket_id) if data.draw(st.booleans()) else None
    before = {one: judged(one) for one in (target, own) if one}
    for _ in range(data.draw(st.integers(1, 2))):
        desk.act("merge", ticket_id, order_id=target)
        desk.act("unmerge", ticket_id)
    assert {one: judged(one) for one in before} == before


def chase(desk: Desk, order_id: UUID, ticket_id: UUID) -> None:
    with unit_of_work(desk.acts.by("agent")) as uow:
        merging.chase_up(uow, order_id, call_id=None, ticket_id=ticket_id)


def test_chase_ups_are_counted_and_raise_urgency_by_rule(desk: Desk) -> None:
    order_id = desk.acts.file()
    urgencies = []
    for _ in range(4):
        chase(desk, order_id, desk.ticket())
        urgencies.append(desk.acts.order(order_id).urgency)
    assert urgencies == [1, 1, 2, 2]
    assert desk.acts.order(order_id).chase_ups == 4
    desk.acts.order_act("close", order_id)
    problem = refused(chase, desk, order_id, desk.ticket())
    assert problem is not None
    assert problem.status == 409


def test_the_facts_hold_together(desk: Desk) -> None:
    with read_session() as session:
        assert list(verify(session, desk.acts.org_id)) == []


def test_in_lists_each_ticket_is_due_by_its_own_a(desk: Desk) -> None:
    first, second = ticket_of(desk, 10), ticket_of(desk, 3)
    order_id = desk.order(first)
    desk.act("merge", second, order_id=order_id)
    with read_session() as session:
        rows = summaries(session, desk.acts.org_id, [first, second], CLEAR)
    due = {one: datetime.fromisoformat(rows[one]["due_at"]) for one in (first, second)}
    began = {one: desk.row(one).clock_started_at for one in (first, second)}
    assert due[second] - due[first] == began[second] - began[first] > timedelta(minutes=6)
    assert due[first] - began[first] == timedelta(minutes=45)


@pytest.mark.parametrize("rule", ["first", "own"])
def test_each_ticket_is_judged_from_its_own_a_to_the_arrival_that_the_policy_names(
    rule: str,
) -> None:
    start = now().replace(microsecond=0)

    def at(minutes: float) -> datetime:
        return start + timedelta(minutes=minutes)

    order, early, late, after = (UUID(int=one) for one in (1, 2, 3, 4))
    text = shipped_text("policies", "beijing").replace(
        "version = 2", f'version = 2\narrival = "{rule}"'
    )
    policy = parse_policy(text, "beijing.toml")
    stamps = [
        StampState(
            id=ticket, event_id=ticket, point="A", at=at(minutes), recorded_at=at(minutes),
            source="carrier", actor_kind="user", actor_id=None, ticket_id=ticket,
        )
        for ticket, minutes in ((early, 0), (late, 10), (after, 45))
    ]  # fmt: skip
    facts = Facts(area_class="urban")
    attempts = [
        Timeline(
            order,
            points={"A": PointTime(at(0), "carrier"), "H": PointTime(at(h), "gps")},
            facts=facts,
        )
        for h in (40, 52)
    ]
    found = {one.ticket_id: one for one in ticket_clocks(policy, attempts, stamps, at(60))}
    assert {one.rule for one in found.values()} == {rule}
    if rule == "first":
        assert (found[early].spent_s, found[early].within) == (2400, True)
        assert (found[late].spent_s, found[late].within) == (1800, True)
        assert (found[after].mark, found[after].within) == ("already_there", True)
    else:
        assert (found[early].spent_s, found[early].within) == (3120, False)
        assert (found[late].spent_s, found[late].within) == (2520, True)
        assert (found[after].spent_s, found[after].within) == (420, True)
