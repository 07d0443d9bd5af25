"""The hotline's flow as a TOML document: hours, menu, words. Every problem is named with its line
and field. Pure.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time
from itertools import chain
from string import Formatter
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.callers import IMPORTANCES
from core.errors import FieldError, Problem
from core.findings import Words, both
from core.toml_lines import line_of

Key = Annotated[str, Field(pattern=r"^[0-9*#]$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Place = tuple[str | int, ...]
HAS: Mapping[str, frozenset[str]] = {
    "crew_at": frozenset({"time"}),
    "position": frozenset({"ahead"}),
    "minutes": frozenset({"minutes"}),
}
"""Which words have which values in them, beside those that all may have."""
KEYS = ("hazard_key", "callback_key", "message_key", "consent_key")
"""Fields of the flow that all words may have in them, so that they tell the key that counts."""
NEEDED = (
    "welcome",
    "language",
    "menu",
    "invalid",
    "silent",
    "closed",
    "full",
    "outage",
    "crew_at",
    "outage_menu",
    "queued",
    "position",
    "minutes",
    "wait",
    "called_back",
    "no_number",
    "message",
    "thanks",
    "failed",
    "goodbye",
)
OPTIONAL = ("wait_withheld",)
"""Words that a flow may leave out; `wait` is said to everybody then."""
FOR_CONSENT: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "announce": ("recorded",),
    "ask": ("consent", "not_recorded"),
}
"""Words that callers need, by how their consent to a recording is got."""
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


class FlowInvalid(Problem):
    """A flow that cannot be used; `errors` names each line and field."""

    status = 422
    code = "flow_invalid"
    zh = "热线流程文件 {file} 无效：{summary_zh}"
    en = "The hotline's flow {file} is not valid: {summary}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Hours(_Part):
    """Weekdays (1: Monday) and local hours; an end of 00:00 is midnight."""

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = Field(min_length=1)
    begin: time = Field(alias="from")
    end: time = Field(alias="to")
    holidays: tuple[date, ...] = ()

    def hold(self, local: datetime) -> bool:
        """Whether somebody answers at this local time."""
        if local.isoweekday() not in self.days or local.date() in self.holidays:
            return False
        at = local.time()
        return self.begin <= at and (at < self.end or self.end == time(0))


class Language(_Part):
    """`code`: BCP 47 of the voice; `short`: its column in the words."""

    code: str = Field(pattern=r"^[a-z]{2,3}-[A-Z]{2}$")
    short: str = Field(pattern=r"^[a-z]{2}$")


class Entry(_Part):
    """A choice of the menu. `always`: outside the hours as well; `outage`: known outages are told;
    `hazard`: what the key "report a hazard" of an announcement leads to.
    """

    key: Key
    queue: Code
    priority: int = Field(0, ge=0, le=100)
    skills: tuple[Code, ...] = ()
    always: bool = False
    outage: bool = False
    hazard: bool = False


class Flow(_Part):
    """What callers of one number hear and where they get to.

    `consent`: to a recording; none: not spoken of, so nothing is recorded; announce: they are told;
    ask: only who presses `consent_key` is recorded.
    """

    code: Code
    tries: int = Field(ge=1, le=9)
    answer_s: int = Field(ge=1, le=60)
    default: Key
    wait_pause_s: int = Field(ge=1, le=120)
    hazard_key: Key
    callback_key: Key
    message_key: Key
    message_max_s: int = Field(ge=5, le=600)
    consent: Literal["none", "announce", "ask"] = "none"
    consent_key: Key = "1"
    outage_from: int = Field(ge=1)
    hours: tuple[Hours, ...] = Field((), alias="open")
    importance: dict[str, Annotated[int, Field(ge=0, le=100)]] = {}
    languages: tuple[Language, ...] = Field(alias="language", min_length=1, max_length=9)
    entries: tuple[Entry, ...] = Field(alias="entry", min_length=1)
    words: dict[str, dict[str, str]]

    def is_open(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether agents answer now. Without hours they always do."""
        local = now.astimezone(zone)
        return not self.hours or any(one.hold(local) for one in self.hours)

    def entry(self, key: str) -> Entry | None:
        return next((one for one in self.entries if one.key == key), None)

    def said(self, words: str, short: str, **values: object) -> str:
        """Words in the language of a column, with their values."""
        keys = {name: getattr(self, name) for name in KEYS}
        return self.words[words][short].format(**keys, **values)

    @property
    def hazard(self) -> Entry | None:
        return next((one for one in self.entries if one.hazard), None)

    def language(self, short: str) -> Language:
        """The language of a column; the first where there is none."""
        return next((one for one in self.languages if one.short == short), self.languages[0])

    def short_of(self, code: str | None) -> str:
        """The column of a language; that of the first where it is not known."""
        known = {one.code: one.short for one in self.languages}
        return known.get(code or "", self.languages[0].short)

    def problems(self) -> Iterator[tuple[Place, Words]]:
        """What does not fit together in a document that is well written."""
        yield from self._keys()
        chosen = (one for one in OPTIONAL if one in self.words)
        needed = (*NEEDED, *FOR_CONSENT[self.consent], *chosen)
        for name in needed:
            said = self.words.get(name, {})
            for one in self.languages:
                if not said.get(one.short, "").strip():
                    yield ("words", name), (f"缺少语言 {one.short}", f"{one.short} is missing")
                else:
                    yield from _values(name, one.short, said[one.short])
        for name in self.words.keys() - {*NEEDED, *OPTIONAL, *chain(*FOR_CONSENT.values())}:
            yield ("words", name), ("没有此词条", "there are no such words")
        for name in sorted(self.importance.keys() - set(IMPORTANCES)):
            known = ", ".join(IMPORTANCES)
            yield (
                ("importance", name),
                (f"没有此等级，应为以下之一：{known}", f"there is no such class; use {known}"),
            )

    def _keys(self) -> Iterator[tuple[Place, Words]]:
        seen: set[str] = set()
        for number, one in enumerate(self.entries):
            if one.key in seen:
                yield (
                    ("entry", number, "key"),
                    (f"按键 {one.key} 重复", f"{one.key} is there twice"),
                )
            seen.add(one.key)
        if self.default not in seen:
            yield ("default",), ("菜单没有此键", "no entry of the menu has this key")
        asked = {self.callback_key, self.message_key}
        if len(asked) == 1 or asked & {one.key for one in self.entries if one.always}:
            yield (
                ("callback_key",),
                (
                    "与其他按键重复",
                    "call-back, message and entries that are always open need keys of their own",
                ),
            )
        if self.hazard_key == self.callback_key:
            yield ("hazard_key",), ("与回电按键重复", "is the key of call-backs")
        if self.hazard is None:
            yield ("entry",), ("没有危险报告项", "no entry is for hazards")


