"""Texts of messages: checked when they are loaded, filled with values, in the wished language."""

import copy
import tomllib
from collections.abc import Iterator
from datetime import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidField
from core.settings import settings
from telephony.templates import catalogue, fill, language_of, parse
from tests.engine_fixtures import forget_settings


def shipped() -> dict[str, Any]:
    return tomllib.loads((resources.files("telephony") / "templates.toml").read_text("utf-8"))


def wrong(change: Any) -> list[str]:
    """The places that are refused after a change of the document."""
    document = copy.deepcopy(shipped())
    change(document)
    with pytest.raises(InvalidField) as refused:
        parse(document)
    return [one.field.removeprefix("templates.toml: templates.") for one in refused.value.errors]


def test_the_shipped_texts_are_in_both_languages_and_short_enough() -> None:
    book = parse(shipped())
    assert {"delay", "on_the_way", "crew_order", "outage"} <= set(book.templates)
    for template in book.templates.values():
        for language in ("zh-CN", "en"):
            sms, voice = (template.text(one, language) for one in ("sms", "voice"))
            assert sms is not None or voice is not None
            assert sms is None or 1 <= book.longest(sms, template.placeholders) <= 4


@pytest.mark.parametrize(
    "text",
    ["{number} at {moment}", "{number}", "{number} {time} {", "{number:d} {time}", "{} {time}"],
)
def test_a_placeholder_that_is_not_named_is_refused(text: str) -> None:
    def change(document: dict[str, Any]) -> None:
        document["templates"]["delay"]["sms"]["en"]["text"] = text

    assert wrong(change) == ["delay.sms.en"]


def test_an_address_of_the_web_in_a_text_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        document["templates"]["started"]["sms"]["zh-CN"]["text"] = "详见 www.grid.example"

    assert wrong(change) == ["started.sms.zh-CN"]


def test_a_category_that_does_not_exist_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        document["templates"]["delay"]["category"] = "fun"

    assert wrong(change) == ["delay.category"]


def test_a_text_that_is_too_long_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        document["templates"]["started"]["sms"]["zh-CN"]["text"] = "停" * 300

    assert wrong(change) == ["started.sms.zh-CN"]


def test_values_are_those_that_the_text_names() -> None:
    template = catalogue().template("delay")
    with pytest.raises(InvalidField, match=r"body\.values\.time"):
        fill(template, {"number": "1"})
    with pytest.raises(InvalidField, match=r"body\.values\.who"):
        fill(template, {"number": "1", "time": "14:00", "who": "x"})
    filled = fill(template, {"number": "1\n2", "time": "x" * 100})
    assert filled == {"number": "1 2", "time": "x" * 60}


def test_a_country_that_wants_approved_texts_gets_no_others() -> None:
    document = shipped()
    document["approved_only"] = ["+86"]
    document["templates"]["delay"]["sms"]["zh-CN"]["approval"] = "SMS_154950909"
    book = parse(document)
    values = {"number": "1", "time": "14:00"}
    (_, zh), (_, en) = (book.chosen(book.template("delay"), "sms", one) for one in ("zh-CN", "en"))
    assert book.refusal("+8613800138000", zh, values) is None
    assert book.refusal("+8613800138000", en, values) == "not_approved"
    assert book.refusal("+14155550100", en, values) is None
    assert book.refusal("+8613800138000", zh, {"number": "a.com/x", "time": ""}) == "link"
    assert book.refusal("+14155550100", en, {"number": "a.com/x", "time": ""}) is None


def test_the_wished_language_else_the_default_one() -> None:
    book = parse(shipped())
    template = book.template("delay")
    assert [book.chosen(template, "sms", one)[0] for one in ("en", "fr", None)] == [
        "en", "zh-CN", "zh-CN",
    ]  # fmt: skip


def test_the_night_is_quiet_over_midnight() -> None:
    book = parse(shipped())
    hours = [time(21, 59), time(22), time(2), time(6, 59), time(7)]
    assert [book.quiet(one) for one in hours] == [False, True, True, True, False]


def test_own_texts_replace_those_of_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'approved_only = ["+86"]\n[templates.started]\ncategory = "own_order"\nplaceholders = []\n'
        '[templates.started.sms.zh-CN]\ntext = "欢迎回来"\napproval = "SMS_1"\n'
    )
    before = catalogue().template("started").version
    monkeypatch.setenv("PAIDAN_MESSAGE_TEMPLATES", str(own))
    settings.cache_clear()
    book = catalogue()
    assert book.template("started").version != before
    assert book.chosen(book.template("started"), "sms", "en")[1].approval == "SMS_1"
    assert book.template("delay").text("sms", "en") is not None
    own.unlink()
    forget_settings()


@pytest.mark.parametrize(
    ("words", "language"),
    [("停电了", "zh-CN"), ("No power, 景山街道", "zh-CN"), ("STOP", "en"), ("ｓｔｏｐ", "en"),
     ("No power", "en"), ("T", None), ("TD", None), ("", None), ("110", None), ("?!", None)],
)  # fmt: skip
def test_the_language_of_words_is_guessed_where_they_tell_it(
    words: str, language: str | None
) -> None:
    assert language_of(words) == language


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this installation keeps texts of its own."""
    monkeypatch.setenv("PAIDAN_MESSAGE_TEMPLATES", str(tmp_path / "own.toml"))
    forget_settings()
    yield tmp_path / "own.toml"
    monkeypatch.undo()
    forget_settings()


def refused() -> list[tuple[str, str]]:
    """Field and sentence of all that is wrong."""
    with pytest.raises(InvalidField) as found:
        catalogue()
    return [(one.field, one.message) for one in found.value.errors]


def test_all_that_is_wrong_with_own_texts_is_named_with_its_line(own: Path) -> None:
    own.write_text(
        'most_segments = 0\n[templates.hello]\ncategory = "fun"\nplaceholders = "name"\n'
        "[templates.hello.sms.en]\nwords = 1\n"
    )
    places = dict(refused())
    assert set(places) == {
        "own.toml: most_segments",
        "own.toml: templates.hello.placeholders",
        "own.toml: templates.hello.sms.en.text",
        "own.toml: templates.hello.sms.en.words",
    }
    assert [words.split(":")[0] for words in places.values()] == [
        "line 1", "line 4", "line 5", "line 6",
    ]  # fmt: skip


def test_what_does_not_fit_together_is_named_with_its_line(own: Path) -> None:
    own.write_text(
        '[templates.hello]\ncategory = "fun"\nplaceholders = []\n'
        '[templates.hello.sms.en]\ntext = "See www.grid.example {who}"\n'
    )
    assert refused() == [
        ("own.toml: templates.hello.category", "line 2: there is no such category"),
        ("own.toml: templates.hello.sms.en", "line 4: holds an address of the web"),
        (
            "own.toml: templates.hello.sms.en",
            "line 4: its placeholders are not those that it names",
        ),
    ]


@pytest.mark.parametrize("text", ["templates = 3", "[templates]\ndelay = 3", "= 3"])
def test_what_is_no_document_of_texts_is_named(own: Path, text: str) -> None:
    own.write_text(text)
    assert all(field.startswith("own.toml") for field, _ in refused())


def test_own_texts_that_are_not_there_are_named(own: Path) -> None:
    assert refused() == [("own.toml", "cannot be read (No such file or directory)")]
    assert not own.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "# 短信".encode("gbk")])
def test_own_texts_that_are_not_utf_8_are_named(own: Path, content: bytes) -> None:
    own.write_bytes(content)
    assert refused() == [("own.toml", "line 1 is not UTF-8")]
