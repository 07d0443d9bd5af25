"""What the registry keeps of a terminal: what it tells of itself, its clock, its map, its code."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from core.clock import now
from core.coordinates import convert
from gps import terminals
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, build_frame
from gps.notices import Notices
from gps.quirks import zone_of
from gps.server import Gateway
from gps.terminal import Refused, location
from tests.gps.conftest import Fleet
from tests.gps.known import NEAR, ONE, alive, contested, told_of, until
from tests.gps.test_gateway import A, gateway, positions, run, stored, terminal

INSIDE = uplink.Attributes("PAIDA", "M-1", "T000001", "89860012345678901234", "H1", "V1.2")


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
            begun = now().replace(microsecond=0)
            (answer,) = await talk(running, *says, awaits=downlink.TIME, count=1)
            at = datetime.strptime(answer.body.hex(), "%y%m%d%H%M%S").replace(tzinfo=UTC)
            assert begun <= at <= now()

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
