"""The life of a ticket: every act in every state, against a table written by hand."""

from uuid import UUID

import pytest

from api.verify import verify
from core.db import read_session
from dispatch.tickets.rules import TABLE
from tests.acts import Acts, refused
from tests.tickets.desk import Desk, dump_ticket

STATES = (
    "open",
    "ordered",
    "merged",
    "transferred",
    "returned",
    "answered",
    "follow_up",
    "closed",
)
# act → state before: state after, of an enquiry. What is missing is refused.
LIFE = {
    "contact": {one: one for one in ("open", "transferred", "returned")},
    "order": {"open": "ordered", "transferred": "ordered", "returned": "ordered"},
    "merge": {
        "open": "merged",
        "transferred": "merged",
        "returned": "merged",
        "ordered": "merged",
    },
    "unmerge": {"merged": "open"},
    "transfer": {"open": "transferred", "transferred": "transferred", "returned": "transferred"},
    "return": {"open": "returned", "transferred": "returned"},
    "answer": {"open": "answered", "transferred": "answered", "returned": "answered"},
    "close": {
        "open": "closed",
        "transferred": "closed",
        "returned": "closed",
        "answered": "closed",
        "follow_up": "closed",
    },
    "reopen": {"answered": "open", "follow_up": "open", "closed": "open"},
}


@pytest.fixture(scope="module")
def desk(module_organisation: int) -> Desk:
    return Desk(Acts(module_organisation))


def ticket_in(desk: Desk, state: str) -> UUID:
    """A ticket brought to `state` by acts alone."""
    if state == "follow_up":
        ticket_id = desk.ticket("complaint")
        desk.act("answer", ticket_id)
        return ticket_id
    ticket_id = desk.ticket()
    if state == "ordered":
        desk.order(ticket_id)
    elif state == "merged":
        desk.act("merge", ticket_id, order_id=desk.acts.file())
    elif state != "open":
        steps = {"transferred": "transfer", "returned": "return", "answered": "answer"}
        desk.act(steps.get(state, "close"), ticket_id)
    assert desk.state(ticket_id) == state
    return ticket_id


def test_the_product_knows_these_acts_and_no_others() -> None:
    assert set(TABLE) == set(LIFE) | {"follow_up", "settle"}  # the two that nobody does by hand


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", LIFE)
def test_every_act_in_every_state(desk: Desk, act: str, state: str) -> None:
    ticket_id, bystander = ticket_in(desk, state), desk.ticket()
    before, beside = dump_ticket(ticket_id), dump_ticket(bystander)
    target = desk.acts.file()
    if act == "order":
        problem = refused(desk.order, ticket_id)
    else:
        problem = refused(desk.act, act, ticket_id, order_id=target)
    after = LIFE[act].get(state)
    if after is not None:
        assert problem is None
        assert desk.state(ticket_id) == after
    else:
        assert problem is not None
        assert problem.status == 409
        assert dump_ticket(ticket_id) == before
        for language in ("zh", "en"):
            assert "{" not in problem.sentence(language)
    assert dump_ticket(bystander) == beside


def test_the_facts_hold_together(desk: Desk) -> None:
    with read_session() as session:
        assert list(verify(session, desk.acts.org_id)) == []
