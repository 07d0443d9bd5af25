"""Scripts as documents: every node, attributes that the carrier knows, addresses that are whole.

The list of attributes: twilio.com/docs/voice/twiml, each verb's own page.
"""

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidField
from core.settings import settings
from telephony import script_json
from telephony.script import (
    Enqueue,
    Gather,
    HangUp,
    Join,
    Leave,
    Node,
    Pause,
    Play,
    Record,
    Reject,
    Say,
    Script,
)
from telephony.twilio import twiml
from telephony.twilio.twiml import Turn

BASE = "https://paidan.example:8443"
LEG = UUID(int=5)
ROOM = str(UUID(int=6))
RECORDED = {
    "recordingStatusCallback",
    "recordingStatusCallbackEvent",
    "recordingStatusCallbackMethod",
}
KNOWN: dict[str, set[str]] = {
    "Response": set(),
    "Say": {"language", "loop", "voice"},
    "Play": {"digits", "loop"},
    "Pause": {"length"},
    "Gather": {
        "action", "actionOnEmptyResult", "finishOnKey", "input", "language", "method",
        "numDigits", "timeout",
    },
    "Enqueue": {"action", "maxQueueSize", "method", "waitUrl", "waitUrlMethod"},
    "Dial": {"action", "callerId", "method", "timeLimit", "timeout"},
    "Conference": RECORDED | {
        "beep", "coach", "endConferenceOnExit", "maxParticipants", "muted", "participantLabel",
        "record", "startConferenceOnEnter", "statusCallback", "statusCallbackEvent",
        "statusCallbackMethod", "trim", "waitMethod", "waitUrl",
    },
    "Record": RECORDED | {
        "action", "finishOnKey", "maxLength", "method", "playBeep", "timeout", "trim",
    },
    "Redirect": {"method"},
    "Leave": set(),
    "Reject": {"reason"},
    "Hangup": set(),
}  # fmt: skip
ADDRESSES = {"action", "waitUrl", "statusCallback", "recordingStatusCallback"}

words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
says = st.builds(Say, words, st.sampled_from(["cmn-CN", "en-US"]))
heard = says | st.builds(Play, st.just("https://x/a.mp3")) | st.builds(Pause, st.integers(1, 9))
steps = st.from_regex(r"[a-z_-]{1,12}", fullmatch=True)
nodes: st.SearchStrategy[Node] = st.one_of(
    heard,
    st.builds(Gather, steps, st.lists(heard, max_size=3).map(tuple), st.none() | st.integers(1, 9)),
    st.builds(Enqueue, steps),
    st.builds(
        Join,
        st.just(ROOM),
        st.sampled_from(["talk", "listen", "whisper", "barge"]),
        st.booleans(),
        st.booleans(),
        st.none() | st.just("CA" + "1" * 32),
    ),
    st.builds(Record, steps),
    st.just(Leave()),
    st.builds(Reject, st.sampled_from(["busy", "rejected"])),
    st.just(HangUp()),
)
scripts: st.SearchStrategy[Script] = st.lists(nodes, max_size=6).map(tuple)


@pytest.fixture(autouse=True, scope="module")
def _public_url() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAIDAN_PUBLIC_URL", BASE)
        settings.cache_clear()
        yield
    settings.cache_clear()


def misfits(document: str) -> list[str]:
    """Verbs, attributes and addresses that the carrier would not take."""
    found = []
    for verb in Xml.fromstring(document).iter():
        if verb.tag not in KNOWN:
            found.append(verb.tag)
            continue
        found += [f"{verb.tag}.{name}" for name in set(verb.attrib) - KNOWN[verb.tag]]
        told = {name: value for name, value in verb.attrib.items() if name in ADDRESSES}
        found += [f"{verb.tag} {url}" for url in told.values() if not url.startswith(BASE + "/")]
    return found


@given(scripts)
def test_any_script_is_a_document_that_the_carrier_knows(script: Script) -> None:
    document = twiml.render(script, Turn(LEG, "abc"))
    assert misfits(document) == []
    assert len(Xml.fromstring(document)) == len(script)


def test_an_attribute_that_nobody_knows_is_found() -> None:
    assert misfits('<Response><Say mood="kind">x</Say></Response>') == ["Say.mood"]
    assert misfits('<Response><Gather action="/relative"/></Response>') == ["Gather /relative"]


@given(scripts)
def test_a_script_is_kept_and_comes_back_the_same(script: Script) -> None:
    assert script_json.from_json(script_json.to_json(script)) == script
    assert twiml.decoded(twiml.encoded(script)) == script


@given(st.text(max_size=60))
def test_any_word_of_an_address_is_read_or_refused_clearly(word: str) -> None:
    with suppress(InvalidField):
        twiml.decoded(word)


def test_keys_go_to_their_step_with_the_turn() -> None:
    gather = Xml.fromstring(twiml.render((Gather("menu", ()),), Turn(LEG, "abc")))[0]
    action = urlsplit(gather.get("action") or "")
    assert action.path == f"/telephony/twilio/leg/{LEG}/menu"
    assert parse_qs(action.query) == {"turn": ["abc"]}
    assert gather.get("actionOnEmptyResult") == "true", "silence is an answer too"


@pytest.mark.parametrize(
    ("mode", "muted", "coach"),
    [("talk", "false", None), ("listen", "true", None), ("whisper", "false", "CA1")],
)
def test_how_a_supervisor_takes_part(mode: str, muted: str, coach: str | None) -> None:
    join = Join(ROOM, mode, coach=coach)  # type: ignore[arg-type]
    room = Xml.fromstring(twiml.render((join,), Turn(LEG)))[0][0]
    assert (room.get("muted"), room.get("coach")) == (muted, coach)
    assert room.get("participantLabel") == str(LEG)
