"""What looks like theft of a terminal's identity at a real gateway, and what does not."""

from typing import Any
from uuid import UUID

import pytest

from core.settings import settings
from gps import contests
from gps.connection import Limits
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, build_frame
from gps.server import Gateway
from gps.terminal import Refused, Terminal
from tests.gps.conftest import Fleet
from tests.gps.known import FAR, NEAR, ONE, OTHER, alive, contested, facts, until
from tests.gps.test_gateway import A, B, gateway, positions, run, terminal

QUICK = Limits(goodbye_seconds=0.3)


def test_other_hardware_is_refused_until_it_is_said_to_have_been_exchanged(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A, says=ONE) as one:
                for _ in range(2):
                    with pytest.raises(Refused, match="result=3"):
                        async with terminal(running, A, says=OTHER):
                            pass
                ((kind, _, _),) = await until(lambda: contested(fleet))
                assert kind == "hardware"
                await alive(one)  # the one that is known goes on
                async with terminal(running, A, says=ONE) as again:
                    assert again.code == one.code
                ((contest,),) = fleet.query("SELECT id FROM device_contest")
                with fleet.work() as uow:
                    contests.rule(uow, UUID(str(contest)), "replaced")
            async with terminal(running, A, says=OTHER) as new:
                assert new.code != one.code
                await alive(new)
            with pytest.raises(Refused):
                async with terminal(running, A, code=one.code):
                    pass
            with pytest.raises(Refused, match="result=3"):
                async with terminal(running, A, says=ONE):
                    pass

    run(scenario)
    assert contested(fleet) == [("hardware", 2, "replaced"), ("hardware", 1, None)]
    told = [(type_, payload["kind"]) for type_, payload in facts(fleet)]
    assert told == [
        ("device.contested", "hardware"),
        ("device.contest_closed", "hardware"),
        ("device.contested", "hardware"),
    ]
    assert "T000002" not in str(facts(fleet))


def test_what_was_dismissed_is_counted_and_not_announced_again(fleet: Fleet) -> None:
    async def thief() -> None:
        async with gateway() as running:
            with pytest.raises(Refused, match="result=3"):
                async with terminal(running, A, says=OTHER):
                    pass

    async def scenario() -> None:
        async with gateway() as running, terminal(running, A, says=ONE):
            pass
        await thief()
        ((contest,),) = fleet.query("SELECT id FROM device_contest")
        with fleet.work() as uow:
            contests.rule(uow, UUID(str(contest)), "dismissed")
        with fleet.work() as uow, pytest.raises(contests.AlreadyRuled):
            contests.rule(uow, UUID(str(contest)), "replaced")
        await thief()

    run(scenario)
    assert contested(fleet) == [("hardware", 2, "dismissed")]
    assert len(facts(fleet)) == 2


async def fight(running: Gateway, code: str | None, sources: tuple[str, str], times: int) -> None:
    """Two terminals with one code; each comes back as soon as it is let go."""
    async with (
        Terminal(A, code=code, source=sources[0]) as one,
        Terminal(A, code=code, source=sources[1]) as two,
    ):
        await one.connect(running.host, running.port)
        for index in range(times):
            old, new = (one, two) if index % 2 == 0 else (two, one)
            await new.connect(running.host, running.port)
            await old.wait_closed()
            await old.close()


def test_two_terminals_that_take_one_identity_from_each_other_are_named(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05, limits=QUICK) as running:
            async with terminal(running, A) as first:
                code = first.code
            await fight(running, code, (NEAR, FAR), 4)
            await until(lambda: contested(fleet))

    run(scenario)
    ((kind, _, _),) = contested(fleet)
    assert kind == "takeover"
    ((addresses,),) = fleet.query("SELECT addresses FROM device_contest")
    assert sorted(addresses) == [NEAR, FAR]
    assert FAR not in str(facts(fleet))


def test_a_terminal_that_comes_back_from_elsewhere_is_no_thief(fleet: Fleet) -> None:
    """Its old connections hang half-open, as behind an address translation that has forgotten them:
    nothing comes from there any more, not even goodbye.
    """

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05, limits=QUICK) as running:
            async with terminal(running, A) as first:
                code = first.code
            dead: list[Any] = []
            for index in range(6):
                one = Terminal(A, code=code, source=(NEAR, FAR)[index % 2])
                await one.connect(running.host, running.port)
                await alive(one)
                assert one._listening
                one._listening.cancel()  # reads no more, and does not hang up
                dead.append(one)
            sessions = await until(lambda: len(running.sessions) == 1)
            assert sessions
            for one in dead:
                await one.close()

    run(scenario)
    assert contested(fleet) == []
    assert fleet.query("SELECT takeovers FROM device WHERE identity = %s", A) == [([],)]


def test_by_setting_the_newer_is_refused_while_two_fight(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings(), "gps_contested_devices", "refuse_newer")

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05, limits=QUICK) as running:
            async with terminal(running, A) as first:
                code = first.code
            await fight(running, code, (NEAR, FAR), 4)
            await until(lambda: contested(fleet))
            async with terminal(running, A, code=code) as one:
                with pytest.raises(Refused, match="authentication"):
                    async with terminal(running, A, code=code, source=FAR):
                        pass
                await alive(one)
                async with gateway(tend_seconds=0.05) as there:
                    with pytest.raises(Refused, match="authentication"):
                        async with terminal(there, A, code=code, source=FAR):
                            pass
                ((contest,),) = fleet.query("SELECT id FROM device_contest")
                with fleet.work() as uow:
                    contests.rule(uow, UUID(str(contest)), "dismissed")
                await until(lambda: not next(iter(running.active.values())).terminal.contested)
                async with terminal(running, A, code=code, source=FAR) as new:
                    await alive(new)

    run(scenario)


def test_wrong_codes_in_a_row_are_reported_and_slowed_down(fleet: Fleet, monkeypatch: Any) -> None:
    waits: list[float] = []
    monkeypatch.setattr("gps.door.wait_s", lambda wrong: waits.append(wrong) or 0.0)

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A) as known:
                code = known.code
            for _ in range(4):
                with pytest.raises(Refused):
                    async with terminal(running, A, code="guessed"):
                        pass
            async with terminal(running, A, code=code) as one:  # forgotten code, found again
                await alive(one)
            assert contested(fleet) == []
            for _ in range(6):
                with pytest.raises(Refused):
                    async with terminal(running, A, code="guessed"):
                        pass
            await until(lambda: contested(fleet) == [("code", 6, None)])

    run(scenario)
    assert waits == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6]


def test_other_identities_on_a_connection_are_counted(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running, terminal(running, A) as one:
            body = uplink.build_location(positions(1)[0])
            for serial in (77, 78):
                one.pending[serial] = (uplink.LOCATION, body)
                await one.send_raw(build_frame(Frame(uplink.LOCATION, B.zfill(12), serial, body)))
            await one.wait_acked()
            assert one.refused == [downlink.FAILED] * 2

    run(scenario)
    assert contested(fleet) == [("foreign", 2, None)]
    assert fleet.query("SELECT claim->>'identity' FROM device_contest") == [(B,)]
