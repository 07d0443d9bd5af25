"""Who is let in at a real gateway, who waits, and what looks like theft and what does not."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from core.clock import now
from core.coordinates import convert
from core.settings import settings
from gps import contests, strangers, terminals
from gps.fix import Fix
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, build_frame
from gps.notices import Notices
from gps.quirks import zone_of
from gps.server import Gateway
from gps.session import Limits
from gps.strangers import Knocks
from gps.terminal import Refused, Terminal, location
from tests.gps.conftest import Fleet
from tests.gps.test_gateway import UNKNOWN, A, B, gateway, positions, run, stored, terminal

ONE = uplink.Register(11, 100, "PAIDA", "M-1", "T000001", 1, "京A12345")
OTHER = replace(ONE, device="T000002")
INSIDE = uplink.Attributes("PAIDA", "M-1", "T000001", "89860012345678901234", "H1", "V1.2")
NEAR, FAR = "127.0.0.1", "127.0.0.2"
QUICK = Limits(goodbye_seconds=0.3)


async def until(wanted: Callable[[], Any]) -> Any:
    """What `wanted` gives as soon as it is true; the scenario bounds the wait."""
    while True:
        if found := wanted():
            return found
        await asyncio.sleep(0.02)


def told_of(fleet: Fleet, what: str = "told") -> dict[str, Any]:
    ((told,),) = fleet.query(f"SELECT {what} FROM device WHERE identity = %s", A)
    return told


def contested(fleet: Fleet) -> list[tuple[str, int, str | None]]:
    return fleet.query("SELECT kind, times, ruling FROM device_contest ORDER BY first_at, id")


def facts(fleet: Fleet) -> list[tuple[str, dict[str, Any]]]:
    return fleet.query("SELECT type, payload FROM event WHERE stream = 'device' ORDER BY seq")


async def alive(one: Terminal) -> None:
    assert await one.heartbeat() == downlink.OK


def test_the_registry_keeps_what_a_terminal_tells_of_itself(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with (
            gateway(tend_seconds=0.05) as running,
            terminal(running, A, says=ONE, attributes=INSIDE),
        ):
            await until(lambda: told_of(fleet).get("iccid"))

    run(scenario)
    ((told, address),) = fleet.query("SELECT told, address FROM device WHERE identity = %s", A)
    assert (told["maker"], told["plate"], told["standard"]) == ("PAIDA", "京A12345", "2013")
    assert (told["iccid"], told["software"]) == ("89860012345678901234", "V1.2")
    assert address == NEAR


def test_a_terminal_that_does_not_tell_what_it_is_is_asked_once(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A, says=ONE, refuses=(downlink.ASK_ATTRIBUTES,)) as one:
                await until(lambda: told_of(fleet, "capability").get("attributes") is False)
            async with terminal(running, A, code=one.code, attributes=INSIDE) as again:
                for _ in range(3):
                    await alive(again)
            assert "iccid" not in told_of(fleet)
            fleet.execute("UPDATE device SET capability = '{}'")  # an administrator has it asked
            async with terminal(running, A, code=one.code, attributes=INSIDE):
                await until(lambda: told_of(fleet).get("iccid"))

    run(scenario)


def test_other_hardware_that_has_the_right_code_is_reported(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A, says=ONE, attributes=INSIDE) as one:
                await until(lambda: told_of(fleet).get("attributes"))
            swapped = replace(INSIDE, iccid="1", firmware="V2")  # another SIM card, newer software
            async with terminal(running, A, code=one.code, attributes=swapped):
                await until(lambda: told_of(fleet)["software"] == "V2")
            assert contested(fleet) == []
            thief = replace(INSIDE, device="T000002")
            async with terminal(running, A, code=one.code, attributes=thief):
                await until(lambda: contested(fleet))

    run(scenario)
    assert contested(fleet) == [("hardware", 1, None)]
    assert told_of(fleet)["attributes"] == "PAIDA M-1 T000001"
    ((claim,),) = fleet.query("SELECT claim FROM device_contest")
    assert claim == {"attributes": "PAIDA M-1 T000002"}


def test_a_terminal_of_2011_registers(fleet: Fleet) -> None:
    """Written out by hand: 5, 8 and 7 bytes of maker, model and terminal id, padded with blanks and
    with what no text holds.
    """
    body = bytes.fromhex("000b0064") + b"70111BSJ-M7B 0000\x000\x1a\x01" + "京A12345".encode("gbk")

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            (ack,) = await talk(running, (uplink.REGISTER, body), awaits=downlink.REGISTER_ACK)
            assert ack.body[:3].hex() == "010000"  # its serial, 0
            code = ack.body[3:]
            answers = await talk(
                running,
                (uplink.AUTHENTICATE, code),
                (uplink.LOCATION, uplink.build_location(positions(1)[0])),
                awaits=downlink.PLATFORM_ACK,
            )
            assert [one.body.hex() for one in answers] == ["0102010200", "0200020000"]

    run(scenario)
    told = told_of(fleet)
    assert (told["standard"], told["maker"], told["model"]) == ("2011", "70111", "BSJ-M7B")
    assert (told["terminal_id"], told["plate"]) == ("00000", "京A12345")
    assert len(stored(fleet)) == 1


async def talk(
    running: Gateway, *says: tuple[int, bytes], awaits: int, count: int = 0
) -> list[Frame]:
    """Bytes to the gateway, each with its id as serial; so many answers of one id, else to all."""
    reader, writer = await asyncio.open_connection(running.host, running.port)
    for id_, body in says:
        writer.write(build_frame(Frame(id_, A.zfill(12), id_, body)))
    cutter, found = FrameCutter(), list[Frame]()
    while len(found) < (count or len(says)):
        data = await reader.read(1024)
        assert data, "hung up"
        frames = [one for one in cutter.feed(data) if isinstance(one, Frame)]
        found += [one for one in frames if one.message_id == awaits]
    writer.close()
    return found


def test_a_terminal_asks_what_time_it_is(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway() as running:
            async with terminal(running, A) as one:
                code = str(one.code).encode()
            says = ((uplink.AUTHENTICATE, code), (uplink.TIME, b""))
            (answer,) = await talk(running, *says, awaits=downlink.TIME, count=1)
            at = datetime.strptime(answer.body.hex(), "%y%m%d%H%M%S").replace(tzinfo=UTC)
            assert abs(now() - at) < timedelta(seconds=5)

    run(scenario)


@pytest.mark.parametrize(("zone", "datum"), [("UTC", "gcj02"), ("-03:30", "bd09")])
def test_clock_and_map_of_a_terminal_are_read_as_the_registry_says(
    fleet: Fleet, zone: str, datum: str
) -> None:
    at = now().replace(microsecond=0) - timedelta(minutes=5)

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            clock = zone_of(zone, UTC)
            async with terminal(running, A, zone=clock) as one:
                fleet.execute(f"UPDATE device SET time_zone = '{zone}', datum = '{datum}'")
                await until(lambda: next(iter(running.active.values()))._quirks.datum == datum)
                lat, lon = convert(39.9, 116.3, given="wgs84", wanted=datum)  # type: ignore[arg-type]
                await one.send_location(location(at, lat, lon))
                await one.wait_acked()

    run(scenario)
    ((fix_at, lat, lon),) = fleet.query("SELECT fix_at, lat, lon FROM fix")
    assert fix_at == at
    assert (lat, lon) == pytest.approx((39.9, 116.3), abs=2e-6)


def test_a_clock_in_another_zone_is_noticed(fleet: Fleet, monkeypatch: Any) -> None:
    monkeypatch.setattr("gps.quirks.LONG_ENOUGH", timedelta(0))

    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running, terminal(running, A, zone=UTC) as one:
            for index in range(6):
                at = now().replace(microsecond=0) + timedelta(seconds=index)
                await one.send_location(location(at, 39.9, 116.3))
            await one.wait_acked()
            await until(lambda: fleet.query("SELECT 1 FROM device WHERE clock_off_min IS NOT NULL"))

    run(scenario)
    assert fleet.query("SELECT clock_off_min FROM device WHERE identity = %s", A) == [(480,)]


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


def test_a_new_code_makes_the_terminal_register_again(fleet: Fleet) -> None:
    async def scenario() -> None:
        async with gateway(tend_seconds=0.05) as running:
            async with terminal(running, A) as one:
                fleet.execute("UPDATE device SET auth_code = NULL, gateway = NULL")
                await one.wait_closed()
            with pytest.raises(Refused):
                async with terminal(running, A, code=one.code):
                    pass
            async with terminal(running, A) as again:
                assert again.code != one.code

    run(scenario)


def test_what_was_told_waits_while_the_database_is_away(fleet: Fleet) -> None:
    """Told once by each connection; what was told since counts."""
    notices, one = Notices(), terminals.find(A)
    assert one is not None

    async def away(*_: Any) -> None:
        notices.tell(one, {"software": "V2"})  # while the writing failed
        raise OperationalError("UPDATE", {}, Exception("gone"))

    async def ask(function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    async def scenario() -> None:
        notices.tell(one, {"software": "V1", "hardware": "H1"})
        notices.clock(one, 480)
        with pytest.raises(OperationalError):
            await notices.write(away, now())
        await notices.write(ask, now())

    run(scenario)
    assert told_of(fleet) == {"software": "V2", "hardware": "H1"}
    assert fleet.query("SELECT clock_off_min FROM device WHERE identity = %s", A) == [(480,)]
