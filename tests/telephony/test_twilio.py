"""Signature, parameters and answers of the carrier's webhooks."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from core.errors import BadSignature, InvalidField, Unavailable
from core.settings import settings
from telephony import rules, welcome
from telephony.script import HangUp, Script, Step
from telephony.twilio import reports, twiml, webhooks
from telephony.twilio.kept import KEPT
from tests.telephony.carrier import ACCOUNT, TOKEN, InboundCall, Webhook, sign

BASE = "https://paidan.example:8443"
NOW = datetime(2024, 7, 1, 8, 30, tzinfo=UTC)
CALL = InboundCall(7, NOW - timedelta(minutes=3))
URL = BASE + "/telephony/twilio/status?a=1&b=%E6%B4%BE"


@pytest.fixture(autouse=True)
def _carrier_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("PAIDAN_PUBLIC_URL", BASE + "/")
    settings.cache_clear()
    yield
    settings.cache_clear()


def authentic(webhook: Webhook, base_url: str = BASE) -> rules.CarrierEvent:
    signature = webhook.headers(base_url)["X-Twilio-Signature"]
    form = webhooks.authentic_form(webhook.path, webhook.body, signature)
    return reports.parse("status", form, NOW)


def verified(url: str, webhook: Webhook, signature: str | None, token: str = TOKEN) -> None:
    webhooks.verify(url, webhooks.form_of(webhook.body), signature, token)


words = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=12)


@given(st.lists(st.tuples(words, words), max_size=8, unique_by=lambda pair: pair[0]))
def test_the_two_signers_agree(pairs: list[tuple[str, str]]) -> None:
    expected = RequestValidator(TOKEN).compute_signature(URL, dict(pairs))
    assert sign(URL, pairs, TOKEN) == expected
    verified(URL, Webhook("", tuple(pairs)), expected)


SPOILED: dict[str, Callable[[Webhook], tuple[str, Webhook, str]]] = {
    "another value": lambda hook: (URL, hook.with_(CallStatus="busy"), TOKEN),
    "a parameter more": lambda hook: (URL, hook.with_(Digits="1"), TOKEN),
    "a blank parameter less": lambda hook: (URL, hook.without("FromCity"), TOKEN),
    "another token": lambda hook: (URL, hook, TOKEN[::-1]),
    "reordered query": lambda hook: (
        URL.replace("a=1&b=%E6%B4%BE", "b=%E6%B4%BE&a=1"),
        hook,
        TOKEN,
    ),
    "decoded escapes": lambda hook: (URL.replace("%E6%B4%BE", "派"), hook, TOKEN),
    "added slash": lambda hook: (URL.replace("status?", "status/?"), hook, TOKEN),
    "another scheme": lambda hook: (URL.replace("https:", "http:"), hook, TOKEN),
    "another host": lambda hook: (URL.replace("paidan.", "evil."), hook, TOKEN),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_request_is_refused(what: str) -> None:
    hook = CALL.completed()
    signature = sign(URL, hook.params, TOKEN)
    verified(URL, hook, signature)
    url, spoiled, token = SPOILED[what](hook)
    assert (url, spoiled, token) != (URL, hook, TOKEN)
    with pytest.raises(BadSignature):
        verified(url, spoiled, signature, token)


@pytest.mark.parametrize("signature", [None, "", "x", "签名", "=" * 28])
def test_a_missing_or_odd_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(BadSignature):
        verified(URL, CALL.completed(), signature)


def test_the_address_is_the_configured_one() -> None:
    assert authentic(CALL.completed()).carrier_at == CALL.ended_at
    with pytest.raises(BadSignature):
        authentic(CALL.completed(), base_url="http://127.0.0.1:8700")


def test_without_a_token_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIDAN_TWILIO_AUTH_TOKEN", "")
    settings.cache_clear()
    with pytest.raises(Unavailable):
        authentic(CALL.completed())


def test_another_account_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIDAN_TWILIO_ACCOUNT_SID", ACCOUNT)
    settings.cache_clear()
    authentic(CALL.completed())
    with pytest.raises(InvalidField, match="AccountSid"):
        authentic(CALL.completed().with_(AccountSid="AC" + "b2" * 16))


WRONG = [
    ("CallSid", "CA1"),
    ("CallSid", CALL.sid + "\n"),
    ("AccountSid", "nobody"),
    ("CallStatus", "ended"),
    ("Direction", "up"),
    ("SequenceNumber", "-1"),
    ("SequenceNumber", "٣"),
    ("SequenceNumber", "9" * 30),
    ("Timestamp", "yesterday"),
    ("Timestamp", "Fri, 31 Dec 9999 23:59:59 -1400"),
    ("Timestamp", "Mon, 99 Jul 2024 08:00:00 +0000"),
    ("CallDuration", "<b>"),
    ("To", ""),
    ("To", "9" * 500),
    ("To", "../flows/hotline"),
    ("To", "hotline"),
    ("To", "+86.1"),
    ("To", "٣"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidField) as caught:
        authentic(CALL.completed().with_(**{name: value}))
    assert [error.field for error in caught.value.errors] == [f"body.{name}"]


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", "派".encode(), b"a=%FF", b"a=%00", b"&".join([b"a=1"] * 300)]
)
def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidField, match="body"):
        webhooks.form_of(body)


def test_a_repeated_parameter_is_refused() -> None:
    hook = CALL.completed()
    twice = Webhook(hook.path, (*hook.params, ("CallStatus", "busy")))
    with pytest.raises(InvalidField, match="more than once"):
        authentic(twice)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_clearly(body: bytes) -> None:
    with suppress(InvalidField):
        reports.parse("status", webhooks.form_of(body), NOW)


@given(
    st.sampled_from(sorted(CALL.completed().names | CALL.left_queue().names)),
    words,
    st.sampled_from(["status", "queue"]),
)
def test_any_value_is_taken_or_refused_clearly(name: str, value: str, kind: rules.Kind) -> None:
    hook = CALL.completed() if kind == "status" else CALL.left_queue()
    with suppress(InvalidField):
        reports.parse(kind, webhooks.form_of(hook.with_(**{name: value}).body), NOW)


def test_times_with_and_without_zone() -> None:
    told = {
        "Mon, 01 Jul 2024 16:28:03 +0800": CALL.ended_at,
        "Mon, 01 Jul 2024 08:28:03 -0000": CALL.ended_at,
        "Mon, 01 Jul 2024 08:28:03 GMT": CALL.ended_at,
        "": None,
    }
    found = {at: authentic(CALL.completed().with_(Timestamp=at)).carrier_at for at in told}
    assert found == told


def test_a_withheld_number_is_taken() -> None:
    assert authentic(CALL.completed().with_(From="")).from_number == ""


def test_the_log_keeps_no_personal_data() -> None:
    call = InboundCall(8, NOW, extra={"CallerName": "王芳", "ForwardedFrom": "+8613900139000"})
    kept = authentic(call.completed()).params
    assert set(kept) <= set(KEPT)
    assert not {call.from_number, call.to_number, "王芳", "+8613900139000"} & set(kept.values())


def test_repeated_deliveries_share_a_key_and_others_do_not() -> None:
    hooks: list[tuple[rules.Kind, Webhook]] = [
        ("voice", CALL.voice()),
        ("status", CALL.ringing()),
        ("status", CALL.status("ringing", 5, NOW)),
        ("status", CALL.completed()),
        ("queue", CALL.left_queue()),
        ("queue", CALL.left_queue("hangup")),
    ]
    keys = [
        reports.parse(kind, webhooks.form_of(hook.body), NOW + timedelta(seconds=n)).dedup_key
        for n in range(2)
        for kind, hook in hooks
    ]
    assert len(set(keys)) == 6


def documented(shared: Path, name: str) -> tuple[set[str], set[str]]:
    """(always sent, sometimes sent) of a webhook, by the carrier's documentation."""
    entries = json.loads((shared / "twilio" / "webhook_params.json").read_text())
    entry: dict[str, Any] = entries[name]
    required, extra = (
        documented(shared, entry["includes"]) if "includes" in entry else (set(), set())
    )
    optional = [*entry.get("extra", ()), *entry.get("completed_only", ())]
    return required | set(entry["required"]), extra | set(optional)


