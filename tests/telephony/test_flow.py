"""The hotline's flow: what callers hear, whatever they press, and what is wrong with a document."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.callers import KnownCaller, Outage
from core.settings import settings
from telephony.flow import Answer, Situation, answer
from telephony.flow_document import FlowInvalid, parse_flow
from telephony.flow_files import _read, flow_of, shipped
from telephony.script import Enqueue, Gather, HangUp, Leave, Node, Pause, Record, Say, Script, Step

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY_NOON = datetime(2024, 7, 1, 4, 0, tzinfo=UTC)
NOW = Situation(MONDAY_NOON, ZONE)
TEXT = (resources.files("telephony") / "flows" / "hotline.toml").read_text(encoding="utf-8")
FLOW = shipped()
DAYS = '[[open]]\ndays = [1, 2, 3, 4, 5]\nfrom = "08:00"\nto = "20:00"\nholidays = ["2024-07-02"]\n'
CLOSING = parse_flow(TEXT.replace("[importance]", f"{DAYS}[importance]"), "closing.toml")
NIGHT = replace(NOW, now=MONDAY_NOON + timedelta(hours=12))


def said(script: Script) -> str:
    """All words of a script, those of its questions included."""
    found = []
    for node in script:
        if isinstance(node, Say):
            found.append(node.text)
        elif isinstance(node, Gather):
            found += [one.text for one in node.prompts if isinstance(one, Say)]
    return " ".join(found)


def gather(found: Answer) -> Gather:
    [node] = [one for one in found.script if isinstance(one, Gather)]
    return node


def play(keys: str, now: Situation = NOW, flow: object = FLOW) -> list[Answer]:
    """A caller who presses these keys (`.`: none) as long as there is a question."""
    found = [answer(flow, Step("answer"), now)]  # type: ignore[arg-type]
    for key in keys:
        step = Step(gather(found[-1]).step, "" if key == "." else key)
        found.append(answer(flow, step, now))  # type: ignore[arg-type]
    return found


def queue_of(found: Answer) -> str:
    [node] = [one for one in found.script if isinstance(one, Enqueue)]
    [decision] = [one for one in found.decided if one.word == "enqueue"]
    assert decision.queue == node.queue
    return node.queue


def test_the_caller_hears_who_we_are_and_chooses_a_language() -> None:
    [hello] = play("")
    assert "录音" in said(hello.script)
    assert "recorded" in said(hello.script)
    assert [(one.word, one.basis) for one in hello.decided] == [
        ("greeted", ""),
        ("consent", "announced"),
    ]
    assert "按 1" in said(play("1")[-1].script)
    assert "press 1" in said(play("2")[-1].script)


@pytest.mark.parametrize(
    ("keys", "queue", "language"),
    [
        ("11", "fault", "cmn-CN"),
        ("22", "enquiry", "en-US"),
        ("23", "hazard", "en-US"),
        ("2...", "fault", "en-US"),
        ("...9#.", "fault", "cmn-CN"),
    ],
)
def test_keys_lead_to_queues(keys: str, queue: str, language: str) -> None:
    last = play(keys)[-1]
    assert queue_of(last) == queue
    assert last.decided[-1].language == language


def test_a_wrong_key_is_told_apart_from_none() -> None:
    assert "no such choice" in said(play("29")[-1].script)
    assert "did not receive" in said(play("2.")[-1].script)


@given(st.text("0123456789*#.", max_size=12))
def test_every_caller_gets_somewhere_in_a_few_questions(keys: str) -> None:
    found = [answer(FLOW, Step("answer"), NOW)]
    for key in keys + "." * (2 * FLOW.tries):
        if not any(isinstance(one, Gather) for one in found[-1].script):
            break
        found.append(answer(FLOW, Step(gather(found[-1]).step, key.strip(".")), NOW))
    assert isinstance(found[-1].script[-1], Enqueue)
    assert len(found) <= 2 * FLOW.tries + 1


def test_an_important_customer_waits_ahead() -> None:
    special = replace(NOW, caller=KnownCaller("special"))
    assert play("11", special)[-1].decided[0].priority == 6
    assert play("11")[-1].decided[0].priority == 2


@pytest.mark.parametrize(("key", "queue"), [("1", "hazard"), (".", "fault"), ("7", "fault")])
def test_a_known_outage_is_told_first(key: str, queue: str) -> None:
    crew_at = MONDAY_NOON + timedelta(minutes=25)
    known = replace(NOW, caller=KnownCaller(outage=Outage(3, crew_at)))
    told = play("21", known)[-1]
    assert "We know of a fault" in said(told.script)
    assert "12:25" in said(told.script)
    assert queue_of(play("21" + key, known)[-1]) == queue
    assert "We know" not in said(play("22", known)[-1].script), "enquiries are not about it"
    late = replace(known, caller=KnownCaller(outage=Outage(3, MONDAY_NOON - timedelta(minutes=1))))
    assert "expected there" not in said(play("21", late)[-1].script)


def test_who_was_told_of_the_outage_may_be_called_back() -> None:
    known = replace(NOW, caller=KnownCaller(outage=Outage(1)))
    last = play("212", known)[-1]
    assert [one.word for one in last.decided] == ["callback"]
    assert isinstance(last.script[-1], HangUp)


def test_outside_the_hours_there_are_hazards_call_backs_and_messages() -> None:
    assert [one.word for one in play("", NIGHT, CLOSING)[0].decided] == [
        "greeted",
        "consent",
        "closed",
    ]
    assert "closed" in said(play("2", NIGHT, CLOSING)[-1].script)
    assert queue_of(play("23", NIGHT, CLOSING)[-1]) == "hazard"
    assert [one.word for one in play("22", NIGHT, CLOSING)[-1].decided] == ["callback"]
    message = play("25", NIGHT, CLOSING)[-1].script[-1]
    assert isinstance(message, Record)
    done = answer(CLOSING, Step(message.step, "#"), NIGHT)
    assert [one.word for one in done.decided] == ["message"]


def test_what_there_is_instead_of_an_agent_is_said_again_for_want_of_a_key() -> None:
    *_, first, second, third, end = play("2.8.", NIGHT, CLOSING)
    for told, because in ((second, "did not receive"), (third, "no such choice")):
        assert said(told.script).startswith(("We did", "There is"))
        assert because in said(told.script)
        assert said(first.script) in said(told.script)
        assert told.decided == ()
    assert said(end.script) == "Goodbye."
    assert isinstance(end.script[-1], HangUp)
    assert queue_of(play("28.3", NIGHT, CLOSING)[-1]) == "hazard"
    assert [one.word for one in play("2..2", NIGHT, CLOSING)[-1].decided] == ["callback"]
    full = play("218", replace(NOW, full=frozenset({"fault"})))[-1]
    assert "All lines are busy" in said(full.script)


def test_words_tell_the_keys_that_count() -> None:
    keys = {"hazard_key": "6", "callback_key": "7", "message_key": "8", "consent_key": "9"}
    text = TEXT.replace('consent = "announce"', 'consent = "ask"')
    for name, key in keys.items():
        text = re.sub(rf"^{name} = .*$", f'{name} = "{key}"', text, flags=re.MULTILINE)
    own = parse_flow(text, "own.toml")
    outage = replace(NOW, caller=KnownCaller(outage=Outage(1)))
    told = {
        "consent": play("2", NOW, own)[-1],
        "full": play("291", replace(NOW, full=frozenset({"fault"})), own)[-1],
        "outage": play("291", outage, own)[-1],
        "wait": answer(own, Step("wait"), replace(NOW, language="en-US")),
    }
    found = {name: re.findall(r"press (\d)", said(one.script)) for name, one in told.items()}
    assert found == {
        "consent": ["9"],
        "full": ["7", "8"],
        "outage": ["6", "7"],
        "wait": ["7"],
    }


@pytest.mark.parametrize(
    ("hours", "is_open"),
    [(0, True), (7.9, True), (8, False), (-4, True), (-4.1, False), (24, False)],
)
def test_hours_are_local_and_know_holidays(hours: float, is_open: bool) -> None:
    assert CLOSING.is_open(MONDAY_NOON + timedelta(hours=hours), ZONE) is is_open
    assert FLOW.is_open(MONDAY_NOON + timedelta(hours=hours), ZONE)


def test_a_full_queue_offers_something_else_but_never_refuses_a_hazard() -> None:
    full = replace(NOW, full=frozenset({"fault", "hazard"}))
    last = play("21", full)[-1]
    assert [one.word for one in last.decided] == ["full"]
    assert "All lines are busy" in said(last.script)
    assert queue_of(play("23", full)[-1]) == "hazard"


def test_an_emergency_is_announced_to_all_in_their_languages() -> None:
    told = play("", replace(NOW, emergency={"zh": "台风红色预警", "en": "Typhoon warning"}))[0]
    assert "台风红色预警" in said(told.script)
    assert Say("Typhoon warning", "en-US") in told.script


def test_waiting_callers_are_told_where_they_stand() -> None:
    waiting = replace(NOW, language="en-US", ahead=4, wait_s=170.0)
    told = answer(FLOW, Step("wait"), waiting)
    assert "4 callers" in said(told.script)
    assert "3 minutes" in said(told.script)
    assert "ahead" not in said(answer(FLOW, Step("wait"), replace(waiting, ahead=0)).script)
    step = gather(told).step
    assert answer(FLOW, Step(step, ""), waiting).script == (Pause(FLOW.wait_pause_s),)
    assert answer(FLOW, Step(step, "2"), waiting).script == (Leave(),)
    left = answer(FLOW, Step("left"), waiting)
    assert [one.word for one in left.decided] == ["callback"]


def test_who_withholds_the_number_is_not_promised_a_call() -> None:
    hidden = replace(NOW, withheld=True, language="en-US")
    told = answer(FLOW, Step("wait"), hidden)
    assert said(told.script) == "Please stay on the line."
    without = re.sub(r"\[words\.wait_withheld\]\nzh = .*\nen = .*\n", "", TEXT)
    own = parse_flow(without, "own.toml")
    assert "press 2" in said(answer(own, Step("wait"), hidden).script)
    assert answer(FLOW, Step("waiting.en", "2"), hidden).script[-1] == Pause(FLOW.wait_pause_s)
    assert answer(FLOW, Step("left"), hidden).decided == ()


@pytest.mark.parametrize(
    ("result", "last"), [("hangup", HangUp), ("redirected", HangUp), ("error", Gather)]
)
def test_after_the_queue(result: str, last: type[Node]) -> None:
    found = answer(FLOW, Step("queue", more={"QueueResult": result}), NOW)
    assert isinstance(found.script[-1], last)


STEPS = st.one_of(
    st.sampled_from(["answer", "wait", "left", "queue", "offer.zh", "outage.en.1", "menu.zh.1"]),
    st.text("abcmenu.langzh0123456789 *%", max_size=20),
    st.builds(
        ".".join, st.lists(st.sampled_from(["menu", "language", "outage", "xx", "-1", "99"]))
    ),
)


@given(STEPS, st.sampled_from(["", "1", "2", "#", "hangup", "12"]))
def test_any_request_has_an_answer_and_the_same_one_again(name: str, digits: str) -> None:
    found = answer(FLOW, Step(name, digits), NOW)
    assert found.script
    assert answer(FLOW, Step(name, digits), NOW) == found


def lines_of(text: str) -> Iterator[tuple[str, str]]:
    with pytest.raises(FlowInvalid) as caught:
        parse_flow(text, "own.toml", {"fault", "enquiry", "hazard"})
    assert caught.value.errors
    return ((one.field, one.message) for one in caught.value.errors)


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("tries = 3", "tries = 0", "tries", "line 6"),
        ("tries = 3", "tries = ", "document", "line 6"),
        ("tries = 3", "trys = 3", "trys", "line 6"),
        ('default = "1"', 'default = "8"', "default", "no entry"),
        ('\nkey = "2"', '\nkey = "1"', "entry.1.key", "twice"),
        ('message_key = "5"', 'message_key = "2"', "callback_key", "own"),
        ("{ahead}", "{before}", "words.position.zh", "no value before"),
        ('en = "Goodbye."', 'en = " "', "words.goodbye", "en is missing"),
        ("hazard = true", "hazard = false", "entry", "hazards"),
        ("[words.goodbye]", "[words.goodbuy]", "words.goodbuy", "no such words"),
        ('en = "Please stay on the line."\n', "", "words.wait_withheld", "en is missing"),
        ('short = "en"', 'short = "english"', "language.1.short", "line"),
        ("\nspecial = 4", "\nspecil = 4", "importance.specil", "line 35: there is no such class"),
        ('queue = "fault"', 'queue = "flaut"', "entry.0.queue", "line 50: there is no queue flaut"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_field(
    old: str, new: str, field: str, says: str
) -> None:
    assert TEXT.count(old) >= 1
    found = dict(lines_of(TEXT.replace(old, new, 1)))
    assert field in found
    assert says in found[field]


def test_what_is_not_written_has_no_line() -> None:
    with pytest.raises(FlowInvalid) as caught:
        parse_flow("", "own.toml")
    first = caught.value.errors[0]
    assert (first.field, first.sentence("zh"), first.sentence("en")) == (
        "code",
        "必填",
        "Field required",
    )
    assert "None" not in caught.value.sentence("zh")


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an installation's own flows."""
    folder = tmp_path / "flows"
    folder.mkdir()
    monkeypatch.setenv("PAIDAN_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def test_a_number_has_its_own_file(flows: Path) -> None:
    assert flow_of("+861095598") == shipped()
    (flows / "hotline.toml").write_text(TEXT.replace("tries = 3", "tries = 2"), "utf-8")
    (flows / "+861095598.toml").write_text(TEXT.replace("tries = 3", "tries = 4"), "utf-8")
    assert flow_of("+861095598").tries == 4
    assert flow_of("+861095599").tries == 2


@pytest.mark.parametrize("dialled", ["../flows/own", "own", "١٢٣", "9" * 500, "", "+", "1.2"])
def test_only_a_number_names_a_file(flows: Path, dialled: str) -> None:
    (flows / "hotline.toml").write_text(TEXT.replace("tries = 3", "tries = 2"), "utf-8")
    if len(dialled) < 250:
        (flows / f"{dialled}.toml").write_text(TEXT.replace("tries = 3", "tries = 4"), "utf-8")
    assert flow_of(dialled).tries == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe\x00", "document: line 1: is not UTF-8"),
        (TEXT.encode("gbk"), "document: line 33: is not UTF-8"),
        (TEXT.replace("tries = 3", "tries = 0").encode(), "tries: line 6: Input should be"),
        (TEXT.replace('"enquiry"', '"nosuch"').encode(), "line 55: there is no queue nosuch"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_logged_once(
    flows: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    path = flows / "hotline.toml"
    path.write_bytes(content)
    for _ in range(3):
        with pytest.raises(FlowInvalid, match=r"flow hotline\.toml") as caught:
            flow_of("+861095598")
        assert says in str(caught.value)
    logged = capsys.readouterr().out
    assert logged.count("flow_invalid") == 1
    assert "hotline.toml" in logged
    assert says in logged
    path.write_text(TEXT, "utf-8")
    assert flow_of("+861095598") == shipped()


def test_a_file_that_nobody_may_read_is_named(flows: Path) -> None:
    assert "document: cannot be read (Is a directory)" in str(_read(flows, 0))


ASKING = parse_flow(TEXT.replace('consent = "announce"', 'consent = "ask"'), "asking.toml")


@pytest.mark.parametrize(("key", "basis"), [("1", "agreed"), ("2", "refused"), (".", "refused")])
def test_who_is_asked_is_recorded_only_after_a_yes(key: str, basis: str) -> None:
    hello, question, menu = play(f"1{key}", flow=ASKING)
    assert "录音" not in said(hello.script)
    assert gather(question).step == "consent.zh"
    assert [(one.word, one.basis) for one in menu.decided] == [("consent", basis)]
    assert gather(menu).step == "menu.zh.1"
    assert ("不录音" in said(menu.script)) == (basis == "refused")


def test_a_flow_that_says_nothing_of_recording_records_nothing() -> None:
    silent = parse_flow(TEXT.replace('consent = "announce"', ""), "silent.toml")
    [hello] = play("", flow=silent)
    assert "录音" not in said(hello.script)
    assert [one.word for one in hello.decided] == ["greeted"]


def test_the_words_of_a_consent_must_be_there() -> None:
    for how, words in (("announce", "recorded"), ("ask", "consent"), ("ask", "not_recorded")):
        text = TEXT.replace('consent = "announce"', f'consent = "{how}"')
        lacking = re.sub(rf"\[words\.{words}\]\nzh = .*\n", f"[words.{words}]\n", text)
        with pytest.raises(FlowInvalid) as caught:
            parse_flow(lacking, "lacking.toml")
        assert [one.field for one in caught.value.errors] == [f"words.{words}"]
