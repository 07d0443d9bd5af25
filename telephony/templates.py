"""Texts that leave the house, as data (`templates.toml`): checked when they are loaded. Pure."""

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any

from core import checked_toml
from core.errors import FieldError, InvalidField, Problem
from core.settings import settings
from telephony.delivery import segments

LINK = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(com|cn|net|org|top|vip|io|me|ly)\b", re.IGNORECASE
)
CHINESE, ENGLISH = "zh-CN", "en"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]{3}")
VALUE = 60
"""Signs of one value, at most, where the template says nothing else; what is longer is cut."""


class WrongTemplates(Problem):
    """The texts cannot be used: `errors` name what is wrong with which."""

    status = 500
    code = "wrong_templates"
    zh = "短信模板有误。"
    en = "The templates of messages are not valid."


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
        return segments(text.with_values(dict.fromkeys(names, "9" * self.value_length)))

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
    shipped = (resources.files("telephony") / "templates.toml").read_text(encoding="utf-8")
    document = tomllib.loads(shipped)
    if path is not None:
        try:
            own = tomllib.loads(checked_toml.text_in(path))
        except InvalidField as error:
            raise WrongTemplates(errors=error.errors) from error
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise WrongTemplates(errors=[FieldError("file", type(error).__name__)]) from error
        templates = {**document["templates"], **own.pop("templates", {})}
        document = {**document, **own, "templates": templates}
    return parse(document)


def catalogue() -> Catalogue:
    """The texts of this installation, read once. Raises WrongTemplates."""
    return _loaded(settings().message_templates)


def parse(document: Mapping[str, Any]) -> Catalogue:
    """The catalogue in a document. Raises WrongTemplates naming all that is wrong."""
    try:
        found = _catalogue(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongTemplates(errors=[FieldError("file", f"cannot be read: {error}")]) from error
    wrong = [one for template in found.templates.values() for one in _wrong(template, found)]
    most = document["most_segments"]
    for template in found.templates.values():
        for (channel, language), text in template.texts.items():
            if channel == "sms" and not wrong and found.longest(text, template.placeholders) > most:
                where = f"{template.name}.{channel}.{language}"
                wrong.append(FieldError(where, f"longer than {most} segments"))
    if wrong:
        raise WrongTemplates(errors=wrong)
    return found


def _catalogue(document: Mapping[str, Any]) -> Catalogue:
    hours, words = document["quiet_hours"], document["words"]
    return Catalogue(
        templates={name: _template(name, one) for name, one in document["templates"].items()},
        categories={
            name: Category(frozenset(one["stopped_by"]), bool(one["at_night"]))
            for name, one in document["categories"].items()
        },
        default_language=document["default_language"],
        approved_only=tuple(document["approved_only"]),
        no_links=tuple(document["no_links"]),
        quiet_from=time.fromisoformat(hours["from"]),
        quiet_until=time.fromisoformat(hours["until"]),
        stop_words=frozenset(map(plain, words["stop"])),
        start_words=frozenset(map(plain, words["start"])),
        value_length=int(document["value_length"]),
    )


def _template(name: str, one: Mapping[str, Any]) -> Template:
    texts = {
        (channel, language): Text(said["text"], said.get("approval") or None)
        for channel in ("sms", "voice")
        for language, said in one.get(channel, {}).items()
    }
    version = hashlib.sha256(json.dumps(one, sort_keys=True).encode()).hexdigest()[:12]
    most = int(one.get("value_signs", VALUE))
    return Template(name, one["category"], tuple(one["placeholders"]), texts, version, most)


def _wrong(template: Template, found: Catalogue) -> list[FieldError]:
    wrong = []
    if template.category not in found.categories:
        wrong.append(FieldError(f"{template.name}.category", "there is no such category"))
    if not template.texts:
        wrong.append(FieldError(template.name, "has no text"))
    for (channel, language), text in template.texts.items():
        where = f"{template.name}.{channel}.{language}"
        named = {field for _, field, _, _ in Formatter().parse(text.text) if field is not None}
        if named != set(template.placeholders):
            wrong.append(FieldError(where, "its placeholders are not those that it names"))
        if LINK.search(text.text):
            wrong.append(FieldError(where, "holds an address of the web"))
    return wrong
