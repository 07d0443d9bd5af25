"""Typical times: the interval keeps its word, order does not matter, the one-minute rule."""

from datetime import UTC, datetime, timedelta
from math import comb
from types import MappingProxyType
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.calibration import (
    BANDS,
    Sample,
    Typical,
    band_of,
    left_out,
    lines,
    place_of,
    ranks,
    typical,
)
from sla.documents import load_policy, parse_policy, policy_names, shipped_text
from sla.facts import Facts
from sla.policy import Policy
from sla.proposals import derived_from, new_limits, proposed_document, written
from sla.segments import segments, total
from sla.timelines import PointTime, Timeline

T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
BEIJING = load_policy("beijing")
TIMES = st.lists(st.floats(0, 1e5).map(lambda spent: round(spent, 6)), min_size=6, max_size=120)


def exact(count: int, share: float, low: int, high: int) -> float:
    """P(low <= Binomial <= high - 1), term by term."""
    return sum(comb(count, i) * share**i * (1 - share) ** (count - i) for i in range(low, high))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9, 0.95])
@pytest.mark.parametrize("count", [6, 29, 30, 100, 400])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_ranks_are_the_narrowest_that_hold_with_equal_tails(count, share, level):
    found, tail = ranks(count, share, level), (1 - level) / 2
    if found is None:  # then the extremes themselves leave too much outside
        below, above = exact(count, share, 0, 1), exact(count, share, count, count + 1)
        assert max(below, above) > tail
        return
    assert found.coverage == pytest.approx(exact(count, share, found.low, found.high), abs=1e-9)
    assert found.coverage >= level
    # One rank further inwards on either side would leave out more than its tail.
    assert exact(count, share, 0, found.low) <= tail < exact(count, share, 0, found.low + 1)
    beyond = exact(count, share, found.high, count + 1)
    assert beyond <= tail < exact(count, share, found.high - 1, count + 1)


def test_a_table_of_the_textbook():
    """Median, 95 %: n = 6 gives the extremes, n = 10 the 2nd and 9th, n = 20 the 6th and 15th."""
    assert [(one.low, one.high) for n in (6, 10, 20) if (one := ranks(n, 0.5))] == [
        (1, 6), (2, 9), (6, 15),
    ]  # fmt: skip
    assert ranks(5, 0.5) is None
    assert ranks(71, 0.95) is None
    assert ranks(72, 0.95) is not None


