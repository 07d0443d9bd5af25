"""Recordings at the carrier, by its own library against the simulator."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from core.settings import settings
from telephony.gateway import Refused, Tape
from telephony.twilio.client import TwilioGateway, gateway_of
from tests.simulator.fixtures import CarrierSimulator, carrier_simulator

__all__ = ["carrier_simulator"]
DOCUMENT = "<Response><Pause length='60'/></Response>"


@pytest.fixture
def gateway(
    carrier_simulator: CarrierSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwilioGateway]:
    monkeypatch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", carrier_simulator.account)
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", carrier_simulator.token)
    monkeypatch.setenv("PAIDAN_TWILIO_API_URL", carrier_simulator.url)
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    made = gateway_of(settings())
    assert made is not None
    yield made
    settings.cache_clear()


@pytest.fixture
def tape(carrier_simulator: CarrierSimulator) -> Tape:
    """Somebody who is on the line."""
    call = carrier_simulator.client().calls.create(
        to="+861088880001", from_="+861095598", twiml=DOCUMENT
    )
    carrier_simulator.advance(20)
    assert carrier_simulator.call(call.sid)["status"] == "in-progress"
    return Tape("", str(call.sid), UUID(int=1))


def states(carrier: CarrierSimulator) -> list[str]:
    return [one["status"] for one in carrier.state()["recordings"]]


def test_what_is_recorded_already_is_not_begun_again(
    gateway: TwilioGateway, carrier_simulator: CarrierSimulator, tape: Tape
) -> None:
    sid = gateway.record(tape, "start")
    assert gateway.record(tape, "start") == sid
    assert states(carrier_simulator) == ["in-progress"]
    assert gateway.record(tape, "pause") == ""
    assert gateway.record(tape, "start") == sid, "a paused one is there too"
    assert states(carrier_simulator) == ["paused"]
    carrier_simulator.advance(5)
    gateway.record(tape, "resume")
    carrier_simulator.advance(7)
    found = gateway.recording(sid)
    assert found is not None
    assert (found.event, found.seconds) == ("in-progress", None)
    gateway.record(tape, "stop")
    found = gateway.recording(sid)
    assert found is not None
    assert (found.event, found.seconds) == ("completed", 7), "the pause is not in it"
    assert found.begun_at is not None
    assert gateway.record(tape, "start") != sid, "a new one"


def test_erased_is_erased_and_twice_is_no_error(
    gateway: TwilioGateway, carrier_simulator: CarrierSimulator, tape: Tape
) -> None:
    sid = gateway.record(tape, "start")
    with pytest.raises(Refused):
        gateway.delete_recording(sid)
    gateway.record(tape, "stop")
    gateway.delete_recording(sid)
    gateway.delete_recording(sid)
    assert gateway.recording(sid) is None
    gateway.hang_up(tape.carrier_call)
    with pytest.raises(Refused):
        gateway.record(tape, "start")
    assert states(carrier_simulator) == ["deleted"]
