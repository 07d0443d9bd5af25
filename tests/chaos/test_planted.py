"""The kill test is not blind: mistakes that are planted on purpose are found by the same check."""

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.engines.home import known_home
from core.engines.postgres import SUPERUSER
from core.engines.urls import socket_database_url
from tests.chaos.check import Books, findings
from tests.chaos.kills import FastRetries, kill_at_work, open_office
from tests.chaos.office import Office

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]

SEED = 20260420
TRIES = 5
PLANTED = Path(__file__).parent / "planted"

Moment = Callable[[Office, random.Random], None]


class PlantedPaidan(FastRetries):
    """Its processes make the mistake that `plant` names, from then on."""

    as_people_start_it = True  # mistakes get in as Python starts

    @property
    def _plant(self) -> Path:
        return self.data_dir / "plant"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "PYTHONPATH": str(PLANTED),
            "CHAOS_PLANT": str(self._plant),
        }

    def plant(self, name: str) -> None:
        """Begin to make a mistake; the empty name ends it."""
        self._plant.write_text(name)


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with PlantedPaidan() as paidan:
        office = open_office(paidan, SEED)
        yield office
        office.close()
        sys.stdout.write(paidan.output[-6000:])


def after_acts(office: Office, rng: random.Random) -> None:
    office.ledger.wait_more(rng.randint(2, 8), 0)


def after_positions(office: Office, rng: random.Random) -> None:
    office.ledger.wait_more(0, rng.randint(50, 150))


def after_reports_of_the_phone(office: Office, _rng: random.Random) -> None:
    """It sends a few positions at a time, while terminals send hundreds."""
    sent = office.ledger.fixes[office.phone.device]
    told = len(sent) + 1
    office.ledger.wait(lambda: len(sent) >= told, "report of the phone")


def after_acts_of_a_lazy_server(office: Office, rng: random.Random) -> None:
    """It says committed before its log is on disk, and its log writer comes by every 10 s."""
    known = known_home(office.paidan.data_dir)
    assert known is not None
    url = socket_database_url(known[0], SUPERUSER, known[1].superuser, "postgres")
    books = Books(office.paidan, url)
    books.execute("ALTER SYSTEM SET synchronous_commit = 'off'")
    books.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    books.execute("ALTER SYSTEM SET wal_writer_flush_after = '64MB'")
    books.execute("SELECT pg_reload_conf()")
    after_acts(office, rng)


def while_a_clock_is_due(office: Office, _rng: random.Random) -> None:
    """The relay has struck off the end of a call, and its ticket has no A yet."""
    Books(office.paidan).wait_for(
        "SELECT ticket.id::text FROM outbox JOIN event ON event.id::text = body->>'event_id'"
        " JOIN ticket ON ticket.call_id = event.stream_id WHERE name = 'tickets.call_ended'"
        " AND done_at IS NOT NULL AND clock_started_at IS NULL",
    )


def before_a_ticket_is_confirmed(office: Office, _rng: random.Random) -> None:
    """A ticket is stored, its answer under way."""
    confirmed = office.ledger.tickets
    Books(office.paidan).wait_for("SELECT id::text FROM ticket", lambda: set(confirmed))


@pytest.mark.parametrize(
    ("mistake", "victim", "moment", "finding"),
    [
        ("gateway_confirms_early", "gps", after_positions, "position: .* missing"),
        ("phones_answered_early", "api", after_reports_of_the_phone, "position: .* missing"),
        ("api_answers_early", "api", after_acts, "act: .* missing"),
        ("relay_drops", "engine", while_a_clock_is_due, "stamp: A of ticket .* is \\[\\]"),
        ("keys_forgotten", "api", before_a_ticket_is_confirmed, "ticket: .* doubled"),
        (
            "commits_not_durable",
            "server",
            after_acts_of_a_lazy_server,
            "(act|position|receipt): .* missing",
        ),
    ],
)
def test_a_planted_mistake_is_found(
    office: Office, mistake: str, victim: str, moment: Moment, finding: str
) -> None:
    paidan, rng = office.paidan, random.Random(f"{SEED}/{mistake}")
    assert isinstance(paidan, PlantedPaidan)
    books = Books(paidan)
    before = set(findings(books, office.ledger))

    def kill() -> None:
        office.ledger.wait_more(10, 50)
        paidan.plant(mistake)
        moment(office, rng)

    for _ in range(TRIES):
        kill_at_work(office, victim, kill)
        paidan.plant("")
        new = [one for one in findings(books, office.ledger) if one not in before]
        if any(re.match(finding, one) for one in new):
            sys.stdout.write("\n".join(new))
            return
        sys.stdout.write(f"{mistake}: another kill")
    raise AssertionError(f"{mistake} was not found in {TRIES} kills; only {new}")
