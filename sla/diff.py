"""What changed between two versions of a policy, field by field, for a person to read: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sla.calendars import span
from sla.facts import When
from sla.policy import Policy
from sla.words import FIELDS, Words, coded, conditions, spanned

Kind = Literal["added", "removed", "changed"]
_KEYS = ("code", "kind")
_NAMED = ("segments", "goals", "timers", "pauses", "ladders", "total")


@dataclass(frozen=True, slots=True)
class Change:
    """One field. `field` as in error messages, with codes in place of numbers; `label`: what it is
    called; `before`, `after`: what it says, None where it is not there. Words are Chinese, English.
    """

    kind: Kind
    field: str
    label: Words
    before: Words | None
    after: Words | None


def differences(before: Policy, after: Policy) -> list[Change]:
    """All that differs, in the order of the document; the version is not a difference."""
    old, new = _flat(before), _flat(after)
    names = {**_names(before), **_names(after)}
    found = []
    for field in [*new, *(one for one in old if one not in new)]:
        was, is_ = old.get(field), new.get(field)
        if was == is_ or field == ("version",):
            continue
        kind: Kind = "added" if was is None else "removed" if is_ is None else "changed"
        found.append(Change(kind, ".".join(field), _label(field, names), was, is_))
    return found


Field = tuple[str, ...]


def _flat(policy: Policy) -> dict[Field, Words]:
    """Every field that says something → what it says."""
    values = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    found: dict[Field, Words] = {}
    if values.get("applies") == {}:
        found["applies",] = ("全部", "all")
    parties = {code: (name.zh, name.en) for code, name in policy.parties.items()}
    _walk((), values, parties, found)
    return found


def _walk(
    place: Field, value: Any, parties: Mapping[str, Words], found: dict[Field, Words]
) -> None:
    last = place[-1] if place else ""
    if value is None:
        return
    if last in ("when", "applies") and isinstance(value, dict):
        if value:
            found[place] = conditions(When.model_validate(value))
    elif isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            found[place] = (str(value["zh"]), str(value["en"]))
            return
        for key, one in value.items():
            _walk((*place, "limit" if key == "limit_s" else key), one, parties, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, one in enumerate(value, 1):
            key = next((str(one[name]) for name in _KEYS if name in one), str(number))
            _walk((*place, key), one, parties, found)
    else:
        found[place] = _said(last, value, parties)


def _said(last: str, value: Any, parties: Mapping[str, Words]) -> Words:
    if isinstance(value, bool):
        return ("是", "yes") if value else ("否", "no")
    if last == "limit":
        return spanned(span(value if isinstance(value, str) else f"{value:g} s"))
    if isinstance(value, list):
        words = [coded(str(one)) for one in value]
        return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)
    if last in ("responsible", "tell") and value in parties:
        return parties[value]
    if isinstance(value, float):
        return f"{value:g}", f"{value:g}"
    return coded(str(value))


def _names(policy: Policy) -> dict[str, Words]:
    """Code of a rule, alarm or pause → its names."""
    found = {rule.code: (rule.name.zh, rule.name.en) for rule in policy.rules}
    found |= {one.code: (one.name.zh, one.name.en) for one in policy.timers}
    return found | {one.kind: (one.name.zh, one.name.en) for one in policy.pauses}


def _label(field: Field, names: Mapping[str, Words]) -> Words:
    """`受理填单 AB · 时限 1 · 条件`."""
    zh: list[str] = []
    en: list[str] = []
    for number, part in enumerate(field):
        if part in FIELDS and (number == 0 or field[number - 1] not in _NAMED):
            if number == 0 and part in _NAMED and part != "total" and len(field) > 1:
                continue  # the rule's own name says what it is
            words = FIELDS["tell" if part == "to" and "steps" in field else part]
            zh.append(words[0])
            en.append(words[1])
        elif part.isdigit():
            zh[-1] += f" {part}"
            en[-1] += f" {part}"
        elif number and field[number - 1] in _NAMED and part in names:
            zh.append(f"{names[part][0]}（{part}）")
            en.append(f"{names[part][1]} ({part})")
        else:
            zh.append(FIELDS.get(part, (part, part))[0])
            en.append(FIELDS.get(part, (part, part))[1])
    return " · ".join(zh), " · ".join(en)
