"""A policy document with limits that the past proposes: pure. Text in, text out.

Where the limits of a segment are written as one list, only that list and the version are changed,
so comments stay and the difference to the version before is what was decided. Else the whole
document is written anew.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from core.toml_lines import values_of
from sla.calibration import Dimension, Line
from sla.facts import When
from sla.policy import Limit, Policy, SegmentRule

_FIELD: dict[Dimension, str] = {
    "area": "area_class",
    "fault_class": "fault_class",
    "hour": "hours",
}
Chosen = Mapping[str, tuple[Limit, ...]]


def new_limits(
    policy: Policy,
    found: Iterable[Line],
    by: Sequence[Dimension],
    codes: Collection[str],
    about: Callable[[Line], str],
) -> dict[str, tuple[Limit, ...]]:
    """The limits of each rule of `codes` that the lines change; `about` a line is their source.

    A group's limit comes before the one of today that it is taken from, which stays for all that no
    group fits. What cannot be proposed stays as it is.
    """
    proposed = [one for one in found if one.hindrance is None and one.place.code in codes]
    changed: dict[str, tuple[Limit, ...]] = {}
    for rule in policy.rules:
        mine = [one for one in proposed if one.place.code == rule.code]
        limits = _limits(rule, mine, by, about)
        if limits != rule.limits:
            changed[rule.code] = limits
    return changed


def _limits(
    rule: SegmentRule,
    mine: Sequence[Line],
    by: Sequence[Dimension],
    about: Callable[[Line], str],
) -> tuple[Limit, ...]:
    found: list[Limit] = []
    for number, today in enumerate(rule.limits):
        groups = [one for one in mine if one.place.limit == number]
        news = [new for one in groups if (new := _limit(today, one, by, about)) is not None]
        found += news
        if all(new.when != today.when for new in news):
            found.append(today)
    return tuple(found)


def _limit(
    today: Limit, line: Line, by: Sequence[Dimension], about: Callable[[Line], str]
) -> Limit | None:
    """The proposal as a limit; None where the group cannot be written as a condition."""
    assert line.typical is not None
    when = today.when.model_dump(exclude_defaults=True)
    for dimension, value in zip(by, line.place.group, strict=True):
        name = _FIELD[dimension]
        if value == "" or (name == "hours" and today.when.hours is not None):
            return None
        when[name] = value if name == "hours" else (value,)
    return Limit(
        limit_s=line.typical.proposed_s,
        when=When.model_validate(when),
        responsible=today.responsible,
        source=about(line),
        confidence="derived",
    )


def derived_from(line: Line, share: float, level: float, period: str) -> str:
    """What a derived limit rests on, in one sentence. `period`: which orders."""
    found = line.typical
    assert found is not None
    of = "median" if share == 0.5 else f"quantile {share:g}"
    return (
        f"Typical time plus 1 minute: {of} {found.at_s:g} s ({level:.0%} interval "
        f"{found.low_s:g} to {found.high_s:g} s) of n = {line.count}, {period}"
    )


def proposed_document(text: str, policy: Policy, limits: Chosen, version: int) -> str:
    """The document as this version, with these limits; `text` is that of `policy`."""
    edited = _edited(text, policy, limits, version)
    return edited if edited is not None else written(_next(policy, limits, version))


def _next(policy: Policy, limits: Chosen, version: int) -> dict[str, Any]:
    """The new version as plain values."""
    raw = policy.model_dump(by_alias=True, exclude_defaults=True)
    raw["version"] = version
    for place, rule in policy.placed:
        if rule.code not in limits:
            continue
        target: Any = raw
        for part in place:
            target = list(target)[part] if isinstance(part, int) else target[part]
        target["limits"] = [_plain(one) for one in limits[rule.code]]
    return raw


def _plain(limit: Limit) -> dict[str, Any]:
    return limit.model_dump(by_alias=True, exclude_defaults=True)


def _edited(text: str, policy: Policy, limits: Chosen, version: int) -> str | None:
    """None where a list of limits is not written as one value."""
    values = values_of(text)
    news: list[tuple[tuple[str | int, ...], str]] = [(("version",), str(version))]
    for place, rule in policy.placed:
        if rule.code in limits:
            news.append(((*place, "limits"), _list([_plain(one) for one in limits[rule.code]])))
    if any(path not in values for path, _ in news):
        return None
    for path, new in sorted(news, key=lambda one: values[one[0]], reverse=True):
        begin, end = values[path]
        text = text[:begin] + new + text[end:]
    return text


def _list(found: Sequence[Mapping[str, Any]]) -> str:
    return "[\n" + "".join(f"  {_value(one)},\n" for one in found) + "]"


def written(raw: Mapping[str, Any]) -> str:
    """Plain values as a TOML document: tables with headers, what is in them in line."""
    tables = {key: one for key, one in raw.items() if _is_table(one) or _is_tables(one)}
    parts = [f"{_key(key)} = {_value(one)}\n" for key, one in raw.items() if key not in tables]
    for key, found in tables.items():
        if _is_table(found):
            parts += [f"\n[{_key(key)}]\n", _pairs(found)]
        for row in () if _is_table(found) else found:
            parts += [f"\n[[{_key(key)}]]\n", _pairs(row)]
    return "".join(parts)


def _pairs(table: Mapping[str, Any]) -> str:
    return "".join(
        f"{_key(name)} = {_list(one) if _is_tables(one) else _value(one)}\n"
        for name, one in table.items()
    )


def _is_table(value: Any) -> bool:
    """A table that holds more than words."""
    several = isinstance(value, Mapping) and bool(value)
    return several and any(not isinstance(one, str) for one in value.values())


def _is_tables(value: Any) -> bool:
    several = isinstance(value, list | tuple) and bool(value)
    return several and all(isinstance(one, Mapping) for one in value)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _text(key)


def _text(text: str) -> str:
    # TOML's basic strings know all escapes of JSON but `\/`, which json never writes.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    """A value in line. Raises TypeError for what a policy never holds."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case [time() as begin, time() as end]:
            return _text(f"{_clock(begin)}-{'24:00' if end == time(0) else _clock(end)}")
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            pairs = (f"{_key(key)} = {_value(one)}" for key, one in value.items())
            return "{ " + ", ".join(pairs) + " }"
        case list() | tuple():
            return "[" + ", ".join(_value(one) for one in value) + "]"
    raise TypeError(type(value).__name__)


def _clock(at: time) -> str:
    return at.isoformat("auto" if at.second or at.microsecond else "minutes")
