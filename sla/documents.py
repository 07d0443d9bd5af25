"""Policies and calendars as TOML documents: read, checked, and those that come with Paidan.

Every problem of a document is named with its line and field.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from errno import EACCES, EISDIR, ENOENT
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import FieldError, Problem
from core.findings import Words, both
from core.settings import settings
from core.toml_lines import line_of
from sla.calendars import Calendar
from sla.misfits import Misfit, misfits
from sla.policy import Code, Confidence, Name, Policy
from sla.sense import odd_days
from sla.zones import known_zones

Place = tuple[str | int, ...]
_NOT_READ = {ENOENT: "文件不存在", EISDIR: "这是一个目录", EACCES: "没有读取权限"}
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


class PolicyInvalid(Problem):
    """A document that cannot be used; `errors` names each line and field."""

    status = 422
    code = "policy_invalid"
    zh = "时限政策文件 {file} 无效：{summary_zh}"
    en = "The policy file {file} is not valid: {summary}"


class PolicyUnknown(Problem):
    status = 404
    code = "policy_unknown"
    zh = "没有名为 {name} 的时限政策；可用的有：{known}。"
    en = "There is no policy called {name}; there are: {known}."


class CalendarUnknown(Problem):
    status = 404
    code = "calendar_unknown"
    zh = "没有名为 {name} 的日历；可用的有：{known}。"
    en = "There is no calendar called {name}; there are: {known}."


class FileUnreadable(Problem):
    """The file is not there, or not in UTF-8."""

    status = 422
    code = "file_unreadable"
    zh = "文件 {file} 无法读取：{reason_zh}"
    en = "The file {file} cannot be read: {reason}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Holiday(_Part):
    """Days off, the last included."""

    name: Name
    first: date = Field(alias="from")
    last: date = Field(alias="to")


class Year(_Part):
    """What is known of one year: days off, and days worked that the week would leave free."""

    year: int = Field(ge=1900, le=2200)
    source: str
    confidence: Confidence
    holidays: tuple[Holiday, ...] = ()
    working: tuple[date, ...] = ()


class Shift(_Part):
    """Local hours; an end of 00:00 is midnight."""

    begin: time = Field(alias="from")
    end: time = Field(alias="to")


class CalendarDocument(_Part):
    """Working days of a place. Without `years` no day is special."""

    code: Code
    version: int = Field(1, ge=1, le=2**31 - 1)
    name: Name
    zone: str
    week: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5)
    shifts: tuple[Shift, ...] = (Shift(begin=time(0), end=time(0)),)
    years: tuple[Year, ...] = ()

    def problems(self) -> Iterable[Misfit]:
        if self.zone not in known_zones():
            yield ("zone",), (f"没有时区 {self.zone}", f"there is no time zone {self.zone}")
        if not self.week:
            yield ("week",), ("一周至少有一个工作日", "some day is worked")
        ended = time(0)
        for number, one in enumerate(self.shifts):
            last = number == len(self.shifts) - 1
            if one.begin < ended or (one.end <= one.begin and not (last and one.end == time(0))):
                yield (
                    ("shifts", number),
                    ("班次须在一天内依次排列", "shifts follow one another within a day"),
                )
            ended = one.end
        if not self.shifts:
            yield ("shifts",), ("每天至少一个班次", "a day has a shift")
        for number, year in enumerate(self.years):
            yield from _outside(number, year)
            if year.year in {other.year for other in self.years[:number]}:
                yield (
                    ("years", number, "year"),
                    (f"{year.year} 年重复", f"{year.year} is there twice"),
                )

    def odd(self) -> Iterable[Misfit]:
        """What can mean nothing: refused in a new text."""
        return odd_days(
            self.week,
            [
                (("years", number, "holidays", at), holiday.first, holiday.last)
                for number, year in enumerate(self.years)
                for at, holiday in enumerate(year.holidays)
            ],
            [
                (("years", number, "working", at), day)
                for number, year in enumerate(self.years)
                for at, day in enumerate(year.working)
            ],
        )

    def calendar(self) -> Calendar:
        """What limits are counted with."""
        off = {
            holiday.first + timedelta(days=day): holiday.name.zh
            for year in self.years
            for holiday in year.holidays
            for day in range((holiday.last - holiday.first).days + 1)
        }
        return Calendar(
            zone=ZoneInfo(self.zone),
            week=frozenset(self.week),
            holidays=MappingProxyType(off),
            working=frozenset(day for year in self.years for day in year.working),
            shifts=tuple((one.begin, one.end) for one in self.shifts),
            years=frozenset(year.year for year in self.years) or None,
            code=self.code,
        )


def _not_in(year: int) -> Words:
    return f"不在 {year} 年", f"is not in {year}"


def _outside(number: int, year: Year) -> Iterable[Misfit]:
    for at, holiday in enumerate(year.holidays):
        if holiday.last < holiday.first:
            yield ("years", number, "holidays", at, "to"), ("结束早于开始", "ends before it begins")
        elif year.year not in (holiday.first.year, holiday.last.year):
            yield ("years", number, "holidays", at, "from"), _not_in(year.year)
    for at, day in enumerate(year.working):
        if day.year != year.year:
            yield ("years", number, "working", at), _not_in(year.year)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One problem: `field` with dots, the line (from 1) where known, what is wrong."""

    field: str
    line: int | None
    words: Words

    def said(self, language: str) -> str:
        """In `zh` or `en`, with its line."""
        zh, en = self.words
        if language == "zh":
            return f"{_at(self.line)[0]}{self.field}：{zh}"
        return f"{_at(self.line)[1]}{self.field}: {en}"


