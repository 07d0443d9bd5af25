"""What Asterisk's events tell; events.jsonl was captured from a real one (16.28)."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import now
from telephony import answering, service
from telephony.asterisk import reports
from telephony.asterisk.numbers import number_of
from telephony.asterisk.reports import CARRIER, INBOUND, OUTBOUND, Party
from telephony.rules import CARRIER_TIME, TERMINAL, CallState, decide
from tests.telephony.carrier import CALLER, HOTLINE

EVENTS = [
    json.loads(line) for line in (Path(__file__).parent / "events.jsonl").read_text().splitlines()
]
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHANNEL = "1795405604.0"
PARTY = Party(CHANNEL, INBOUND, CALLER, HOTLINE)


def event(kind: str, number: int = 0) -> dict[str, Any]:
    """A captured event of this type."""
    found: dict[str, Any] = [one for one in EVENTS if one["type"] == kind][number]
    return found


def test_a_caller_rings() -> None:
    told = reports.voice(PARTY, event("StasisStart"), AT)
    assert (told.kind, told.carrier, told.carrier_call) == ("voice", CARRIER, CHANNEL)
    assert (told.status, told.step, told.direction) == ("ringing", "answer", "inbound")
    assert (told.from_number, told.to_number) == (CALLER, HOTLINE)
    assert told.carrier_at is not None
    assert told.carrier_at.microsecond % 1000 == 0


def test_what_is_told_after_an_answer_follows_it(organisation: int) -> None:
    party = Party(f"{uuid4()}", INBOUND, CALLER, HOTLINE)
    found = answering.answer(reports.voice(party, event("StasisStart"), now()))
    assert found.script
    assert service.receive(reports.status(party, {}, now(), "in-progress")) == found.leg_id


def test_the_end_is_point_a_by_the_exchanges_time() -> None:
    over = event("ChannelDestroyed")
    told = reports.status(PARTY, over, AT, reports.over(over))
    assert told.status in TERMINAL
    call = CallState(CARRIER, CHANNEL, INBOUND, AT, "in-progress")
    (fact,) = decide(call, told)
    assert fact.payload.TYPE == "call.ended"
    assert fact.occurred_at == reports.time_of(over["timestamp"])
    assert getattr(fact.payload, "evidence", "") == CARRIER_TIME


def test_a_report_keeps_no_number_and_is_the_same_when_told_again() -> None:
    for one in EVENTS:
        told = reports.status(PARTY, one, AT, "ringing")
        again = reports.status(PARTY, one, AT + timedelta(seconds=3), "ringing")
        assert told.dedup_key == again.dedup_key
        kept = json.dumps(dict(told.params)) + told.dedup_key
        assert CALLER not in kept
        assert CALLER.removeprefix("+") not in kept


def test_who_hung_up_is_told_by_the_request() -> None:
    asked = [one for one in EVENTS if one["type"] == "ChannelHangupRequest"]
    by_itself = {one["channel"]["id"]: reports.by_itself(one) for one in asked}
    assert by_itself[CHANNEL] is True
    assert by_itself["0199-leg-1"] is False


@pytest.mark.parametrize(
    ("cause", "answered", "state"),
    [
        (16, True, "completed"),
        (16, False, "canceled"),
        (17, False, "busy"),
        (21, False, "busy"),
        (19, False, "no-answer"),
        (1, False, "failed"),
        (34, False, "failed"),
        (38, True, "completed"),
    ],
)
def test_how_a_leg_ended(cause: int, answered: bool, state: str) -> None:
    assert reports.end_state(cause, answered=answered) == state


@given(st.integers(0, 200), st.booleans())
def test_every_cause_is_an_end(cause: int, answered: bool) -> None:
    assert reports.end_state(cause, answered=answered) in TERMINAL


@given(st.text(max_size=60))
def test_what_stands_in_a_variable_is_a_party_or_none(written: str) -> None:
    found = reports.party_of(CHANNEL, written)
    assert found is None or found.channel == CHANNEL


@given(st.text(), st.text(), st.none() | st.uuids())
def test_a_party_is_read_as_it_was_written(ours: str, theirs: str, leg: UUID | None) -> None:
    party = Party(CHANNEL, OUTBOUND, ours, theirs, leg)
    assert reports.party_of(CHANNEL, party.written()) == party


@given(st.text(max_size=40))
def test_what_the_dialplan_left_behind_is_an_end_or_none(left: str) -> None:
    found = reports.found_over(CHANNEL, left, UTC)
    assert found is None or found.status in TERMINAL


def test_an_end_that_was_left_behind_has_its_time() -> None:
    found = reports.found_over(CHANNEL, "1795407218123:16:Up", UTC)
    assert found is not None
    assert found.status == "completed"
    assert found.ended_at == datetime.fromtimestamp(1795407218.123, UTC)


def test_a_recorded_conversation_is_of_its_leg() -> None:
    leg = uuid4()
    told = {"type": "RecordingFinished", "recording": {"name": f"tape-{leg}", "duration": 7}}
    whose = reports.taped(told)
    assert whose is not None
    report = reports.recording(whose, f"tape-{leg}", told, AT)
    assert (report.leg_id, report.event, report.recording_s) == (leg, "completed", 7)
    assert report.recorded == "conversation"
    assert reports.taped({"recording": {"name": "tape-../../x"}}) is None
    assert reports.taped(event("ChannelDestroyed")) is None


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("13800138000", CALLER),
        ("+8613800138000", CALLER),
        ("008613800138000", CALLER),
        ("95598", "95598"),
        ("anonymous", "anonymous"),
        ("", ""),
    ],
)
def test_numbers_as_trunks_say_them(said: str, number: str) -> None:
    assert number_of(said, "CN") == number