def _values(name: str, short: str, said: str) -> Iterator[tuple[Place, Words]]:
    try:
        found = {field for _, field, _, _ in Formatter().parse(said) if field is not None}
    except ValueError:
        found = {"{"}
    if extra := found - HAS.get(name, frozenset()) - set(KEYS):
        yield (
            ("words", name, short),
            (
                f"没有占位符 {min(extra)}",
                f"there is no value {min(extra)}",
            ),
        )


def parse_flow(text: str | bytes, file: str, queues: Collection[str] | None = None) -> Flow:
    """Read a flow from TOML text; `file` is named in errors. Raises FlowInvalid.

    `queues`: those that there are; without it any name of a queue will do.
    """
    if isinstance(text, bytes):
        text = _decoded(text, file)
    try:
        raw: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = _AT_LINE.sub("", str(error))
        raise refused(file, [("document", line, (f"不是有效的 TOML（{what}）", what))]) from None
    try:
        flow = Flow.model_validate(raw)
    except ValidationError as error:
        wrong = [(one["loc"], both(one)) for one in error.errors()]
        raise refused(file, [_placed(text, *one) for one in wrong]) from None
    if problems := [*flow.problems(), *_queues(flow, queues)]:
        raise refused(file, [_placed(text, *one) for one in problems])
    return flow


def _decoded(text: bytes, file: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise refused(file, [("document", line, ("不是 UTF-8 编码", "is not UTF-8"))]) from None


def _queues(flow: Flow, known: Collection[str] | None) -> Iterator[tuple[Place, Words]]:
    for number, one in enumerate(flow.entries):
        if known is not None and one.queue not in known:
            zh, en = f"没有队列 {one.queue}", f"there is no queue {one.queue}"
            yield ("entry", number, "queue"), (zh, en)


Wrong = tuple[str, int | None, Words]


def _placed(text: str, place: Place, words: Words) -> Wrong:
    return ".".join(str(part) for part in place) or "document", line_of(text, place), words


def refused(file: str, wrong: list[Wrong]) -> FlowInvalid:
    """The problem that names what is wrong: fields, their lines (None: not written), words."""
    zh = [(field, f"第 {line} 行 {said[0]}" if line else said[0]) for field, line, said in wrong]
    en = [(field, f"line {line}: {said[1]}" if line else said[1]) for field, line, said in wrong]
    return FlowInvalid(
        file=file,
        summary="; ".join(f"{field}: {said}" for field, said in en),
        summary_zh="；".join(f"{field}：{said}" for field, said in zh),
        errors=[
            FieldError(field, said, said_zh)
            for (field, said), (_, said_zh) in zip(en, zh, strict=True)
        ],
    )