def _at(line: int | None) -> Words:
    return (f"第 {line} 行 ", f"line {line}: ") if line else ("", "")


D = TypeVar("D", Policy, CalendarDocument)


def read(
    kind: type[D],
    text: str,
    also: Callable[[Any, dict[str, Any]], Iterable[Misfit]] = lambda _found, _raw: (),
) -> D | list[Wrong]:
    """The document of a TOML text, or all that is wrong with it, by line. `also`: what is asked of
    it besides, given it and the raw values.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [_no_toml(text, str(error))]
    except RecursionError:
        return [Wrong("document", 1, ("括号嵌套过深", "brackets are nested too deeply"))]
    try:
        found: D = kind.model_validate(raw)
    except ValidationError as error:
        found_wrong = error.errors()
        places = [item["loc"] for item in found_wrong]
        wrong = [
            wrong_at(text, item["loc"], both(item))
            for item in found_wrong
            if item["type"] != "too_short" or not _holds_another(item["loc"], places)
        ]
    else:
        every = [*problems_of(found), *also(found, raw)]
        first = dict(reversed(every))  # one problem of a place is enough
        wrong = [wrong_at(text, place, words) for place, words in first.items()]
        if not wrong:
            return found
    return sorted(wrong, key=lambda one: one.line or 0)


def problems_of(found: Policy | CalendarDocument) -> Iterable[Misfit]:
    """What does not fit together in a document that is well written."""
    return misfits(found) if isinstance(found, Policy) else found.problems()


def _no_toml(text: str, message: str) -> Wrong:
    found = _AT_LINE.search(message)
    line = int(found[1]) if found and found[1] else text.count("\n") + 1
    what = _AT_LINE.sub("", message)
    return Wrong("document", line, (f"不是有效的 TOML（{what}）", what))


def _read(kind: type[D], text: str, file: str) -> D:
    found = read(kind, text)
    if isinstance(found, list):
        raise refused(file, found)
    return found


def _holds_another(place: Place, places: Iterable[Place]) -> bool:
    """A list whose only element is wrong is not besides too short."""
    return any(len(one) > len(place) and one[: len(place)] == place for one in places)


def wrong_at(text: str, place: Place, words: Words) -> Wrong:
    """A problem at a place of a document, with its line."""
    field = ".".join(str(part) for part in place) or "document"
    return Wrong(field, line_of(text, place), words)


def refused(file: str, wrong: Sequence[Wrong]) -> PolicyInvalid:
    """The problem that names each of `wrong`."""
    errors = [
        FieldError(
            one.field, f"{_at(one.line)[1]}{one.words[1]}", f"{_at(one.line)[0]}{one.words[0]}"
        )
        for one in wrong
    ]
    return PolicyInvalid(
        file=file,
        summary="; ".join(one.said("en") for one in wrong),
        summary_zh="；".join(one.said("zh") for one in wrong),
        errors=errors,
    )


def parse_policy(text: str, file: str) -> Policy:
    """Read a policy from TOML text; `file` is named in errors. Raises PolicyInvalid."""
    return _read(Policy, text, file)


def parse_calendar(text: str, file: str) -> CalendarDocument:
    """Read a calendar from TOML text; `file` is named in errors. Raises PolicyInvalid."""
    return _read(CalendarDocument, text, file)


def _shipped_names(folder: str) -> tuple[str, ...]:
    files = (resources.files("sla") / folder).iterdir()
    return tuple(sorted(one.name[:-5] for one in files if one.name.endswith(".toml")))


def policy_names() -> tuple[str, ...]:
    """The policies that come with Paidan."""
    return _shipped_names("policies")


def calendar_names() -> tuple[str, ...]:
    """The calendars that come with Paidan."""
    return _shipped_names("calendars")


def shipped_text(folder: str, name: str) -> str:
    """`folder`: policies or calendars."""
    return (resources.files("sla") / folder / f"{name}.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def shipped_calendar(name: str) -> CalendarDocument:
    """Raises CalendarUnknown."""
    if name not in calendar_names():
        raise CalendarUnknown(name=name, known=", ".join(calendar_names()))
    return parse_calendar(shipped_text("calendars", name), f"{name}.toml")


def days_of(policy: Policy, find: Callable[[str], CalendarDocument] = shipped_calendar) -> Calendar:
    """The calendar that a policy is counted on, in the policy's own zone where it names one, else
    that of the calendar or of the installation.
    """
    if policy.calendar is None:
        return Calendar(ZoneInfo(policy.zone or settings().timezone))
    days = find(policy.calendar).calendar()
    return replace(days, zone=ZoneInfo(policy.zone)) if policy.zone else days


@lru_cache(maxsize=64)
def _shipped(name: str) -> Policy:
    base, _, version = name.partition("@")
    for candidate in (name, base):
        if candidate in policy_names():
            found = parse_policy(shipped_text("policies", candidate), f"{candidate}.toml")
            if not version or version == str(found.version):
                return found.on(days_of(found))
    raise PolicyUnknown(name=name, known=", ".join(policy_names()))


def load_policy(
    path_or_name: str | Path, find: Callable[[str], CalendarDocument] = shipped_calendar
) -> Policy:
    """A policy by file path (with a `/`, or ending in `.toml`) or by the name of one that comes
    with Paidan, counted on the calendar that `find` knows.

    `beijing@1` asks for that version. Raises PolicyInvalid, PolicyUnknown, CalendarUnknown,
    FileUnreadable.
    """
    name = str(path_or_name)
    if name.endswith(".toml") or "/" in name:
        found = parse_policy(document_text(path_or_name), Path(path_or_name).name)
        return found.on(days_of(found, find))
    found = _shipped(name)
    return found if find is shipped_calendar else found.on(days_of(found, find))


def calendars_of(files: Iterable[Path]) -> Callable[[str], CalendarDocument]:
    """Finds a calendar of these files, else one that comes with Paidan. Raises PolicyInvalid,
    FileUnreadable.
    """
    read_in = [parse_calendar(document_text(file), file.name) for file in files]
    mine = {one.code: one for one in read_in}
    return (lambda name: mine.get(name) or shipped_calendar(name)) if mine else shipped_calendar


def document_text(path: str | Path) -> str:
    """The text of a policy or calendar file, UTF-8. Raises FileUnreadable."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(
            file=Path(path).name, reason="it is not UTF-8", reason_zh="不是 UTF-8 文本"
        ) from error
    except OSError as error:
        reason = str(error.strerror)
        reason_zh = _NOT_READ.get(error.errno or 0, reason)
        raise FileUnreadable(file=Path(path).name, reason=reason, reason_zh=reason_zh) from error
