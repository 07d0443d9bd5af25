"""Who is unknown at a real gateway: who waits, who is refused, what is kept of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.clock import now
from gps import strangers
from gps.fix import Fix
from gps.strangers import Knocks
from gps.terminal import Refused
from tests.gps.conftest import Fleet
from tests.gps.known import ONE, alive, until
from tests.gps.test_gateway import UNKNOWN, gateway, positions, run, stored, terminal


def test_a_stranger_in_quarantine_loses_nothing_and_need_not_come_again(fleet: Fleet) -> None:
    sent = positions(4, ago=300)

    async def scenario() -> None:
        async with gateway(quarantine=True, tend_seconds=0.05) as running:
            async with terminal(running, UNKNOWN, says=ONE) as one:
                await one.send_location(sent[0])
                await one.send_batch(sent[1:3])
                await one.wait_acked()
                assert (one.acked, one.refused) == (2, [])
                assert fleet.query("SELECT count(*) FROM fix") == [(0,)]
                fleet.adopt(UNKNOWN)
                await one.send_location(sent[3])  # before the gateway knows, or after
                await one.wait_acked()
                assert (one.acked, one.refused) == (3, [])
                await until(lambda: running.active)
                await until(lambda: not fleet.query("SELECT 1 FROM quarantine_fix"))
                code = one.code
            async with terminal(running, UNKNOWN, code=code) as one:  # the code that it was given
                await alive(one)

    run(scenario)
    assert stored(fleet, UNKNOWN) == [one.fix_at for one in sent]
    flags = fleet.query("SELECT DISTINCT flags FROM fix")
    assert flags == [("ok",)]
    ((told,),) = fleet.query("SELECT told->>'plate' FROM device WHERE identity = %s", UNKNOWN)
    assert told == "京A12345"
    assert fleet.query("SELECT 1 FROM stranger") == []


def test_who_has_just_been_made_known_was_seen_when_it_knocked(fleet: Fleet) -> None:
    knocked = now() - timedelta(minutes=5)
    strangers.note({("jt808", UNKNOWN): Knocks(knocked, 1)})
    fleet.adopt(UNKNOWN)
    seen = fleet.query("SELECT last_seen_at FROM device WHERE identity = %s", UNKNOWN)
    assert seen == [(knocked,)]


def test_beyond_its_room_a_stranger_keeps_its_own(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr(strangers, "MOST_FIXES", 2)

    async def scenario() -> None:
        async with gateway(quarantine=True) as running, terminal(running, UNKNOWN) as one:
            for index, position in enumerate(positions(3)):
                await one.send_location(position)
                await one.wait_acked()
                assert len(one.refused) == (index == 2)

    run(scenario)
    assert fleet.query("SELECT count(*) FROM quarantine_fix") == [(2,)]


def test_an_ignored_stranger_is_refused_even_where_others_wait(fleet: Fleet) -> None:
    strangers.note({("jt808", UNKNOWN): Knocks(now(), 1)})
    with fleet.work() as uow:
        assert strangers.ignore(uow, "jt808", UNKNOWN, ignored=True)

    async def scenario() -> None:
        async with gateway(quarantine=True) as running:
            with pytest.raises(Refused, match="result=4"):
                async with terminal(running, UNKNOWN):
                    pass
            with fleet.work() as uow:
                strangers.ignore(uow, "jt808", UNKNOWN, ignored=False)
            async with terminal(running, UNKNOWN) as one:
                await alive(one)

    run(scenario)


def test_the_list_of_strangers_cannot_be_flooded(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr(strangers, "MOST", 3)
    strangers.note({("jt808", "1"): Knocks(now(), 1)})
    with fleet.work() as uow:
        strangers.ignore(uow, "jt808", "1", ignored=True)
    start = now()
    for index in range(2, 8):
        strangers.note({("jt808", str(index)): Knocks(start + timedelta(seconds=index), 1)})
    kept = fleet.query("SELECT identity FROM stranger ORDER BY identity")
    assert kept == [("1",), ("6",), ("7",)]  # what somebody has ruled on, and the newest


def test_a_flood_of_strangers_takes_no_positions_that_were_acknowledged(
    fleet: Fleet, monkeypatch: Any
) -> None:
    monkeypatch.setattr(strangers, "MOST", 3)
    long_ago = now() - timedelta(hours=8)

    def fix(seconds: int) -> Fix:
        at = now() - timedelta(seconds=seconds)
        return Fix(UUID(int=0), at, now(), 39.9, 116.3)

    strangers.note({("jt808", UNKNOWN): Knocks(long_ago, 1)})
    assert strangers.keep("jt808", UNKNOWN, [fix(1), fix(2)])
    seen = fleet.query("SELECT last_seen_at FROM stranger WHERE identity = %s", UNKNOWN)
    assert seen[0][0] > long_ago  # it sends, though it logged in long ago
    for index in range(2, 8):
        strangers.note({("jt808", str(index)): Knocks(now() + timedelta(seconds=index), 1)})
    kept = fleet.query("SELECT identity FROM stranger ORDER BY length(identity) DESC, identity")
    assert kept == [(UNKNOWN,), ("6",), ("7",)]
    assert fleet.query("SELECT count(*) FROM quarantine_fix") == [(2,)]
