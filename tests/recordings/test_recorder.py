"""Conversations are recorded by consent and policy, paused, ended and erased; with real rows."""

import json
import threading
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from core.errors import InvalidField
from core.settings import settings
from telephony.gateway import RecordingFound
from telephony.recordings import policy as policy_module
from telephony.recordings import repository
from telephony.recordings.lost import LostRecordings
from telephony.recordings.models import Recording
from telephony.recordings.policy import policy, read
from telephony.recordings.service import NeverRecorded, NoConsent, NotRecorded
from telephony.report_json import from_json, to_json
from telephony.routing import acts, callbacks, legs
from telephony.script import Gather, Say, Script
from tests.recordings.studio import Studio
from tests.switchboard.hall import HOTLINE

TEXT = (resources.files("telephony.recordings") / "recordings.toml").read_text(encoding="utf-8")
SID = "RE" + "a" * 32


@pytest.fixture
def studio(organisation: int) -> Iterator[Studio]:
    """After each test the facts tell what the rows say."""
    found = Studio(organisation)
    yield found
    assert found.findings() == []


@pytest.fixture
def rules() -> Iterator[Callable[[str], None]]:
    """Lets all queues be recorded by this rule."""
    own = settings().data_dir / "recordings.toml"

    def write(rule: str) -> None:
        own.write_text(TEXT.replace('"always"', f'"{rule}"'), encoding="utf-8")
        policy_module.document.cache_clear()

    yield write
    own.unlink(missing_ok=True)
    policy_module.document.cache_clear()


@pytest.fixture
def flow() -> Iterator[Callable[[str], None]]:
    """Lets the flow get the consent so."""
    own = settings().data_dir / "flows" / "hotline.toml"

    def write(consent: str) -> None:
        text = (resources.files("telephony") / "flows" / "hotline.toml").read_text("utf-8")
        own.parent.mkdir(exist_ok=True)
        own.write_text(text.replace('"announce"', f'"{consent}"', 2), encoding="utf-8")

    yield write
    own.unlink(missing_ok=True)


def does(studio: Studio, agent: UUID, call_id: UUID, act: str) -> None:
    with studio.work(agent) as uow:
        acts.record(uow, call_id, act)  # type: ignore[arg-type]


def test_whoever_was_told_is_recorded_once(studio: Studio) -> None:
    _, call_id = studio.spoken()
    assert studio.records() > 0
    assert studio.records() == 0
    assert studio.acts(call_id) == ["start"]
    (command,) = studio.asked("record", call_id)
    assert (command.leg_id, command.subject_id) == (call_id, studio.tape(call_id).id)
    studio.answers(ref=SID)
    studio.records()
    tape = studio.tape(call_id)
    assert (tape.state, tape.basis, tape.carrier_recording) == ("in-progress", "announced", SID)
    studio.tells(call_id, SID, "in-progress")
    studio.tells(call_id, SID, "in-progress")
    studio.ends(call_id)
    studio.tells(call_id, SID, "completed", recording_s=61, recording_at=studio.clock)
    assert studio.records() == 0
    tape = studio.tape(call_id)
    assert (tape.state, tape.seconds) == ("ready", 61)
    assert studio.facts(tape.id) == ["asked", "began", "ended"]
    assert studio.acts(call_id) == ["start"]


@pytest.mark.parametrize("basis", [None, "refused"])
def test_without_a_consent_nothing_is_recorded(studio: Studio, basis: str | None) -> None:
    agent, call_id = studio.spoken(basis)
    assert studio.records() == 0
    with pytest.raises(NoConsent):
        does(studio, agent, call_id, "start")
    assert studio.tapes(call_id) == []


def test_the_last_word_of_the_caller_counts(studio: Studio) -> None:
    _, call_id = studio.spoken("agreed")
    studio.later(1)
    studio.consents(call_id, "refused")
    assert studio.records() == 0
    studio.later(1)
    studio.consents(call_id, "agreed")
    studio.records()
    assert studio.tape(call_id).basis == "agreed"


def test_a_queue_is_recorded_as_the_policy_says(
    studio: Studio, rules: Callable[[str], None]
) -> None:
    rules("on_demand")
    agent, call_id = studio.spoken()
    assert studio.records() == 0, "the agent has not asked for it"
    does(studio, agent, call_id, "start")
    assert studio.acts(call_id) == ["start"]
    rules("never")
    other_agent, other = studio.spoken()
    assert studio.records() == 0
    with pytest.raises(NeverRecorded):
        does(studio, other_agent, other, "start")


