"""Notices to many over real processes and the carrier simulator, killed at any moment."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from core.clock import now
from core.db import read_session
from core.identity import Actor
from core.uow import unit_of_work
from dispatch.outbound import campaign_repository as repository
from dispatch.outbound import campaigns
from dispatch.outbound.audience import Scope
from dispatch.outbound.campaigns import NewCampaign
from telephony.dialling import AT_ONCE
from tests.office import ORG_ID
from tests.outbound.town import Person, lead, line, mobiles
from tests.prepared import begin
from tests.simulator.fixtures import HOTLINE, CarrierSimulator, running_simulator
from tests.telephony.test_dialling import dialling_to

PEOPLE = 30
LOSSY = {"lost": 0.15, "busy": 0.05}
PROCESSES = ("tests.outbound.mailing_process", "tests.telephony.dialler_process")


@pytest.fixture
def carrier(
    organisation: int, valkey: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CarrierSimulator]:
    """A simulator that the settings name; one organisation."""
    monkeypatch.setenv("PAIDAN_CALLER_NUMBER", HOTLINE)
    with running_simulator(calls_per_second=50, messages_per_second=50) as simulator:
        simulator.post("/numbers", phone_number=HOTLINE)
        with dialling_to(simulator, monkeypatch):
            yield simulator


def act(campaign: UUID, name: str) -> None:
    with unit_of_work(Actor(ORG_ID, "user", WHO[0])) as uow:
        campaigns.act(uow, campaign, name)


WHO: list[UUID] = []


def begun() -> UUID:
    """A warning to everybody on a line; warnings go out by night as well."""
    place = line([Person((one,)) for one in mobiles(PEOPLE)])
    WHO[:] = [lead()]
    scope = Scope("node", place.feeder)
    new = NewCampaign("danger", {"area": "景山"}, scope, "测试", timedelta(hours=1))
    with unit_of_work(Actor(ORG_ID, "user", WHO[0]), now=now()) as uow:
        campaign = campaigns.draft(uow, new).id
    act(campaign, "start")
    return campaign


def state(campaign: UUID) -> str:
    with read_session() as session:
        found = repository.campaign(session, ORG_ID, campaign)
        assert found is not None
        return found[0].state


def sent(carrier: CarrierSimulator) -> Counter[str]:
    return Counter(one["to"] for one in carrier.state()["messages"])


def after(carrier: CarrierSimulator, seen: int, count: int) -> int:
    """Wait for so many more requests to the carrier; the last entry of its trace."""
    while count > 0:
        entry = carrier.until(lambda one: one["kind"] == "rest", seen)
        seen, count = entry["n"], count - 1
    return seen


@contextmanager
def processes(mistake: str = "") -> Iterator[None]:
    """Both at work, until they are killed at the end."""
    with begin(PROCESSES[0], mistake), begin(PROCESSES[1], mistake):
        yield


def until(carrier: CarrierSimulator, campaign: UUID, wanted: str) -> None:
    """Until the campaign is in a state; each look waits for news of the carrier."""
    while state(campaign) != wanted:
        last = carrier.trace()[-1]["n"]
        carrier.control.get("/trace", params={"after": last, "wait": 0.2})


@pytest.mark.chaos
def test_worker_and_dialler_killed_at_any_moment_everybody_gets_it_once(
    carrier: CarrierSimulator,
) -> None:
    dice, seen, campaign = random.Random(5), 0, begun()
    carrier.post("/mischief", **LOSSY)
    for _ in range(2):
        with processes():
            seen = after(carrier, seen, dice.randint(3, 12))
    with processes():
        until(carrier, campaign, "done")
    got = sent(carrier)
    assert set(got) == set(mobiles(PEOPLE))
    assert set(got.values()) == {1}


def test_a_worker_that_forgets_whom_it_wrote_to_is_caught(carrier: CarrierSimulator) -> None:
    campaign = begun()
    with processes("forgets"):
        after(carrier, 0, 2 * PEOPLE)  # more than there are numbers
        act(campaign, "cancel")
    assert max(sent(carrier).values()) > 1, "the mistake was not caught"


def test_after_a_pause_nothing_more_reaches_the_carrier_until_it_goes_on(
    carrier: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_MESSAGES_PER_SECOND", "1")  # nobody is too slow to stop it half-way
    campaign = begun()
    with processes():
        after(carrier, 0, 3)
        act(campaign, "pause")
        asked = len(carrier.trace("rest"))
        while True:  # what was just being asked for may still come: as many as ask at once
            before = len(carrier.trace("rest"))
            seen = carrier.trace()[-1]["n"]
            carrier.control.get("/trace", params={"after": seen, "wait": 2.0})
            if len(carrier.trace("rest")) == before:
                break
        held = sum(sent(carrier).values())
        assert held <= asked + AT_ONCE
        assert held < PEOPLE
        act(campaign, "resume")
        after(carrier, seen, 1)
    monkeypatch.setenv("PAIDAN_MESSAGES_PER_SECOND", "50")
    with processes():
        until(carrier, campaign, "done")
    assert set(sent(carrier).values()) == {1}
    assert len(sent(carrier)) == PEOPLE