DRAWS = {
    "exponential": (lambda rng, n: rng.exponential(300, n), lambda p: -300 * np.log(1 - p)),
    "uniform": (lambda rng, n: rng.uniform(0, 60, n), lambda p: 60 * p),
    "pareto": (lambda rng, n: rng.pareto(1.1, n) + 1, lambda p: (1 - p) ** (-1 / 1.1)),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(("count", "share"), [(31, 0.5), (200, 0.5), (200, 0.9)])
def test_the_interval_covers_the_true_quantile_as_often_as_it_says(name, count, share):
    draw, truth = DRAWS[name]
    rng = np.random.default_rng(20260302)
    rounds, held = 2000, 0
    found = ranks(count, share)
    assert found is not None
    for _ in range(rounds):
        ordered = np.sort(draw(rng, count))
        held += ordered[found.low - 1] <= truth(share) <= ordered[found.high - 1]
    error = 4 * np.sqrt(found.coverage * (1 - found.coverage) / rounds)
    assert abs(held / rounds - found.coverage) < error


@given(TIMES, st.sampled_from([0.25, 0.5, 0.8]), st.randoms())
def test_order_does_not_matter_and_the_figure_is_numpys(spent, share, chance):
    found = typical(spent, share, least=2)
    shuffled = spent[:]
    chance.shuffle(shuffled)
    assert typical(shuffled, share, least=2) == found
    if found is not None:
        assert found.at_s == pytest.approx(np.quantile(spent, share))
        assert found.low_s <= found.at_s + 1e-6
        assert found.at_s <= found.high_s + 1e-6


@given(st.floats(0, 1e6).map(lambda spent: round(spent, 6)))
def test_the_proposal_is_the_first_whole_minute_from_typical_plus_one_on(at_s):
    found = Typical(at_s, at_s, at_s, 0.95)
    assert found.exact_s == pytest.approx(at_s + 60)
    assert found.proposed_s % 60 == 0
    assert found.exact_s <= found.proposed_s < found.exact_s + 60


def test_a_whole_minute_stays_one_though_floats_are_not_exact():
    assert Typical(119.99999999999999, 0, 0, 1).proposed_s == 180
    assert Typical(120.0, 0, 0, 1).proposed_s == 180
    assert Typical(120.00000000000003, 0, 0, 1).proposed_s == 180
    assert Typical(120.000001, 0, 0, 1).proposed_s == 240


def test_too_few_observations_give_no_figure():
    assert typical([60.0] * 29) is None
    assert typical([60.0] * 30) == Typical(60, 60, 60, ranks(30, 0.5).coverage)
    assert typical([60.0] * 30, 0.99) is None  # no rank lies above p99 of thirty surely enough
    assert typical([]) is None


@pytest.mark.parametrize(
    ("hour", "bands", "said"),
    [
        (0, BANDS, "00:00-06:00"), (5, BANDS, "00:00-06:00"), (6, BANDS, "06:00-12:00"),
        (23, BANDS, "18:00-24:00"), (3, (6, 22), "22:00-06:00"), (22, (6, 22), "22:00-06:00"),
        (6, (6, 22), "06:00-22:00"),
    ],
)  # fmt: skip
def test_bands_of_the_day(hour, bands, said):
    assert band_of(hour, bands) == said


def timeline(after: dict[str, float], facts: Facts | None = None, unsure: float = 0) -> Timeline:
    points = {
        point: PointTime(T0 + timedelta(seconds=at), "test", unsure) for point, at in after.items()
    }
    return Timeline(
        uuid4(), uuid4(), uuid4(), MappingProxyType(points), facts or Facts(same_site=True)
    )


def reason(found: Timeline, code: str) -> str | None:
    judged = [*segments(BEIJING, found, T0 + timedelta(hours=1))]
    return left_out(found, next(one for one in judged if one.code == code))


def test_what_says_nothing_sure_is_left_out_with_its_reason():
    full = {"A": 0.0, "B": 60.0, "C": 70.0, "D": 100.0}
    assert reason(timeline(full), "CD") is None
    assert reason(timeline(full | {"C": 130.0}), "CD") == "anomaly"
    assert reason(timeline({"A": 0.0, "B": 60.0, "D": 100.0}), "CD") == "unknown"
    assert reason(timeline({"A": 0.0, "B": 60.0, "C": 70.0}), "CD") == "running"
    assert reason(timeline(full, unsure=30.0), "CD") is None
    assert reason(timeline(full, unsure=30.5), "CD") == "doubtful"
    talked = timeline({"A": 90.0, "B": 60.0}, Facts(released_during_call=True))
    assert reason(talked, "AB") == "released_during_call"


def sampled(spent: list[float], facts: list[Facts], by=(), policy: Policy = BEIJING):
    samples: dict = {}
    for to_crew, fact in zip(spent, facts, strict=True):
        found = timeline({"A": 0, "B": 1, "C": 2, "D": 3, "E": 3 + to_crew, "H": 900}, fact)
        judged = [*segments(policy, found, T0), total(policy, found, T0)]
        for one in judged:
            rule = next(rule for rule in policy.rules if rule.code == one.code)
            place = place_of(policy, rule, found, one, by)
            if place is not None:
                samples.setdefault(place, Sample()).add(found, one)
    return samples


def test_each_limit_of_a_segment_has_its_own_sample():
    facts = [Facts(same_site=True)] * 40 + [Facts(same_site=False)] * 40 + [Facts()] * 3
    samples = sampled([30.0] * 40 + [130.0] * 40 + [10.0] * 3, facts)
    found = [one for one in lines(BEIJING, samples) if one.place.code == "DE"]
    assert [(one.today_s, one.count, one.hindrance) for one in found] == [
        (120, 40, None), (240, 40, None), (None, 3, "no_limit"),
    ]  # fmt: skip
    assert [one.typical.proposed_s for one in found if one.typical] == [120, 240]
    assert lines(BEIJING, samples)[0].place.code == "AB"
    assert lines(BEIJING, samples)[-1].place.code == "AH"


def test_both_limits_are_seen_on_the_same_observations():
    spent = [30.0] * 30 + [110.0] * 10 + [125.0] * 5 + [300.0] * 5
    samples = sampled(spent, [Facts(same_site=True)] * 50)
    (found,) = [one for one in lines(BEIJING, samples, 0.5) if one.place.code == "DE"]
    assert (found.typical.at_s, found.typical.exact_s, found.typical.proposed_s) == (30, 90, 120)
    assert (found.today_late, found.judged, found.today_share) == (10, 50, 0.2)
    assert (found.proposed_late, found.proposed_share) == (10, 0.2)
    (found,) = [one for one in lines(BEIJING, samples, 0.85) if one.place.code == "DE"]
    assert (found.typical.proposed_s, found.proposed_late) == (240, 5)


def test_what_takes_exactly_the_limit_keeps_it_and_what_has_none_is_not_late():
    facts = [Facts(same_site=True)] * 40 + [Facts()] * 5
    samples = sampled([60.0] * 30 + [120.0] * 10 + [500.0] * 5, facts)
    found = {one.place.limit: one for one in lines(BEIJING, samples) if one.place.code == "DE"}
    assert (found[0].typical.proposed_s, found[0].proposed_late, found[0].today_late) == (120, 0, 0)
    assert (found[None].count, found[None].judged, found[None].today_late) == (5, 0, 0)


def document(samples, by=(), codes=("DE",), text: str | None = None, policy: Policy = BEIJING):
    found = lines(policy, samples)

    def about(line) -> str:
        return derived_from(line, 0.5, 0.95, "a test")

    limits = new_limits(policy, found, by, codes, about)
    version = policy.version + 1
    return proposed_document(text or shipped_text("policies", "beijing"), policy, limits, version)


def test_the_document_is_the_next_version_and_changes_nothing_else():
    samples = sampled([100.0] * 40, [Facts(same_site=True)] * 40)
    text = document(samples)
    new = parse_policy(text, "new.toml")
    assert (new.code, new.version) == ("beijing", BEIJING.version + 1)
    first, second = new.segments[3].limits
    assert (first.limit_s, first.confidence, first.when.same_site) == (180, "derived", True)
    assert first.source == (
        "Typical time plus 1 minute: median 100 s (95% interval 100 to 100 s) of n = 40, a test"
    )
    assert second == BEIJING.segments[3].limits[1]  # no observation there
    assert "# Not accepted after 4 minutes" in text  # comments stay
    unchanged = {"version": BEIJING.version, "segments": BEIJING.segments}
    assert new.model_copy(update=unchanged).model_dump() == BEIJING.model_dump()


@pytest.mark.parametrize(
    ("by", "facts", "field", "value"),
    [
        ("area", Facts(same_site=True, area_class="rural"), "area_class", ("rural",)),
        ("fault_class", Facts(same_site=True, fault_class="other"), "fault_class", ("other",)),
        ("hour", Facts(same_site=True), "hours", None),
    ],
)
def test_a_group_becomes_a_condition_before_the_limit_of_today(by, facts, field, value):
    samples = sampled(
        [100.0] * 40 + [10.0] * 40, [facts] * 40 + [Facts(same_site=False)] * 40, (by,)
    )
    new = parse_policy(document(samples, (by,)), "new.toml").segments[3].limits
    grouped = [one for one in new if one.confidence == "derived"]
    assert new[0] is grouped[0]
    assert grouped[0].when.same_site is True
    assert grouped[0].limit_s == 180
    if value is not None:  # the others' area and fault are not known: no condition can say that
        assert len(grouped) == 1
        assert getattr(grouped[0].when, field) == value
    else:
        began = T0.astimezone(BEIJING.days.zone)
        assert grouped[0].when.hours[0].hour == began.hour // 6 * 6
    assert [one for one in new if one.confidence != "derived"] == list(BEIJING.segments[3].limits)


def test_a_group_that_a_limit_is_for_already_takes_its_place():
    facts = [Facts(same_site=True, area_class="urban")] * 40
    samples = sampled([100.0] * 40, facts, ("area",))
    new = parse_policy(document(samples, ("area",), ("AH",)), "new.toml")
    assert [one.confidence for one in new.total.limits] == [
        "derived", "official_page", "official_page",
    ]  # fmt: skip
    assert new.total.limits[0].limit_s == 960


@pytest.mark.parametrize("name", policy_names())
def test_any_policy_can_be_written_anew_and_read_back(name):
    policy = load_policy(name)
    raw = policy.model_dump(by_alias=True, exclude_defaults=True)
    assert parse_policy(written(raw), "again.toml").model_dump() == policy.model_dump()


def test_limits_that_are_written_as_tables_are_written_anew():
    text = written(BEIJING.model_dump(by_alias=True, exclude_defaults=True))
    head, _, tail = text.partition("limits = [\n")
    one, _, rest = tail.partition("]\n")
    table = one.strip().removeprefix("{ ").removesuffix(" },").replace(", ", "\n")
    tables = f"{head}\n[[segments.limits]]\n{table}\n{rest}"
    policy = parse_policy(tables.replace("rules\nBJ", "rules, BJ"), "tables.toml")
    assert policy.model_dump() == BEIJING.model_dump()
    samples = sampled([100.0] * 40, [Facts(same_site=True)] * 40)
    new = document(samples, (), ("AB", "DE"), tables.replace("rules\nBJ", "rules, BJ"))
    found = parse_policy(new, "new.toml")
    assert (found.segments[0].limits[0].limit_s, found.segments[3].limits[0].limit_s) == (120, 180)


def test_the_hour_is_that_of_the_policys_zone():
    zone = ZoneInfo("Asia/Shanghai")
    here = BEIJING.on(BEIJING.days.__class__(zone))
    found = timeline({"A": 0, "B": 60})
    segment = segments(here, found, T0)[0]
    place = place_of(here, here.segments[0], found, segment, ("hour",))
    assert place.group == ("12:00-18:00",)  # 08:00 UTC is 16:00 in Shanghai