def test_a_pause_is_asked_for_at_once_and_ends_by_itself(studio: Studio) -> None:
    agent, call_id = studio.spoken()
    studio.records()
    studio.answers(ref=SID)
    studio.records()
    does(studio, agent, call_id, "pause")
    assert studio.acts(call_id) == ["start", "pause"]
    tape = studio.tape(call_id)
    assert (tape.state, tape.wanted) == ("in-progress", "paused"), "not before the carrier says so"
    studio.answers()
    studio.records()
    tape = studio.tape(call_id)
    assert (tape.state, tape.wanted) == ("paused", "paused")
    studio.later(policy().pause_s - 1)
    assert studio.records() == 0
    studio.later(2)
    assert studio.records() > 0
    studio.answers()
    studio.records()
    assert studio.tape(call_id).state == "in-progress"
    does(studio, agent, call_id, "stop")
    studio.answers()
    studio.tells(call_id, SID, "completed", recording_s=9)
    assert studio.acts(call_id) == ["start", "pause", "resume", "stop"]
    tape = studio.tape(call_id)
    assert (tape.state, tape.seconds) == ("ready", 9)
    assert studio.facts(tape.id) == ["asked", "began", "paused", "resumed", "ended"]
    with pytest.raises(NotRecorded):
        does(studio, agent, call_id, "pause")
    assert studio.records() == 0, "what an agent has ended is not begun again by itself"


def test_a_pause_before_the_carrier_has_begun_follows_the_beginning(studio: Studio) -> None:
    agent, call_id = studio.spoken()
    studio.records()
    does(studio, agent, call_id, "pause")
    assert studio.acts(call_id) == ["start"]
    studio.answers(ref=SID)
    studio.records()
    assert studio.acts(call_id) == ["start", "pause"]


def test_a_pause_that_failed_is_not_shown_as_one(studio: Studio) -> None:
    agent, call_id = studio.spoken()
    studio.records()
    studio.answers(ref=SID)
    studio.records()
    does(studio, agent, call_id, "pause")
    studio.answers("failed", code="20404")
    studio.records()
    tape = studio.tape(call_id)
    assert (tape.state, tape.wanted, tape.code) == ("in-progress", "on", "20404")


def test_the_carriers_word_counts_more_than_a_command_that_failed(studio: Studio) -> None:
    _, call_id = studio.spoken()
    studio.records()
    studio.answers("failed", code="unsure")
    studio.records()
    assert studio.tape(call_id).state == "failed"
    studio.tells(call_id, SID, "completed", recording_s=5)
    tape = studio.tape(call_id)
    assert (tape.state, tape.carrier_recording, tape.seconds) == ("ready", SID, 5)


def test_reports_before_the_answer_to_the_command(studio: Studio) -> None:
    _, call_id = studio.spoken()
    studio.records()
    studio.tells(call_id, SID, "completed", recording_s=5)
    studio.tells(call_id, SID, "in-progress")
    studio.answers(ref=SID)
    studio.records()
    tape = studio.tape(call_id)
    assert (tape.state, tape.seconds) == ("ready", 5)
    assert studio.facts(tape.id) == ["asked", "ended"]


