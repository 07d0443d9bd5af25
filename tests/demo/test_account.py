"""The demo city's account with its own carrier: where it is, who is at it, what callers press."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.demo import account
from api.demo.city import make_city
from api.demo.plan import calls
from api.demo.telephones import keys_of
from core.settings import Settings
from telephony.simulator import scenario
from telephony.simulator.phones import Phones

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def own(**more: Any) -> Settings:
    return Settings(demo=True, **{"host": "127.0.0.1", "port": 8700, **more})


def test_a_carrier_of_one_s_own_is_left_alone() -> None:
    assert account.settings_of(own(twilio_account_sid="AC1"), "token") == {}
    assert account.settings_of(own(twilio_auth_token="token"), "token") == {}
    assert account.settings_of(own(asterisk_url="http://127.0.0.1:8088"), "token") == {}
    assert account.settings_of(own(host="192.0.2.7"), "token") == {}
    found = account.settings_of(own(demo_carrier_port=4017), "token")
    assert found["PAIDAN_TWILIO_API_URL"] == "http://127.0.0.1:4017"
    assert found["PAIDAN_DEMO_CARRIER_PORT"] == "4017"


def test_the_scenario_is_one_that_the_carrier_reads(tmp_path: Path) -> None:
    here = own(data_dir=tmp_path, public_url="https://paidan.example")
    account.write(here, "+8616400095598")
    found = scenario.load(tmp_path / account.FILE, 1)
    (number,) = found.numbers
    assert number["voice_url"] == "https://paidan.example/telephony/twilio/voice"
    phones = Phones(1)
    for one in found.phones:
        phones.add(one)
    assert phones.of("+8616400200001").talk_s is None, "agents hang up for nobody"
    assert phones.of("+8616400100001").keys == ("1",), "who is on duty accepts"
    numbers = {one.phone for one in make_city(1).customers}
    unreached = [one for one in numbers if phones.of(one).sms == "undelivered"]
    assert 0.01 < len(unreached) / len(numbers) < 0.06
    assert all(phones.of(one).talk_s for one in numbers)


def test_callers_press_what_they_call_for() -> None:
    plan = list(islice(calls(make_city(1), "7", START, ZoneInfo("Asia/Shanghai")), 400))
    pressed = {call.key: keys_of("7", call) for call in plan}
    assert pressed == {call.key: keys_of("7", call) for call in plan}
    for call in plan:
        matter = "2" if call.fault is None else "3" if call.fault.urgency >= 3 else "1"
        assert [key for key in pressed[call.key] if key not in ("9", "")][1] == matter
    kinds = {tuple(keys) for keys in pressed.values()}
    assert {("1", "1"), ("1", "9", "1"), ("1", "1", "2")} <= kinds
