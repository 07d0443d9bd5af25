"""Texts that leave the house, as data (`templates.toml`): checked when they are loaded. Pure."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core import checked_toml
from core.errors import InvalidField
from core.settings import settings
from telephony.delivery import segments

FILE = "templates.toml"
LINK = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(com|cn|net|org|top|vip|io|me|ly)\b", re.IGNORECASE
)
CHINESE, ENGLISH = "zh-CN", "en"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]{3}")
VALUE = 60
"""Signs of one value, at most, where the template says nothing else; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Category:
    """`stopped_by`: scopes of a suppression that stop it. `at_night`: quiet hours or not."""

    stopped_by: frozenset[str]
    at_night: bool


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one language. `approval`: the carrier's id of it, where it has one."""

    text: str
    approval: str | None = None

    def with_values(self, values: Mapping[str, str]) -> str:
        return self.text.format_map(values)


@dataclass(frozen=True, slots=True)
class Template:
    """What is said on an occasion. `texts`: by channel and language. Values of more than
    `value_signs` are cut.
    """

    name: str
    category: str
    placeholders: tuple[str, ...]
    texts: Mapping[tuple[str, str], Text]
    version: str
    value_signs: int = VALUE

    def text(self, channel: str, language: str) -> Text | None:
        return self.texts.get((channel, language))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All templates and the rules that go for them."""

    templates: Mapping[str, Template]
    categories: Mapping[str, Category]
    default_language: str
    approved_only: tuple[str, ...]
    no_links: tuple[str, ...]
    quiet_from: time
    quiet_until: time
    stop_words: frozenset[str]
    start_words: frozenset[str]
    value_length: int

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({lang for one in self.templates.values() for _, lang in one.texts}))

    def template(self, name: str) -> Template:
        """Raises InvalidField for a name that no template has."""
        found = self.templates.get(name)
        if found is None:
            raise InvalidField("body.template", "there is no such template", "没有此模板")
        return found

    def chosen(self, template: Template, channel: str, wished: str | None) -> tuple[str, Text]:
        """The text in the wished language, else in the default one."""
        for language in (wished, self.default_language):
            if language and (text := template.text(channel, language)):
                return language, text
        spoken = {where[1]: text for where, text in template.texts.items() if where[0] == channel}
        return next(iter(spoken.items()))

    def longest(self, text: Text, names: tuple[str, ...]) -> int:
        """Segments of a text whose values have the usual length."""
        return longest(text, names, self.value_length)

    def refusal(self, to_number: str, text: Text, values: Mapping[str, str]) -> str | None:
        """Why a text may not go to a number's country; None where it may."""
        if to_number.startswith(self.approved_only) and not text.approval:
            return "not_approved"
        if to_number.startswith(self.no_links) and any(map(LINK.search, values.values())):
            return "link"
        return None

    def quiet(self, local: time) -> bool:
        """Whether nobody is to be disturbed at this local time."""
        begin, end = self.quiet_from, self.quiet_until
        return begin <= local < end if begin <= end else local >= begin or local < end


def longest(text: Text, names: tuple[str, ...], length: int) -> int:
    """Segments of a text whose values have this length."""
    return segments(text.with_values(dict.fromkeys(names, "9" * length)))


def plain(words: str) -> str:
    """A word as words are compared: without marks around it, wide letters as narrow ones."""
    return unicodedata.normalize("NFKC", words).strip().strip(".。!").casefold()


def language_of(words: str) -> str | None:
    """The language that words seem to be in; None where they tell nothing, as a letter or two."""
    if _HAN.search(words):
        return CHINESE
    return ENGLISH if _LATIN.search(unicodedata.normalize("NFKC", words)) else None