def test_a_report_that_meets_the_answer_to_the_command(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder writes the carrier's id after the report has looked for it."""
    _, call_id = studio.spoken()
    studio.records()
    studio.answers(ref=SID)
    looked = repository.of_carrier

    def meanwhile(session: Session, carrier: str, recording: str) -> Recording | None:
        found = looked(session, carrier, recording)
        monkeypatch.setattr(repository, "of_carrier", looked)
        studio.records()
        return found

    monkeypatch.setattr(repository, "of_carrier", meanwhile)
    studio.tells(call_id, SID, "in-progress")
    tape = studio.tape(call_id)
    assert (tape.state, tape.carrier_recording) == ("in-progress", SID)


def test_a_message_that_a_caller_leaves_is_a_recording(studio: Studio) -> None:
    call_id = studio.caller()
    studio.tells(call_id, SID, "completed", recording_s=12, recorded="message")
    tape = studio.tape(call_id)
    assert (tape.kind, tape.basis, tape.state, tape.seconds) == ("message", "left", "ready", 12)
    assert studio.records() == 0


def test_what_is_past_its_time_is_erased_at_the_carrier_first(studio: Studio) -> None:
    tape = studio.recorded()
    days = policy().days["conversation"]
    studio.days(days - 1)
    assert studio.records() == 0
    studio.days(2)
    studio.records()
    (command,) = studio.waiting()
    assert (command.kind, command.params) == (
        "delete_recording",
        {"recording": tape.carrier_recording},
    )
    assert studio.tape(tape.call_id).state == "expired"
    studio.answers("failed", code="20003")
    studio.records()
    assert (studio.tape(tape.call_id).state, studio.waiting()) == ("expired", [])
    studio.later(3601)
    studio.records()
    studio.answers()
    studio.records()
    gone = studio.tape(tape.call_id)
    assert (gone.state, gone.gone_why, gone.gone_at) == ("deleted", "retention", studio.clock)
    assert studio.facts(tape.id) == ["asked", "began", "ended", "expired", "deleted"]
    studio.tells(tape.call_id, tape.carrier_recording or "", "in-progress")
    assert studio.tape(tape.call_id).state == "deleted"


def called_back(studio: Studio) -> tuple[UUID, UUID, Script]:
    """A customer who asked for it is called back: (call, the customer's leg, what is heard)."""
    agent = studio.agent()
    with studio.work() as uow:
        callbacks.ask(
            uow,
            number="+8613800138000",
            hotline=HOTLINE,
            reason="asked",
            queue="fault",
            since=uow.now,
            language="en-US",
        )
    studio.turn()
    offer = studio.offer_of(agent)
    studio.asks(offer.leg_id)
    studio.joins(offer.leg_id, offer.call_id)
    (row,) = studio.callbacks()
    assert row.leg_id is not None
    return offer.call_id, row.leg_id, studio.asks(row.leg_id)


def test_whom_we_call_back_hears_of_the_recording_first(studio: Studio) -> None:
    call_id, leg_id, script = called_back(studio)
    assert script == (
        Say("This call is recorded to assure the quality of service.", "en-US"),
        *legs.customers(call_id),
    )
    studio.joins(leg_id, call_id)
    studio.records()
    (command,) = studio.asked("record", call_id)
    assert (command.leg_id, studio.tape(call_id).basis) == (leg_id, "announced")


@pytest.mark.parametrize(("key", "basis"), [("1", "agreed"), ("2", "refused"), ("", "refused")])
def test_whom_we_call_back_is_asked_where_the_flow_says_so(
    studio: Studio, flow: Callable[[str], None], key: str, basis: str
) -> None:
    flow("ask")
    call_id, leg_id, script = called_back(studio)
    (question,) = script
    assert isinstance(question, Gather)
    assert question.step == "consent"
    heard = studio.asks(leg_id, question.step, key)
    assert heard[-1:] == legs.customers(call_id)
    assert len(heard) == (1 if basis == "agreed" else 2)
    studio.joins(leg_id, call_id)
    studio.records()
    assert [one.basis for one in studio.tapes(call_id)] == ["agreed"] * (basis == "agreed")


def test_what_is_wrong_with_a_policy_is_named() -> None:
    for old, new, place in (
        ("pause_s = 120", "pause_s = -1", "pause_s"),
        ('default = "always"', 'default = "perhaps"', "record.default"),
        ('default = "always"', 'hazard = "always"', "record.default"),
        ("message = 90", "", "days.message"),
        ("conversation = 180", "conversation = 0", "days.conversation"),
        ('code = "quality"', 'code = "place"', "reason.place"),
        ("pause_s = 120", "pause_s = ", ""),
    ):
        with pytest.raises(InvalidField) as caught:
            read(TEXT.replace(old, new))
        assert place in caught.value.errors[0].field


class Shelf:
    """What the carrier has; it stands for the carrier alone."""

    def __init__(self, found: RecordingFound | None) -> None:
        self.found = found
        self.asked: list[str] = []

    def recording(self, recording: str) -> RecordingFound | None:
        self.asked.append(recording)
        return self.found


@pytest.mark.parametrize(
    ("found", "state", "seconds"),
    [
        (RecordingFound("completed", 42), "ready", 42),
        (RecordingFound("absent"), "absent", None),
        (None, "failed", None),
        (RecordingFound("in-progress"), "in-progress", None),
    ],
)
def test_an_end_that_was_never_told_is_asked_for(
    studio: Studio, found: RecordingFound | None, state: str, seconds: int | None
) -> None:
    _, call_id = studio.spoken()
    studio.records()
    studio.answers(ref=SID)
    studio.records()
    shelf: Any = Shelf(found)
    lost = LostRecordings(shelf, threading.Event())
    lost.turn(studio.clock)
    assert shelf.asked == [], "they still speak"
    studio.ends(call_id)
    lost.turn(studio.clock)
    assert shelf.asked == [], "it may be told any moment"
    studio.later(settings().lost_call_seconds + 1)
    assert lost.turn(studio.clock) == (state != "in-progress")
    tape = studio.tape(call_id)
    assert (tape.state, tape.seconds, shelf.asked) == (state, seconds, [SID])


def test_a_report_that_waits_to_be_told_loses_nothing(studio: Studio) -> None:
    event = studio.event(
        "recording", "CA1", "", recording=SID, recording_at=studio.clock, recorded="message"
    )
    assert from_json(json.loads(json.dumps(to_json(event)))) == event
