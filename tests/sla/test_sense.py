"""A text of the right form that can mean nothing is not taken in; each slip has its line."""

import pytest

from dispatch.directory.codes import IMPORTANCES
from dispatch.tickets.models import KINDS as TICKET_KINDS
from sla import sense, versions
from sla.documents import calendar_names, policy_names, shipped_text

GOOD = """\
code = "night"
version = 1
name = { zh = "夜", en = "Night" }
applies = { kind = "fault_repair" }
[parties]
crew = { zh = "班组", en = "Crew" }
[[segments]]
code = "AD"
name = { zh = "派", en = "Sent" }
from = "A"
to = "D"
subject = "order"
responsible = "crew"
limits = [
  { limit = "8 min", when = { hours = "22:00-06:00" }, source = "rule", confidence = "derived" },
  { limit_s = 300, source = "rule", confidence = "derived" },
]
[[timers]]
code = "late"
name = { zh = "迟", en = "Late" }
from = "D"
stop = "F"
subject = "assignment"
tell = "crew"
limit_s = 180
source = "rule"
confidence = "derived"
[[pauses]]
kind = "storm"
name = { zh = "暴雨", en = "Storm" }
most_s = 1200
most_total_s = 1800
[[ladders]]
code = "up"
on = ["breach"]
of = ["AD"]
[[ladders.steps]]
after_s = 0
to = "leader_1"
channels = ["sms"]
text = { zh = "{number} {minutes}", en = "{number} {rule}" }
"""


@pytest.mark.parametrize(
    ("slip", "line", "field"),
    [
        (("version = 1", 'version = "1"'), 2, "version"),
        (('"fault_repair"', '"fault_repairs"'), 4, "applies.kind"),
        (("22:00-06:00", "22:00-22:00"), 15, "segments.0.limits.0.when.hours"),
        (("when = { hours = \"22:00-06:00\" }, ", ""), 16, "segments.0.limits.1"),
        (('limit = "8 min"', 'limit = "900000 h"'), 15, "segments.0.limits.0.limit"),
        (('limit_s = 300, source = "rule"', 'limit_s = 300, source = " "'), 16,
         "segments.0.limits.1.source"),
        (("limit_s = 180", "limit_s = true"), 25, "timers.0.limit_s"),
        (("most_total_s = 1800", "most_total_s = inf"), 32, "pauses.0.most_total_s"),
        (("most_total_s = 1800", "most_total_s = 600"), 32, "pauses.0.most_total_s"),
        (('stop = "F"', 'stop = "D"'), 22, "timers.0.stop"),
        (('subject = "order"', 'subject = "ticket"'), 12, "segments.0.subject"),
        (('to = "D"', 'to = "A"'), 11, "segments.0.to"),
        (('of = ["AD"]', 'of = ["late"]'), 36, "ladders.0.of.0"),
        (('on = ["breach"]\n', ""), 35, "ladders.0.of.0"),
        (("{number} {rule}", "{nummer}"), 41, "ladders.0.steps.0.text.en"),
        (("{number} {minutes}", "{number"), 41, "ladders.0.steps.0.text.zh"),
        (('responsible = "crew"\n', 'responsible = "crew"\nstatistic = "min_lead"\n'), 7,
         "segments.0"),
    ],
)  # fmt: skip
def test_every_slip_is_named_with_line_and_field(
    slip: tuple[str, str], line: int, field: str
) -> None:
    assert slip[0] in GOOD
    found = versions.check(GOOD.replace(*slip, 1), ())
    assert isinstance(found, list)
    assert [(one.line, one.field) for one in found] == [(line, field)]


def test_a_text_of_brackets_alone_is_refused() -> None:
    found = versions.check(f"x = {'[' * 20_000}{']' * 20_000}", ())
    assert isinstance(found, list)
    assert [(one.line, one.field) for one in found] == [(1, "document")]


def test_slips_of_sense_are_named_beside_those_of_fit() -> None:
    slips = GOOD.replace('stop = "F"', 'stop = "Z"').replace("22:00-06:00", "22:00-22:00")
    found = versions.check(slips, ())
    assert isinstance(found, list)
    assert [one.line for one in found] == [15, 22]


@pytest.mark.parametrize(
    ("slip", "field"),
    [
        (("2026-01-03", "2036-01-03"), "years.0.holidays.0.to"),
        (("[2026-01-04]", "[2026-01-02]"), "years.0.working.0"),
        (("week = [1, 2", "week = [1, 1"), "week"),
    ],
)
def test_a_calendar_does_not_contradict_itself(slip: tuple[str, str], field: str) -> None:
    text = """\
code = "ours"
name = { zh = "日", en = "Days" }
zone = "Asia/Shanghai"
week = [1, 2, 3, 4, 5]
[[years]]
year = 2026
source = "notice"
confidence = "official_page"
holidays = [{ name = { zh = "元旦", en = "New Year" }, from = 2026-01-01, to = 2026-01-03 }]
working = [2026-01-04]
"""
    assert not isinstance(versions.check_calendar(text), list)
    found = versions.check_calendar(text.replace(*slip))
    assert isinstance(found, list)
    assert field in [one.field for one in found]


def test_what_comes_with_paidan_makes_sense() -> None:
    assert not isinstance(versions.check(GOOD, ()), list)
    for name in policy_names():
        assert not isinstance(
            versions.check(shipped_text("policies", name), calendar_names()), list
        )
    for name in calendar_names():
        assert not isinstance(versions.check_calendar(shipped_text("calendars", name)), list)


def test_codes_are_those_of_tickets_and_customers() -> None:
    assert sense.KINDS == TICKET_KINDS
    assert sense.CUSTOMERS == IMPORTANCES
