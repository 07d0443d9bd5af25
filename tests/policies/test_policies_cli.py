"""`paidan sla policies`: what somebody at a terminal sees and does."""

import json
from pathlib import Path

import pytest

from api.cli import main
from dispatch.starter import ORG_ID
from sla.documents import load_policy, policy_names, shipped_text
from tests.policies.test_versions import NEXT, changed

pytestmark = pytest.mark.usefixtures("organisation")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    file = tmp_path / "second.toml"
    file.write_text(changed(NEXT, **{"limit_s = 1680": "limit_s = 1500"}), encoding="utf-8")
    return file


def test_the_list_tells_state_and_source(capsys):
    assert main(["sla", "policies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {f"{one['code']}" for one in found} == {name.split("@")[0] for name in policy_names()}
    state = {f"{one['code']}@{one['version']}": one["state"] for one in found}
    assert state[f"beijing@{load_policy('beijing').version}"] == "in_force"
    assert (state["beijing@1"], state["enquiries@1"]) == ("superseded", "waiting")
    (enquiries,) = [one for one in found if one["code"] == "enquiries"]
    assert "SG-CONSULT" in enquiries["figures"][0]["source"]
    assert enquiries["figures"][0]["doubtful"] is True
    assert main(["sla", "policies", "--figures"]) == 0
    printed = capsys.readouterr().out
    assert "待确认" in printed
    assert "BJ-AB" in printed


def test_checking_names_file_line_and_field(tmp_path, capsys):
    bad = tmp_path / "bad.toml"
    text = shipped_text("policies", "beijing").replace('responsible = "hotline"', "responsible = 7")
    bad.write_text(text, encoding="utf-8")
    line = text[: text.index("responsible = 7")].count("\n") + 1
    assert main(["sla", "policies", "check", str(bad)]) == 1
    assert f"{bad}:{line}: segments.0.responsible:" in capsys.readouterr().err
    bad.write_text("code = ", encoding="utf-8")
    assert main(["sla", "policies", "check", str(bad)]) == 1
    assert f"{bad}:1: document:" in capsys.readouterr().err
    assert main(["sla", "policies", "check", str(tmp_path / "gone.toml")]) == 2
    assert "gone.toml" in capsys.readouterr().err


def test_what_differs_is_told_in_both_languages(second, capsys):
    assert main(["sla", "policies", "diff", "beijing", str(second)]) == 0
    printed = capsys.readouterr().out
    assert "~ 行驶（GH） · 时限 1 · 时限：28 分钟 → 25 分钟" in printed
    assert "Travel (GH) · limit 1 · limit: 28 min → 25 min" in printed
    assert main(["sla", "policies", "diff", "beijing", "beijing", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["sla", "policies", "diff", "beijing@77", str(second)]) == 2


def test_a_file_is_imported_once_and_never_changed(second, capsys):
    words = ["sla", "policies", "import", str(second)]
    assert main([*words, "--from", "2100-01-01"]) == 0
    assert f"beijing@{NEXT}: 已保存 kept, 未到期 future" in capsys.readouterr().out
    assert main(words) == 0
    assert "there already, nothing changed" in capsys.readouterr().out
    second.write_text(changed(NEXT, **{"limit_s = 1680": "limit_s = 1400"}), encoding="utf-8")
    assert main(words) == 2
    assert f"{NEXT + 1}" in capsys.readouterr().err
    second.write_text("code = 1", encoding="utf-8")
    assert main(words) == 2
    assert "second.toml" in capsys.readouterr().err


def test_a_calendar_is_imported(tmp_path, capsys):
    assert ORG_ID == 1
    file = tmp_path / "own.toml"
    file.write_text(shipped_text("calendars", "weekdays").replace("UTC", "Asia/Shanghai"))
    assert main(["sla", "policies", "import", "--calendar", str(file)]) == 0
    assert "weekdays@2" in capsys.readouterr().out
    assert main(["sla", "policies", "check", "--calendar", str(file)]) == 0
    assert main(["sla", "policies", "import", "--calendar", str(file), "--from", "2100-01-01"]) == 2
    assert "holds at once" in capsys.readouterr().err


def test_the_text_that_is_kept_can_be_had_again(second, capsys):
    assert main(["sla", "policies", "show", f"beijing@{NEXT - 1}"]) == 0
    assert capsys.readouterr().out == shipped_text("policies", "beijing")
    assert main(["sla", "policies", "import", str(second)]) == 0
    capsys.readouterr()
    assert main(["sla", "policies", "show", "beijing"]) == 0
    assert capsys.readouterr().out == second.read_text(encoding="utf-8")
    assert main(["sla", "policies", "show", "--calendar", "china"]) == 0
    assert capsys.readouterr().out == shipped_text("calendars", "china")
    assert main(["sla", "policies", "show", "--calendar", "china@77"]) == 2
    assert "weekdays" in capsys.readouterr().err
    assert main(["sla", "policies", "calendars"]) == 0
    assert "2026" in capsys.readouterr().out


def test_a_calendar_of_ones_own_serves_files_that_are_not_imported(tmp_path, capsys):
    days, policy, record = (tmp_path / name for name in ("days.toml", "own.toml", "one.jsonl"))
    text = shipped_text("calendars", "weekdays").replace('code = "weekdays"', 'code = "ours"')
    days.write_text(text.replace("[1, 2, 3, 4, 5]", "[6, 7]"), encoding="utf-8")
    complaints = shipped_text("policies", "complaints")
    policy.write_text(complaints.replace('"china"', '"ours"'), encoding="utf-8")
    record.write_text(
        '{"order": 1, "stamps": {"received": "2026-03-02T02:00:00Z"},'
        ' "now": "2026-03-09T02:00:00Z"}',
        encoding="utf-8",
    )
    assert main(["sla", "policies", "check", str(policy)]) == 1
    assert main(["sla", "policies", "check", str(policy), "--days", str(days)]) == 0
    capsys.readouterr()
    words = ["sla", "assess", str(record), "--policy"]
    assert main([*words, str(policy)]) == 2
    assert "calendar called ours" in capsys.readouterr().err
    assert main([*words, str(policy), "--days", str(days)]) == 0
    own = json.loads(capsys.readouterr().out)["goals"][-1]
    assert main([*words, "complaints"]) == 0
    china = json.loads(capsys.readouterr().out)["goals"][-1]
    assert (own["state"], china["state"]) == ("running", "breached")
