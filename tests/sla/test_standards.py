"""Every figure of the collected standards is carried by a rule that comes with Paidan."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from dashboards.reference import FAULT_CODES
from dispatch.directory.codes import IMPORTANCES
from dispatch.tickets.models import CHANNELS, KINDS
from sla.calendars import Span
from sla.documents import (
    calendar_names,
    load_policy,
    parse_calendar,
    parse_policy,
    policy_names,
    shipped_calendar,
)
from sla.facts import AreaClass, When
from sla.misfits import misfits
from sla.policy import DOUBTFUL, Limit, Policy

STANDARDS = Path(__file__).parents[3] / "shared/sla/standards.json"
ID = re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Za-z0-9]+)+\b")
Carried = tuple[str, str, Span, str, str]
"""Policy, rule, length, statistic, confidence."""


def _carried() -> dict[str, list[Carried]]:
    """Id of a standard → the figures that name it."""
    found: dict[str, list[Carried]] = {}

    def add(source: str, *carried: object) -> None:
        for id_ in ID.findall(source.partition(", http")[0]):
            found.setdefault(id_, []).append(carried)  # type: ignore[arg-type]

    for name in policy_names():
        policy = load_policy(name)
        for rule in policy.rules:
            statistic = rule.statistic or policy.statistic
            for limit in rule.limits:
                add(limit.source, name, rule.code, limit.length, statistic, limit.confidence)
        for timer in policy.timers:
            length = Span(timer.limit_s, "s")
            add(timer.source, name, timer.code, length, "trigger", timer.confidence)
    return found


def _same_length(wanted: Span, found: Span) -> bool:
    if wanted.seconds is not None and found.seconds is not None:
        return wanted.seconds == found.seconds
    return wanted == found


def _standards() -> list[dict[str, object]]:
    if not STANDARDS.is_file():
        return []
    return list(json.loads(STANDARDS.read_text(encoding="utf-8"))["sla_policies"])


@pytest.mark.skipif(not STANDARDS.is_file(), reason="the collected standards are not here")
def test_every_standard_is_carried_by_a_rule_with_its_limit_statistic_and_confidence():
    carried = _carried()
    standards = _standards()
    assert len(standards) == 82
    wrong = []
    for one in standards:
        wanted = Span(float(one["limit"]), one["unit"])  # type: ignore[arg-type]
        fits = [
            (policy, rule)
            for policy, rule, length, statistic, confidence in carried.get(str(one["id"]), [])
            if _same_length(wanted, length)
            and statistic == one["statistic"]
            and confidence == one["confidence"]
        ]
        if not fits:
            wrong.append((one["id"], carried.get(str(one["id"]))))
    assert wrong == []


def _figures(policy: Policy) -> list[Limit]:
    return [limit for rule in policy.rules for limit in rule.limits]


@pytest.mark.parametrize("name", policy_names())
def test_a_policy_that_comes_with_paidan_is_whole(name):
    policy = load_policy(name)
    assert name in (policy.code, f"{policy.code}@{policy.version}")
    assert list(misfits(policy)) == []
    assert all(limit.source and limit.confidence for limit in _figures(policy))
    doubtful = [limit for limit in _figures(policy) if limit.confidence in DOUBTFUL]
    doubtful_timers = [timer for timer in policy.timers if timer.confidence in DOUBTFUL]
    assert bool(policy.doubtful) == bool(doubtful or doubtful_timers)


@pytest.mark.parametrize("name", calendar_names())
def test_a_calendar_that_comes_with_paidan_is_whole(name):
    document = shipped_calendar(name)
    assert document.code == name
    assert list(document.problems()) == []
    assert all(year.source and year.confidence for year in document.years)


def test_what_nobody_read_waits_and_what_was_read_does_not():
    assert load_policy("beijing").doubtful == []
    assert load_policy("complaints").doubtful == []
    for name in ("enquiries", "service_requests", "repair_closed_loop", "gb_gas"):
        assert load_policy(name).doubtful


DOORS = {
    "kind": KINDS,
    "channel": CHANNELS,
    "fault_class": FAULT_CODES,
    "customer_class": IMPORTANCES,
    "area_class": get_args(AreaClass),
}
"""What the product's doors can say of an order or ticket; facts of a policy's own they do not."""


def _can_hold(when: When) -> bool:
    known = all(
        not (wanted := getattr(when, name)) or set(wanted) & set(codes)
        for name, codes in DOORS.items()
    )
    return known and not when.facts


@pytest.mark.parametrize("name", policy_names())
def test_what_begins_by_itself_asks_only_for_what_the_product_knows(name):
    """Else a limit is there on paper, and no order is ever judged by it."""
    policy = load_policy(name)
    if policy.applies is None:
        return
    assert _can_hold(policy.applies)
    for code in policy.applies.channel:
        assert code in CHANNELS
    for rule in policy.rules:
        assert _can_hold(rule.when), rule.code
        assert any(_can_hold(limit.when) for limit in rule.limits), rule.code


DOCUMENT = Path(__file__).parents[2] / "docs/policies.md"


def test_the_documented_examples_can_be_used():
    policy, calendar = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert parse_policy(policy, "example.toml").code == "night_shift"
    assert parse_calendar(calendar, "example.toml").calendar().shifts[0][0].hour == 8


def test_every_policy_that_comes_with_paidan_is_documented():
    text = DOCUMENT.read_text("utf-8")
    named = set(re.findall(r"`([a-z0-9_]+)`", text[text.index("## What comes with Paidan") :]))
    assert {name.partition("@")[0] for name in policy_names()} <= named


@pytest.mark.parametrize("name", ["important_customers", "repair_closed_loop"])
def test_what_builds_on_beijing_has_all_of_it(name):
    beijing, other = load_policy("beijing"), load_policy(name)
    for part in ("segments", "timers", "pauses", "ladders", "parties"):
        assert getattr(other, part) == getattr(beijing, part), part
