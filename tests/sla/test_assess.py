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


def test_several_attempts_and_what_they_cost() -> None:
    lost = {"start": time("05:00"), "end": time("09:00"), "responsible": "centre"}
    stamps = {point: time(text) for point, text in ALL.items()}
    again = {**stamps, "D": time("09:00"), "E": time("09:10"), "F": time("09:20")}
    found = judged(
        stamps=again,
        detours=[lost],
        attempts=[{"stamps": {"D": time("05:00")}, "ended_at": time("08:00")}],
    )
    assert found["segments"][2]["spent_s"] == 120  # C–D: the four minutes are in no segment
    assert found["detours"] == [{**lost, "lost_s": 240.0}]
    spent = sum(one["spent_s"] for one in found["segments"])
    assert spent + 240 == found["total"]["spent_s"]
    assert found["attempts"][0]["segments"][3]["state"] == "unknown"


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
        ({"stamp": {}}, ["stamp"]),
    ],
)  # fmt: skip
def test_bad_fields_are_named(changes: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(RecordInvalid) as refused:
        assess_line(BEIJING, line(**changes), 17)
    assert [(one.line, one.field) for one in refused.value.wrong] == [(17, one) for one in fields]


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
