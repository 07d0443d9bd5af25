"""SIGKILL of anything with work in flight: what was confirmed is there, and there once."""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.chaos.check import Books, findings
from tests.chaos.kills import FastRetries, kill_at_work, open_office
from tests.chaos.office import Office

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

SEED = 20260419
VICTIMS = ("api", "gps", "engine", "worker", "valkey", "postgres", "server", "up")
CARRY_JOBS = ("worker", "valkey")
STOP_ANSWERS = ("api", "postgres", "server", "up")
JOB_IN_HAND = "SELECT id::text FROM outbox WHERE kind = 'job' AND done_at IS NULL AND attempts > 0"


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with FastRetries() as paidan:
        office = open_office(paidan, SEED)
        yield office
        office.close()
        sys.stdout.write(paidan.output[-6000:])  # pytest shows it where a test failed


@pytest.mark.parametrize("victim", VICTIMS)
def test_nothing_confirmed_is_missing_or_doubled(office: Office, victim: str) -> None:
    rng = random.Random(f"{SEED}/{victim}")
    acts, positions = rng.randint(10, 50), rng.randint(50, 400)
    books, retries = Books(office.paidan), office.ledger.retries

    def moment() -> None:
        office.ledger.wait_more(acts, positions)
        if victim in CARRY_JOBS:
            books.wait_for(JOB_IN_HAND)

    kill_at_work(office, victim, moment)

    assert victim not in STOP_ANSWERS or office.ledger.retries > retries
    found = findings(books, office.ledger)
    assert not found, "\n".join(found)
    different = [one for follower in office.followers if (one := follower.difference())]
    assert not different, "\n".join(different)
    verified = office.paidan.command("verify")
    assert verified.returncode == 0, verified.stdout
