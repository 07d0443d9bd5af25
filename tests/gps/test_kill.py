"""SIGKILL of gateway, PostgreSQL and Valkey under load: what was acknowledged is stored, once.

`PAIDAN_TEST_KILLS` (5): how many kills; `PAIDAN_TEST_SEED`: the moments and victims of a run again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
import redis.asyncio
from psycopg import sql
from redis.exceptions import RedisError

from core import migrate
from core.clock import now
from core.engines import EngineUrls, sqlalchemy_url
from core.engines.embedded import Embedded
from core.settings import settings
from gps.publish import channel
from gps.terminal import Terminal, location
from tests.engine_fixtures import FAST, execute, sibling_url
from tests.folders import data_folder
from tests.gps.conftest import Fleet
from tests.gps.storm import KILLS, SEED, Servers, Storm, start_gateway
from tests.harness import free_port_pair

pytestmark = pytest.mark.chaos

TRUCKS = 12
VICTIMS = ("gateway", "postgres", "gateway", "postmaster", "valkey")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Servers that only this file kills. What they say is committed outlives them."""
    with data_folder() as folder:
        embedded = Embedded(folder, postgres_options=FAST | {"synchronous_commit": "on"})
        embedded.start()
        yield Servers(embedded)
        embedded.stop()


@pytest.fixture(scope="module")
def engines(servers: Servers) -> EngineUrls:
    """In place of the servers of the whole run."""
    postgres, valkey = servers.embedded.postgres, servers.embedded.valkey
    assert postgres is not None
    assert valkey is not None
    return EngineUrls(sqlalchemy_url(postgres.url), valkey.url, owned=True)


@pytest.fixture(scope="module")
def template_database(engines: EngineUrls) -> str:
    """As of the whole run."""
    execute(engines.database_url, sql.SQL("CREATE DATABASE paidan_template"))
    migrate.upgrade(sibling_url(engines.database_url, "paidan_template"))
    return "paidan_template"


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(380):
            await scenario()

    asyncio.run(bounded())


async def storm_of(storm: Storm, servers: Servers, victims: list[str], *words: str) -> None:
    """Drive, kill one victim after the other, and see everything confirmed."""
    port = free_port_pair()
    gateway = await start_gateway(port, *words)
    storm.drive(("127.0.0.1", port))
    try:
        for victim in victims:
            await storm.some_more(0.8 / (len(victims) + 1))
            if victim == "gateway":
                if "lingers" in words:
                    await storm.stored_unconfirmed()
                gateway.kill()
                gateway.wait()
                gateway = await start_gateway(port, *words)
                continue
            servers.kill(victim)
            await asyncio.sleep(storm.dice.uniform(0, 0.3))
            servers.heal()
            if victim == "valkey":
                await _heard()
        await storm.all_confirmed()
    finally:
        storm.give_up()
        gateway.kill()
        gateway.wait()


async def _heard() -> None:
    """Positions are announced again."""
    url = settings().redis_url
    assert url is not None
    async with redis.asyncio.from_url(url) as client, client.pubsub() as ear:
        while True:
            try:
                await ear.subscribe(channel(1))
                break
            except (RedisError, OSError):
                await asyncio.sleep(0.05)
        async with asyncio.timeout(60):
            async for message in ear.listen():
                if message["type"] == "message":
                    return


def test_what_is_acknowledged_is_there_once_and_in_order(fleet: Fleet, servers: Servers) -> None:
    print(f"PAIDAN_TEST_SEED={SEED} PAIDAN_TEST_KILLS={KILLS}")  # noqa: T201 - shown at a failure
    victims = [VICTIMS[index % len(VICTIMS)] for index in range(KILLS)]
    random.Random(SEED).shuffle(victims)
    storm = Storm(fleet, TRUCKS, 60 + 40 * KILLS, SEED)
    run(lambda: storm_of(storm, servers, victims))
    assert storm.confirmed == storm.total
    assert storm.findings() == []


@pytest.mark.parametrize(
    ("mistake", "victims", "finding"),
    [
        ("early", ["gateway"] * 3, "confirmed positions are missing"),
        ("shrugs", ["postgres"] * 3, "confirmed positions are missing"),
        ("turned", [], "out of order"),
        ("forgetful", [], "recorded"),
        ("unkeyed", ["gateway"] * 5, "doubled"),
    ],
)
def test_the_test_above_catches(
    fleet: Fleet, servers: Servers, mistake: str, victims: list[str], finding: str
) -> None:
    """Planted: acknowledged before the commit; acknowledged without the database; each batch from
    its end; watches not kept; no primary key.
    """
    storm, word = Storm(fleet, TRUCKS, 120, SEED), mistake
    if mistake == "unkeyed":
        fleet.execute("ALTER TABLE fix DROP CONSTRAINT pk_fix")
        word = "lingers"
    run(lambda: storm_of(storm, servers, victims, word))
    found = storm.findings()
    assert [one for one in found if finding in one], found


def test_unacknowledged_positions_come_again_after_a_restart(fleet: Fleet) -> None:
    async def scenario() -> None:
        port = free_port_pair()
        gateway = await start_gateway(port)
        start_at = now().replace(microsecond=0) - timedelta(hours=1)
        async with Terminal("13800000001") as one:
            await one.connect("127.0.0.1", port)
            for index in range(200):
                at = start_at + timedelta(seconds=index)
                await one.send_location(location(at, 39.9, 116.3))
            gateway.kill()
            gateway.wait()
            await one.wait_closed()
            gateway = await start_gateway(port)
            await one.connect("127.0.0.1", port)
            await one.wait_acked()
        gateway.terminate()
        assert await asyncio.to_thread(gateway.wait, 30) == 0
        stored = fleet.query("SELECT count(*) FROM fix WHERE fix_at >= %s", start_at)
        assert stored == [(200,)]

    run(scenario)
