"""Policy files: what comes with Paidan loads; what is wrong is named by file and key."""

import pytest

from sla.documents import (
    FileUnreadable,
    PolicyInvalid,
    PolicyUnknown,
    load_policy,
    parse_policy,
    policy_names,
)
from sla.facts import Facts

SMALL = """
code = "small"
version = 1
name = { zh = "小", en = "Small" }
[parties]
crew = { zh = "班组", en = "Crew" }
[[segments]]
code = "GH"
name = { zh = "行驶", en = "Travel" }
from = "G"
to = "H"
subject = "assignment"
responsible = "crew"
limits = [{ limit_s = 60, source = "test", confidence = "derived" }]
"""


@pytest.mark.parametrize("name", policy_names())
def test_every_policy_that_comes_with_paidan_loads(name):
    policy = load_policy(name)
    assert policy.code == name.partition("@")[0]
    assert load_policy(f"{policy.code}@{policy.version}") == policy
    for rule in policy.rules:
        assert all(limit.source for limit in rule.limits)


def test_beijing_is_the_policy_of_the_rules():
    policy = load_policy("beijing")
    assert [rule.code for rule in policy.segments] == ["AB", "BC", "CD", "DE", "EF", "FG", "GH"]
    assert [rule.limits[0].limit_s / 60 for rule in policy.segments] == [2, 4, 2, 2, 2, 3, 28]
    assert [(t.from_point, t.stop_point, t.limit_s) for t in policy.timers] == [
        ("B", "centre_accepted", 240),
        ("D", "F", 240),
    ]
    for same, sum_min in ((True, 43), (False, 45)):
        limits = [
            rule.seconds(Facts(same_site=same, area_class="urban")) for rule in policy.segments
        ]
        assert sum(limit or 0 for limit in limits) == sum_min * 60


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("limit_s = 60", "limit_s = -1", "segments.0.limits.0.limit_s"),
        ("limit_s = 60", "limit = 60", "segments.0.limits.0.limit"),
        ("limit_s = 60", "limit_s = inf", "segments.0.limits.0.limit_s"),
        ("limit_s = 60", "limit = '1000000 h'", "100 years"),
        ("limit_s = 60", "limit_s = 60, when = { hours = 22 }", "limits.0.when.hours"),
        ("limit_s = 60", "limit_s = 60, when = { area_class = 'mars' }", "when.area_class"),
        ("limit_s = 60", "limit = '4 moons'", "line 14: segments.0.limits.0.limit"),
        ("limit_s = 60", "limit = '4 workdays'", "working days need a calendar"),
        ('responsible = "crew"', 'responsible = "nobody"', "nobody"),
        ('from = "G"', 'from = "X"', "segments.0.from"),
        ("version = 1", "version = 1\ncolour = 3", "colour"),
        ("version = 1", "version = ", "line 3"),
    ],
)
def test_a_wrong_file_is_refused_and_the_key_named(old, new, named):
    assert parse_policy(SMALL, "small.toml").code == "small"
    with pytest.raises(PolicyInvalid, match=r"small\.toml") as refused:
        parse_policy(SMALL.replace(old, new), "small.toml")
    assert named in str(refused.value)
    chinese = [one.sentence("zh") for one in refused.value.errors]
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in one) for one in chinese), chinese
    assert not any("值无效" in one for one in chinese), chinese


def test_segments_that_do_not_join_are_refused():
    text = SMALL + SMALL[SMALL.index("[[segments]]") :].replace('"GH"', '"BC"').replace(
        'from = "G"', 'from = "B"'
    ).replace('to = "H"', 'to = "C"')
    with pytest.raises(PolicyInvalid, match="does not begin where GH ends"):
        parse_policy(text, "small.toml")


def test_a_policy_from_a_file_and_one_that_is_not_there(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL, encoding="utf-8")
    assert load_policy(file).code == load_policy(str(file)).code == "small"
    with pytest.raises(PolicyUnknown, match="beijing"):
        load_policy("nowhere")
    with pytest.raises(PolicyUnknown):
        load_policy("beijing@99")
    with pytest.raises(FileUnreadable, match=r"gone\.toml"):
        load_policy(tmp_path / "gone.toml")