def fill(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """The values that the text wants, each on one line and not too long.

    Raises InvalidField for one that is missing or unknown.
    """
    for name in values.keys() - set(template.placeholders):
        raise InvalidField(
            f"body.values.{name}", "the template has no such placeholder", "模板没有此占位符"
        )
    for name in template.placeholders:
        if not str(values.get(name, "")).strip():
            raise InvalidField(f"body.values.{name}", "is missing", "缺少该值")
    most = template.value_signs
    return {name: " ".join(str(value).split())[:most] for name, value in values.items()}


@cache
def _loaded(path: Path | None) -> Catalogue:
    shipped = checked_toml.shipped("telephony", FILE)
    values = checked_toml.values_of(shipped, FILE)
    if path is None:
        return parse(values, FILE, shipped)
    text = checked_toml.text_in(path)
    own = checked_toml.values_of(text, path.name)
    templates = own.pop("templates", {})
    if isinstance(templates, dict):
        templates = {**values["templates"], **templates}
    return parse({**values, **own, "templates": templates}, path.name, text)


def catalogue() -> Catalogue:
    """The texts of this installation, read once. Raises InvalidField naming all that is wrong."""
    return _loaded(settings().message_templates)


def parse(values: Mapping[str, Any], file: str = FILE, text: str = "") -> Catalogue:
    """The catalogue that a document says. Raises InvalidField naming all that is wrong with it.

    `text`: where the values, or some of them, are written.
    """
    found = checked_toml.checked(_Document, values, file, text, _Document.problems)
    versions = {name: _version(one) for name, one in values["templates"].items()}
    return found.catalogue(versions)


def _version(template: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:12]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Said(_Part):
    text: str
    approval: str = ""


class _Category(_Part):
    stopped_by: frozenset[str]
    at_night: bool


class _Template(_Part):
    category: str
    placeholders: tuple[str, ...]
    value_signs: int = Field(VALUE, gt=0)
    sms: dict[str, _Said] = {}
    voice: dict[str, _Said] = {}

    @property
    def texts(self) -> dict[tuple[str, str], Text]:
        spoken = {"sms": self.sms, "voice": self.voice}
        return {
            (channel, language): Text(said.text, said.approval or None)
            for channel, texts in spoken.items()
            for language, said in texts.items()
        }


def _named(text: str) -> set[str]:
    """What stands in braces, with anything that is more than a name."""
    try:
        return {
            f"{name}{kind or ''}{spec}"
            for _, name, spec, kind in Formatter().parse(text)
            if name is not None
        }
    except ValueError:  # a lone brace
        return {"{"}


class _Hours(_Part):
    begin: time = Field(alias="from")
    until: time


class _Words(_Part):
    stop: tuple[str, ...]
    start: tuple[str, ...]


class _Document(_Part):
    default_language: str
    approved_only: tuple[str, ...]
    no_links: tuple[str, ...]
    most_segments: int = Field(gt=0)
    value_length: int = Field(gt=0)
    categories: dict[str, _Category]
    quiet_hours: _Hours
    words: _Words
    templates: dict[str, _Template]

    def problems(self) -> Iterator[checked_toml.Wrong]:
        """What is wrong beyond what the types say."""
        for name, template in self.templates.items():
            place = ("templates", name)
            if template.category not in self.categories:
                yield (*place, "category"), "there is no such category"
            if not template.texts:
                yield place, "has no text"
            for where, said in template.texts.items():
                for what in self._wrong(template, where[0], said):
                    yield (*place, *where), what

    def _wrong(self, template: _Template, channel: str, said: Text) -> Iterator[str]:
        if LINK.search(said.text):
            yield "holds an address of the web"
        if _named(said.text) != set(template.placeholders):
            yield "its placeholders are not those that it names"
        elif channel == "sms" and self._longest(template, said) > self.most_segments:
            yield f"longer than {self.most_segments} segments"

    def _longest(self, template: _Template, said: Text) -> int:
        return longest(said, template.placeholders, self.value_length)

    def catalogue(self, versions: Mapping[str, str]) -> Catalogue:
        return Catalogue(
            templates={
                name: Template(
                    name, one.category, one.placeholders, one.texts, versions[name], one.value_signs
                )
                for name, one in self.templates.items()
            },
            categories={
                name: Category(one.stopped_by, one.at_night)
                for name, one in self.categories.items()
            },
            default_language=self.default_language,
            approved_only=self.approved_only,
            no_links=self.no_links,
            quiet_from=self.quiet_hours.begin,
            quiet_until=self.quiet_hours.until,
            stop_words=frozenset(map(plain, self.words.stop)),
            start_words=frozenset(map(plain, self.words.start)),
            value_length=self.value_length,
        )