SHAPES = [
    ("voice.request", "voice", CALL.voice()),
    ("voice.status", "status", CALL.ringing()),
    ("voice.status", "status", CALL.completed()),
    ("enqueue.action", "queue", CALL.left_queue()),
]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "kind", "hook"), SHAPES)
def test_shape_as_documented(shared: Path, name: str, kind: rules.Kind, hook: Webhook) -> None:
    """Our carrier sends what is documented, and each documented name is asked for."""
    required, extra = documented(shared, name)
    assert required <= hook.names <= required | extra
    for missing in sorted(required - {"Timestamp", "CallbackSource"}):
        with pytest.raises(InvalidField) as caught:
            reports.parse(kind, webhooks.form_of(hook.without(missing).body), NOW)
        assert [error.field for error in caught.value.errors] == [f"body.{missing}"]


@pytest.mark.shared
def test_every_documented_value_is_known(shared: Path) -> None:
    entries = json.loads((shared / "twilio" / "webhook_params.json").read_text())
    assert set(entries["voice.request"]["CallStatus"]) <= set(rules.STATUSES)
    assert tuple(entries["voice.request"]["Direction"]) == rules.DIRECTIONS
    assert tuple(entries["enqueue.action"]["QueueResult"]) == reports.QUEUE_RESULTS


@pytest.mark.shared
def test_answers_use_documented_attributes(shared: Path) -> None:
    verbs = json.loads((shared / "twilio" / "twiml_voice_attributes.json").read_text())
    verbs["Hangup"] = []
    for document in documents():
        for verb in Xml.fromstring(document):
            assert set(verb.attrib) <= set(verbs[verb.tag])


def heard(step: str, **more: str) -> Script:
    return welcome.caller(None, None, Step(step, more=more))


def documents() -> Iterator[str]:
    yield twiml.render(heard("answer"), twiml.Turn(None))
    for result in reports.QUEUE_RESULTS:
        yield twiml.render(heard("queue", QueueResult=result), twiml.Turn(None))


def test_a_caller_is_greeted_in_both_languages_and_queued() -> None:
    answer = Xml.fromstring(twiml.render(heard("answer"), twiml.Turn(None)))
    assert [verb.tag for verb in answer] == ["Say", "Say", "Enqueue"]
    assert [verb.get("language") for verb in answer][:2] == ["cmn-CN", "en-US"]
    assert answer[2].get("action") == BASE + "/telephony/twilio/queue"
    assert heard("queue", QueueResult="bridged") == (HangUp(),)
    assert len(heard("queue", QueueResult="queue-full")) == 3


def test_a_recording_that_begins_has_no_length() -> None:
    tape = Webhook(
        "/telephony/twilio/recording",
        (
            ("AccountSid", ACCOUNT),
            ("RecordingSid", "RE" + "1" * 32),
            ("RecordingStatus", "in-progress"),
            ("RecordingDuration", "-1"),
        ),
    )
    assert reports.parse("recording", webhooks.form_of(tape.body), NOW).recording_s is None
    over = tape.with_(RecordingStatus="completed", RecordingDuration="12")
    assert reports.parse("recording", webhooks.form_of(over.body), NOW).recording_s == 12
