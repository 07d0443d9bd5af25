"""Calls that agents pass to a queue: a full one takes nobody, a call-back waits like a caller."""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from uuid import UUID

import pytest

from core.settings import settings
from telephony.routing import acts, callbacks, queues
from telephony.routing.acts import QueueFull, Target
from telephony.script import Pause
from tests.switchboard.hall import HOTLINE, Hall

CUSTOMER = "+8616410000137"


@pytest.fixture
def hall(organisation: int) -> Hall:
    return Hall(organisation)


@pytest.fixture
def room_for_one() -> Iterator[None]:
    """Queues in each of which one may wait."""
    shipped = (resources.files("telephony.routing") / queues.FILE).read_text(encoding="utf-8")
    path = settings().data_dir / queues.FILE
    path.write_text(re.sub(r"max_waiting = \d+", "max_waiting = 1", shipped))
    queues._plan.cache_clear()
    yield
    path.unlink()
    queues._plan.cache_clear()


def test_a_full_queue_takes_nobody_but_hazards(hall: Hall, room_for_one: None) -> None:
    agent, call_id = hall.talking(fault=5)
    hall.caller("enquiry")
    hall.caller("hazard")
    hall.later(10)
    with hall.work(agent) as uow, pytest.raises(QueueFull, match="Enquiries and billing is full"):
        acts.transfer(uow, call_id, Target(queue="enquiry"))
    assert hall.state(agent)[0] == "on_call"
    assert [one.call_id for one in hall.parts() if one.state == "active"] == [call_id]
    assert hall.asked("redirect", call_id) == []
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(queue="hazard"))
    assert (hall.state(agent)[0], hall.stays(call_id)[-1].queue) == ("wrap_up", "hazard")


def called_back(hall: Hall) -> tuple[UUID, UUID, UUID]:
    """An agent speaks with a customer whom we have called: (agent, call, the customer's leg)."""
    with hall.work() as uow:
        since = hall.clock - timedelta(seconds=90)
        callbacks.ask(
            uow, number=CUSTOMER, hotline=HOTLINE, reason="asked", queue="fault", since=since
        )
    agent = hall.agent(fault=5)
    hall.turn()
    call_id = hall.answered(agent).call_id
    leg_id = hall.asked("place_call")[-1].id
    hall.asks(leg_id)
    hall.joins(leg_id, call_id)
    hall.turn()
    return agent, call_id, leg_id


def test_a_call_back_that_is_passed_to_a_queue_is_served_there(hall: Hall) -> None:
    agent, call_id, leg_id = called_back(hall)
    hall.later(10)
    with hall.work(agent) as uow:
        acts.transfer(uow, call_id, Target(queue="enquiry"))
    (sent,) = hall.asked("redirect", call_id)
    assert (sent.leg_id, sent.params["script"][0]["node"]) == (leg_id, "Enqueue")
    assert isinstance(hall.asks(leg_id, "wait")[-1], Pause)  # the customer waits on
    hall.later(4000)
    hall.turn()  # is not called back instead: we have called
    assert len(hall.asked("redirect", call_id)) == 1

    expert = hall.agent(enquiry=3)
    hall.turn()
    offer = hall.offer_of(expert)
    assert offer.call_id == call_id
    hall.asks(offer.leg_id)
    hall.joins(offer.leg_id, call_id)
    (fetch,) = hall.asked("take_from_queue", call_id)
    assert (fetch.leg_id, fetch.params["queue"]) == (leg_id, "enquiry")

    hall.refuses("take_from_queue", call_id)
    hall.turn()
    again = hall.asked("redirect", call_id)[-1]
    assert (again.leg_id, again.params["script"][0]["node"]) == (leg_id, "Join")
    assert hall.state(expert)[0] == "on_call"
