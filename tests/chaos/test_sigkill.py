"""SIGKILL of anything with work in flight: what was confirmed is there, and there once."""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.chaos.check import Books, findings
from tests.chaos.office import Office
from tests.harness import RunningPaidan
from tests.telephony.carrier import TOKEN

pytestmark = pytest.mark.chaos

SEED = 20260419
VICTIMS = ("api", "gps", "engine", "worker", "valkey", "postgres", "up")
EXTRA = [f"1390000{number:04d}" for number in range(4)]
SETTINGS = {
    "twilio_auth_token": TOKEN,
    "receipt_retry_seconds": "0.5",
    "outbox_lease_seconds": "3",
}


def enrol(books: Books, identities: list[str]) -> None:
    for identity in identities:
        books.execute(
            "INSERT INTO device (org_id, id, kind, protocol, identity)"
            " VALUES (1, gen_random_uuid(), 'terminal', 'jt808', %s)",
            identity,
        )


@pytest.fixture(scope="module")
def paidan() -> Iterator[RunningPaidan]:
    with RunningPaidan(**SETTINGS) as running:
        yield running
        sys.stdout.write(running.output[-6000:])  # pytest shows it where a test failed


@pytest.fixture(scope="module")
def office(paidan: RunningPaidan) -> Iterator[Office]:
    enrol(Books(paidan), EXTRA)
    office = Office(paidan, SEED, EXTRA)
    yield office
    office.close()


def kill_at_work(office: Office, victim: str, rng: random.Random) -> None:
    """Kill at a random moment of a busy office; it goes on until more is done, then rests."""
    paidan = office.paidan
    office.work()
    try:
        office.ledger.wait_more(rng.randint(10, 60), rng.randint(50, 400))
        old = paidan.kill(victim)
        office.fleet.killed()
        if victim == "up":
            paidan.start()
        else:
            paidan.wait_replaced(victim, old)
            paidan.wait_ready()
        office.ledger.wait_more(30, 100)
    finally:
        office.rest()


@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_confirmed_is_missing_or_doubled(
    paidan: RunningPaidan, office: Office, victim: str
) -> None:
    kill_at_work(office, victim, random.Random(f"{SEED}/{victim}"))

    found = findings(Books(paidan), office.ledger)
    assert not found, "\n".join(found)
    different = [one for follower in office.followers if (one := follower.difference())]
    assert not different, "\n".join(different)
    verified = paidan.command("verify")
    assert verified.returncode == 0, verified.stdout
