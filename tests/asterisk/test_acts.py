"""What the gateway asks of a real Asterisk: placed once, looked up, held, listened to, recorded."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from core.clock import now
from core.settings import settings
from telephony import commands
from telephony.asterisk import client
from telephony.asterisk.adapter import Adapter, WrongLogin
from telephony.asterisk.client import AsteriskGateway
from telephony.command_models import CarrierCommand
from telephony.dialling_acts import look_up, wish_of
from telephony.gateway import Busy, NewCall, NewMessage, Refused, Tape
from tests.asterisk.conftest import House, until
from tests.asterisk.exchange import PASSWORD, USER
from tests.asterisk.phones import called
from tests.asterisk.test_live import calls, heard, is_call, legs, speaking
from tests.engine_fixtures import forget_settings
from tests.office import query
from tests.switching import work
from tests.telephony.carrier import CALLER, HOTLINE


@pytest.fixture
def gateway(house: House) -> AsteriskGateway:
    """The exchange, as `paidan dial` asks it."""
    made = client.gateway_of(settings())
    assert made is not None
    house.stack.callback(made.close)
    return made


def channels(house: House) -> dict[str, str]:
    """Channels of the exchange by id, with their state."""
    answer = httpx.get(house.exchange.url + "/ari/channels", auth=(USER, PASSWORD))
    return {one["id"]: one["state"] for one in answer.json()}


def new_call(to: str = "client:agent", ring_s: int = 30) -> NewCall:
    return NewCall(uuid4(), to, HOTLINE, ring_s)


def test_a_leg_is_placed_once_however_often_it_is_asked_for(
    house: House, gateway: AsteriskGateway
) -> None:
    phone = house.phone("agent", called(()))
    wish = new_call()
    with house.adapter():
        assert {gateway.place_call(wish) for _ in range(3)} == {str(wish.leg_id)}
        phone.told("ringing")
        assert len(channels(house)) == 1
        found = gateway.call(str(wish.leg_id))
        assert found is not None
        assert (found.status, found.to_number) in (
            ("ringing", "client:agent"),
            ("initiated", "client:agent"),
        )
        gateway.hang_up(str(wish.leg_id))
        gateway.hang_up(str(wish.leg_id))
        until(lambda: not channels(house))


def test_a_leg_that_is_over_is_known_with_its_time_and_not_dialled_again(
    house: House, gateway: AsteriskGateway
) -> None:
    phone = house.phone("agent", called((), answers="486 Busy Here"))
    wish = new_call()
    gateway.place_call(wish)
    phone.told("ringing")
    phone.go()
    until(lambda: not channels(house))
    found = gateway.call(str(wish.leg_id))
    assert found is not None
    assert found.status == "busy"
    assert found.ended_at is not None
    gateway.place_call(wish)
    assert channels(house) == {}
    with work() as uow:
        asked_for = commands.ask(uow, "place_call", purpose="agent", to_number=CALLER)
        uow.session.flush()
        row = uow.session.get_one(CarrierCommand, (uow.org_id, asked_for))
        never = wish_of(row, "", now())
    assert look_up(gateway, replace(never, id=wish.leg_id)) == [str(wish.leg_id)]
    assert look_up(gateway, never) == []


@pytest.mark.parametrize("number", ["client:a&b", "sip:", "+86/x", "javascript:1", "+86$(x)", ""])
def test_what_is_no_number_is_refused_unasked(gateway: AsteriskGateway, number: str) -> None:
    with pytest.raises(Refused, match="no_such_address"):
        gateway.place_call(new_call(number))


def test_an_exchange_has_no_short_messages(gateway: AsteriskGateway) -> None:
    with pytest.raises(Refused, match="not_offered"):
        gateway.send_message(NewMessage(uuid4(), CALLER, HOTLINE, "你好"))


def test_what_the_exchange_does_not_know_is_none(gateway: AsteriskGateway) -> None:
    assert gateway.call(str(uuid4())) is None
    assert gateway.recording("tape-none") is None
    gateway.delete_recording("tape-none")


def test_a_wrong_password_ends_the_command(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIDAN_ASTERISK_PASSWORD", "another")
    forget_settings()
    house.dialler()
    with work() as uow:
        wish = commands.ask(
            uow, "place_call", purpose="agent", to_number="client:agent", from_number=HOTLINE
        )
    row = select(CarrierCommand).where(CarrierCommand.id == wish)

    def ended() -> bool:
        return query(lambda session: session.scalars(row).one()).state == "failed"

    until(ended)
    assert query(lambda session: session.scalars(row).one()).failure == "401"
    assert "another" not in house.exchange.log()


def test_a_wrong_password_ends_the_adapter(
    house: House, gateway: AsteriskGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_ASTERISK_PASSWORD", "another")
    forget_settings()
    with pytest.raises(WrongLogin):
        asyncio.run(Adapter(settings(), gateway).run())


def test_the_process_ends_with_words_that_help(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIDAN_ASTERISK_PASSWORD", "another")
    words = [sys.executable, "-c", "from api.cli import app; app(['asterisk'])"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "PAIDAN_ASTERISK_PASSWORD" in done.stderr
    assert "another" not in done.stdout + done.stderr


def test_held_listened_to_whispered_to_and_recorded(house: House, gateway: AsteriskGateway) -> None:
    house.dialler()
    with house.adapter():
        caller, agent = speaking(house, ("bye",), ("wait",))
        (call,) = calls()
        customer, (leg,) = call.carrier_call, legs("agent")
        gateway.hold(str(call.id), customer, on=True)
        until(lambda: is_call(stage="held"))
        gateway.hold(str(call.id), customer, on=False)
        until(lambda: is_call(stage="talking"))

        tape = Tape(str(call.id), customer, call.id)
        name = asked(lambda: gateway.record(tape, "start"))
        until(lambda: recorded(gateway, name, "in-progress"))
        asked(lambda: gateway.record(tape, "pause"))
        asked(lambda: gateway.record(tape, "resume"))
        gateway.record(tape, "stop")
        until(lambda: recorded(gateway, name, "completed"))
        gateway.delete_recording(name)
        assert gateway.recording(name) is None

        boss = house.phone("lead", called(("wait",)))
        with work() as uow:
            listener = commands.ask(
                uow,
                "place_call",
                purpose="supervisor",
                call_id=call.id,
                to_number="client:lead",
                from_number=HOTLINE,
                params={"how": "listen"},
            )
        boss.told("ringing")
        boss.go()
        boss.told("answered")
        until(lambda: bridge_of(house, str(call.id)) == {customer, str(leg.id), str(listener)})
        gateway.mode(str(call.id), str(listener), "whisper", str(leg.id))
        aside = f"aside-{listener}"
        until(lambda: bridge_of(house, aside) == {str(listener), f"spy-{listener}"})
        assert bridge_of(house, str(call.id)) == {customer, str(leg.id)}
        gateway.mode(str(call.id), str(listener), "barge", None)
        until(lambda: bridge_of(house, str(call.id)) == {customer, str(leg.id), str(listener)})
        assert bridge_of(house, aside) == set()

        for phone in (agent, boss):
            phone.go()
        caller.go()
        caller.told("bye")
        until(lambda: is_call(state="ended") and not channels(house))
    assert heard("recording", "completed")
    (call,) = calls()
    assert call.outcome == "answered"
    assert call.held_s is not None


def asked(act: Callable[[], str]) -> str:
    """What comes of it, once the exchange is ready for it."""
    found: list[str] = []

    def try_it() -> bool:
        try:
            found.append(act())
        except Busy:
            return False
        return True

    until(try_it)
    return found[0]


def recorded(gateway: AsteriskGateway, name: str, event: str) -> bool:
    found = gateway.recording(name)
    return found is not None and found.event == event


def bridge_of(house: House, name: str) -> set[str]:
    """The channels in a bridge; none where there is no such bridge."""
    answer = httpx.get(f"{house.exchange.url}/ari/bridges/{name}", auth=(USER, PASSWORD))
    return set(answer.json()["channels"]) if answer.is_success else set()
