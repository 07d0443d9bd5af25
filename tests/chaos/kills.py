"""A Paidan for kill tests, and the kill itself."""

import signal
from collections.abc import Callable
from pathlib import Path

import redis

from core.engines.embedded import embedded_urls
from core.engines.processes import ProcessId
from sla.documents import shipped_text
from tests.chaos.check import Books
from tests.chaos.office import Office
from tests.harness import RunningPaidan
from tests.telephony.carrier import TOKEN

EXTRA_TERMINALS = [f"1390000{number:04d}" for number in range(4)]


class FastRetries(RunningPaidan):
    """Retries what was not confirmed after moments instead of minutes."""

    def __init__(self) -> None:
        super().__init__(
            twilio_auth_token=TOKEN,
            receipt_retry_seconds="0.5",
            outbox_lease_seconds="3",
            webhook_budget_seconds="10",  # the machine may be busy
        )


def open_office(paidan: RunningPaidan, seed: int) -> Office:
    """An office with terminals of its own, whose alarms also go out of the house by a job."""
    books = Books(paidan)
    for identity in EXTRA_TERMINALS:
        books.execute(
            "INSERT INTO device (org_id, id, kind, protocol, identity)"
            " VALUES (1, gen_random_uuid(), 'terminal', 'jt808', %s)",
            identity,
        )
    office = Office(paidan, seed, EXTRA_TERMINALS)
    inside, outside = 'channels = ["screen", "sound"]', 'channels = ["screen", "sound", "sms"]'
    text = shipped_text("policies", "beijing").replace("version = 2", "version = 3")
    office.person("admin").post("/api/sla/policies", {"document": text.replace(inside, outside)})
    return office


def kill_at_work(office: Office, victim: str, moment: Callable[[], None]) -> None:
    """Kill when `moment` returns; the busy office goes on until more is done, then rests.

    `victim`: a process by name, `up`, or `server`: PostgreSQL with all its backends.
    Valkey comes back empty.
    """
    paidan = office.paidan
    office.work()
    try:
        moment()
        if victim == "server":
            name, old = "postgres", kill_server(paidan)
        else:
            name, old = victim, paidan.kill(victim)
        office.fleet.killed()
        if victim == "up":
            paidan.start()
        else:
            paidan.wait_replaced(name, old)
            paidan.wait_ready()
        if victim == "valkey":
            empty_valkey(paidan)
        office.ledger.wait_more(20, 100)
    finally:
        office.rest()


def kill_server(paidan: RunningPaidan) -> ProcessId:
    """PostgreSQL and all its backends at once.

    With the first process alone gone, the others still bring their log to disk before they end.
    """
    first = paidan.process("postgres")
    children = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
    backends = [found for pid in children if (found := ProcessId.of(int(pid)))]
    for process in (first, *backends):
        process.signal(signal.SIGKILL)
    return first


def empty_valkey(paidan: RunningPaidan) -> None:
    """What a lost disk does: every job that was handed over is forgotten."""
    urls = embedded_urls(paidan.data_dir)
    assert urls is not None
    with redis.Redis.from_url(urls[1]) as client:
        client.flushall()
