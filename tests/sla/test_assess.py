"""Stamps in, judgement out: the format, states, bad lines, streaming."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sla.assess import RecordInvalid, assess_line
from sla.documents import load_policy, parse_policy
from tests.harness import ROOT

BEIJING = load_policy("beijing")
ALL = {
    "A": "00:00", "B": "02:00", "C": "03:00", "D": "05:00", "E": "05:30", "F": "07:00",
    "G": "10:00", "H": "30:00",
}  # fmt: skip


def time(text: str) -> str:
    return f"2026-01-05T02:{text}Z"


def line(**changes: Any) -> str:
    known = {
        "order": "1",
        "conditions": {"same_site": True, "area_class": "urban"},
        "stamps": {point: time(text) for point, text in ALL.items()},
        "holds": [],
        "now": time("59:00"),
    }
    return json.dumps({**known, **changes})


def judged(**changes: Any) -> dict[str, Any]:
    return json.loads(assess_line(BEIJING, line(**changes), 1))


def states(found: dict[str, Any]) -> list[str]:
    return [one["state"] for one in found["segments"]]


def test_a_finished_order_has_exactly_these_fields() -> None:
    found = judged()
    assert list(found) == ["order", "segments", "total", "slack_s"]
    assert found["segments"][0] == {
        "code": "AB",
        "start": time("00:00"),
        "end": time("02:00"),
        "limit_s": 120.0,
        "spent_s": 120.0,
        "state": "met",
        "responsible": "hotline",
    }
    assert states(found) == ["met"] * 7
    assert found["total"]["state"] == "met"
    assert found["slack_s"] == 15 * 60


def test_each_state() -> None:
    stamps = {"A": time("00:00"), "B": time("02:00.000001"), "C": time("01:00")}
    found = judged(stamps=stamps, now=time("02:59"))
    assert states(found) == ["breached", "anomaly", "running", *["pending"] * 4]
    assert found["segments"][1]["spent_s"] == pytest.approx(-60.000001)
    found = judged(stamps=stamps, now=time("03:00.000001"))
    assert states(found)[2] == "breached"  # it runs, but can no longer be met
    assert found["segments"][2]["end"] is None
    found = judged(stamps={"A": time("00:00"), "C": time("01:00")}, now=time("01:30"))
    assert states(found)[:3] == ["unknown", "unknown", "running"]
    found = judged(conditions={})  # D–E and the total depend on what is not known
    assert found["segments"][3]["state"] == found["total"]["state"] == "unknown"
    assert found["slack_s"] is None


def test_exactly_at_the_limit_is_met_and_a_microsecond_later_is_not() -> None:
    stamps = {"A": time("00:00"), "B": time("02:00")}
    assert states(judged(stamps=stamps))[0] == "met"
    assert states(judged(stamps={**stamps, "B": time("02:00.000001")}))[0] == "breached"


def test_released_while_the_caller_talked() -> None:
    early = {"A": time("01:00"), "B": time("00:30")}
    found = judged(stamps=early, conditions={"released_during_call": True, "area_class": "urban"})
    assert (found["segments"][0]["state"], found["segments"][0]["spent_s"]) == ("met", 0.0)


HOLDS = """
code = "held"
version = 1
name = { zh = "停", en = "held" }
parties = { crew = { zh = "组", en = "crew" } }
[[segments]]
code = "GH"
name = { zh = "路", en = "road" }
from = "G"
to = "H"
subject = "assignment"
responsible = "crew"
limits = [{ limit_s = 600, source = "test", confidence = "seed" }]
[[goals]]
code = "record"
name = { zh = "填单", en = "record" }
from = "H"
to = "recorded"
subject = "assignment"
responsible = "crew"
limits = [{ limit_s = 300, when = { facts = { storm = true } }, source = "t", confidence = "seed" }]
[[pauses]]
kind = "no_access"
name = { zh = "进不去", en = "no access" }
stops = ["GH"]
most_s = 120
"""


def test_holds_stop_clocks_when_approved_and_as_long_as_the_policy_says() -> None:
    policy = parse_policy(HOLDS, "held.toml")
    hold = {"kind": "no_access", "start": time("12:00"), "end": time("20:00")}

    def spent(*holds: dict[str, Any]) -> dict[str, Any]:
        stamps = {"G": time("10:00"), "H": time("22:00"), "recorded": time("26:00")}
        text = line(stamps=stamps, holds=holds, conditions={"storm": True})
        return json.loads(assess_line(policy, text, 1))

    assert spent()["segments"][0]["spent_s"] == 720
    assert spent(hold)["segments"][0]["state"] == "breached"
    found = spent({**hold, "approved": True})
    assert (found["segments"][0]["spent_s"], found["segments"][0]["state"]) == (600, "met")
    assert found["goals"][0]["state"] == "met"
    assert found["total"] is found["slack_s"] is None
    assert spent({**hold, "kind": "tea"})["ignored_holds"] == ["tea"]


@pytest.mark.parametrize(
    ("holds", "held"),
    [
        ([("11:00", "12:00"), ("12:00", "13:30")], 150),  # one after the other
        ([("11:00", None), ("14:00", "15:00")], 180),  # the first ends by what one may last
        ([("11:00", "12:30"), ("12:00", "13:00")], 120),  # what overlaps counts once
        ([("11:00", "20:00"), ("11:30", "20:00")], 150),
        ([("11:00", None), ("14:00", None), ("17:00", None)], 270),  # all together
    ],
)
def test_each_hold_is_cut_for_itself_then_all_of_a_kind(
    holds: list[tuple[str, str | None]], held: float
) -> None:
    policy = parse_policy(HOLDS + "most_total_s = 270\n", "held.toml")
    given = [
        {"kind": "no_access", "start": time(a), "end": b and time(b), "approved": True}
        for a, b in holds
    ]
    stamps = {"G": time("10:00"), "H": time("24:00")}
    found = json.loads(assess_line(policy, line(stamps=stamps, holds=given), 1))
    assert found["segments"][0]["spent_s"] == 840 - held


@pytest.mark.parametrize(
    ("name", "part"),
    [("state_grid_repair", "total"), ("regulator_repair", "total"), ("water_leaks", "goals")],
)
def test_what_is_promised_to_a_customer_does_not_wait_for_a_crew(name: str, part: str) -> None:
    queued = {"kind": "queued", "start": time("10:00"), "end": time("55:00"), "approved": True}
    found = json.loads(
        assess_line(
            load_policy(name),
            line(
                stamps={"A": time("00:00"), "H": "2026-01-05T03:10:00Z"},
                holds=[queued],
                conditions={"area_class": "urban"},
            ),
            1,
        )
    )
    whole = found[part] if part == "total" else found[part][0]
    assert (whole["spent_s"], whole["state"]) == (4200, "breached")


def test_several_attempts_and_what_they_cost() -> None:
    lost = {"start": time("05:00"), "end": time("09:00"), "responsible": "centre"}
    stamps = {point: time(text) for point, text in ALL.items()}
    again = {**stamps, "D": time("09:00"), "E": time("09:10"), "F": time("09:20")}
    found = judged(
        stamps=again,
        detours=[lost],
        attempts=[{"stamps": {"D": time("05:00")}, "ended_at": time("06:30")}],
    )
    assert found["segments"][2]["spent_s"] == 120  # C–D: the four minutes are in no segment
    assert found["detours"] == [{**lost, "lost_s": 240.0}]
    spent = sum(one["spent_s"] for one in found["segments"])
    assert spent + 240 == found["total"]["spent_s"]
    broken_off = found["attempts"][0]["segments"][3]
    assert (broken_off["state"], broken_off["spent_s"]) == ("unknown", None)


def test_an_attempt_that_was_late_when_it_was_recalled_stays_late() -> None:
    stamps = {point: time(text) for point, text in ALL.items()}
    attempt = {"stamps": {"D": time("05:00"), "E": time("05:10")}, "ended_at": time("09:00")}
    found = judged(stamps={**stamps, "D": time("09:00")}, attempts=[attempt])
    never_accepted = found["attempts"][0]["segments"][4]
    assert (never_accepted["code"], never_accepted["state"]) == ("EF", "breached")
    assert (never_accepted["end"], never_accepted["spent_s"]) == (time("09:00"), 230)


@pytest.mark.parametrize(("rule", "state"), [("first", "met"), ("own", "breached")])
def test_whose_arrival_stops_the_total_is_the_policys_rule(rule: str, state: str) -> None:
    policy = BEIJING.model_copy(update={"arrival": rule})
    late = {**{point: time(text) for point, text in ALL.items()}, "H": time("58:00")}
    gone = {"stamps": {"A": time("00:00"), "H": time("20:00")}, "ended_at": time("25:00")}
    found = json.loads(assess_line(policy, line(stamps=late, attempts=[gone]), 1))
    assert (found["total"]["state"], found["segments"][-1]["state"]) == (state, "breached")
    assert found["total"]["end"] == time("20:00" if rule == "first" else "58:00")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"stamps": {"A": "2026-01-05T02:00:00"}}, ["stamps.A"]),
        ({"stamps": {"A": 5, "Q": time("00:00")}}, ["stamps.A"]),
        ({"stamps": {"Q": time("00:00")}}, ["stamps.Q"]),
        ({"conditions": {"same_site": "yes", "storm": []}},
         ["conditions.same_site", "conditions.storm"]),
        ({"holds": [{"kind": "x", "start": time("02:00"), "end": time("01:00")}]}, ["holds.0.end"]),
        ({"holds": [{"kind": "x"}]}, ["holds.0.start"]),
        ({"now": None}, ["now"]),
        ({"order": None}, ["order"]),
        ({"order": 1.5}, ["order"]),
        ({"stamp": {}}, ["stamp"]),
        ({"stamps": {"A": {"at": time("00:00"), "uncertainty_s": 1e400}}}, ["stamps.A"]),
        ({"stamps": {"A": "9999-12-31T23:59:00Z"}, "now": "9999-12-31T23:59:30Z"}, ["line"]),
        ({"holds": [{"kind": "x", "start": time("02:00"), "responsible": "me"}]},
         ["holds.0.responsible"]),
    ],
)  # fmt: skip
def test_bad_fields_are_named(changes: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(RecordInvalid) as refused:
        assess_line(BEIJING, line(**changes), 17)
    assert [(one.line, one.field) for one in refused.value.wrong] == [(17, one) for one in fields]
    assert all(
        "\u4e00" <= zh[0] <= "\u9fff" for zh, _ in (one.words for one in refused.value.wrong)
    )


def test_what_counts_for_nothing_is_said() -> None:
    hold = {"kind": "no_access", "start": time("12:00"), "end": time("14:00")}
    found = judged(
        holds=[hold, {**hold, "kind": "tea", "approved": True}],
        conditions={"area_class": "urban", "same_site": True, "are": "urban"},
    )
    assert found["ignored_holds"] == ["no_access", "tea"]
    assert found["ignored_conditions"] == ["are"]
    assert "ignored_holds" not in judged(holds=[{**hold, "approved": True}])


def test_null_is_as_good_as_missing() -> None:
    empty = judged(holds=None, detours=None, attempts=None, ended_at=None)
    assert empty == judged()


def test_a_stretch_into_a_year_that_nobody_has_announced_says_so() -> None:
    text = line(stamps={"received": "2026-12-30T02:00:00Z"}, conditions={}, now=time("59:00"))
    answer = json.loads(assess_line(load_policy("complaints"), text, 1))["goals"][-1]
    assert (answer["state"], answer["limit_s"]) == ("unknown", None)
    assert answer["mark"] == "calendar_ends"


def test_a_policy_of_its_own_calendar(tmp_path: Path) -> None:
    own = tmp_path / "china.toml"
    own.write_text(
        'code = "china"\nname = { zh = "自", en = "own" }\nzone = "Asia/Shanghai"\n'
        'week = [1, 2, 3, 4, 5]\nyears = [{ year = 2026, source = "t", confidence = "derived" },'
        ' { year = 2027, source = "t", confidence = "derived" }]\n',
        encoding="utf-8-sig",
    )
    record = line(stamps={"received": "2026-12-30T02:00:00Z"}, conditions={}).encode()
    words = ("--policy", "complaints", "--days", str(own))
    out, errors = (done := paidan(*words, folder=tmp_path)).communicate(b"\xef\xbb\xbf" + record)
    assert (done.returncode, errors) == (0, b"")
    answer = json.loads(out)["goals"][-1]
    assert "mark" not in answer
    assert answer["limit_s"] > 4 * 86400


def paidan(*words: str, folder: Path) -> "subprocess.Popen[bytes]":
    kept = {key: text for key, text in os.environ.items() if not key.startswith("PAIDAN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", "sla", "assess", *words],
        cwd=ROOT,
        env={**kept, "PAIDAN_DATA_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_good_lines_are_judged_beside_bad_ones_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text("\n".join([line(), "nonsense", "", line(order=2, stamp=1), line(order=3)]))
    empty = tmp_path / "data"
    empty.mkdir()
    out, errors = (done := paidan("--policy", "beijing", str(file), folder=empty)).communicate()
    assert done.returncode == 1
    assert [json.loads(one)["order"] for one in out.splitlines()] == ["1", 3]
    named = errors.decode().splitlines()
    assert [one.partition(" line ")[2][0] for one in named] == ["2", "4"]
    assert "stamp:" in named[1]
    assert list(empty.iterdir()) == []


def test_standard_input_is_judged_as_long_as_it_goes_on(tmp_path: Path) -> None:
    """More than any buffer holds is answered before the input ends."""
    with paidan("--policy", "beijing", "-", folder=tmp_path) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write((line() + "\n").encode() * 50)
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["order"] == "1"
        rest, errors = running.communicate(line(order="last").encode())
    assert (running.returncode, errors) == (0, b"")
    assert json.loads(rest.splitlines()[-1])["order"] == "last"


def test_a_policy_that_does_not_exist_is_named(tmp_path: Path) -> None:
    out, errors = (done := paidan("--policy", "nowhere", folder=tmp_path)).communicate(b"")
    assert (done.returncode, out) == (2, b"")
    assert "nowhere" in errors.decode()


def test_a_goal_for_others_is_none_of_the_record() -> None:
    def codes(name: str, **conditions: Any) -> list[str]:
        stamps = {"A": time("00:00")}
        text = line(stamps=stamps, conditions=conditions)
        return [one["code"] for one in json.loads(assess_line(load_policy(name), text, 1))["goals"]]

    assert codes("gas_emergencies", fault_class="gas_leak") == ["Leak"]
    assert codes("gas_emergencies") == ["Leak", "Indoor"]  # nobody knows yet which it is
    assert "TurnoutAmbulance" not in codes("nfpa_1710", call="fire")
    assert codes("gb_gas", controlled=True) == ["Controlled"]
    assert codes("gb_gas", controlled="yes") == [
        "Uncontrolled",
        "Controlled",
    ]  # says neither


def test_what_has_no_limit_is_not_calm() -> None:
    found = json.loads(
        assess_line(
            load_policy("regulator_repair"), line(stamps={"A": time("00:00")}, conditions={}), 1
        )
    )
    assert (found["total"]["state"], found["total"]["limit_s"]) == ("unknown", None)
