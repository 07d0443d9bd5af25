"""Every data-quality rule, by a row that breaks it and a neighbour that does not."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.clock import now
from core.db import read_session
from dispatch.directory.imports.quality import RULES, TABLE
from dispatch.directory.models import NetworkNode
from tests.directory.imports import (
    CUSTOMERS,
    EVERY,
    NODES,
    PHONES,
    PREMISES,
    REGIONS,
    Table,
    bring,
    bring_all,
    directory,
    findings,
    write_csv,
)

TOMORROW = (now() + timedelta(days=2)).date().isoformat()
SQUARE = "POLYGON((116 39, 117 39, 117 40, 116 40, 116 39))"
BOW = "POLYGON((116 39, 117 40, 117 39, 116 40, 116 39))"
ACCOUNT = ("户号", "户名", "供电电压", "用电类别", "合同容量", "运行容量", "送电日期")
NODE = NODES[0]

# Rule → kind, file, and in which row and column it is found.
CASES: dict[str, tuple[str, Table, int, str]] = {
    "column_count": ("customers", (ACCOUNT, ("1", "a")), 2, ""),
    "required": ("regions", (REGIONS[0], ("1", "", "", "", "")), 2, "name_zh"),
    "bad_code": ("customers", (("户号", "户名"), ("10 01", "张")), 2, "number"),
    "mangled_number": ("customers", (("户号", "户名"), ("1.1E+17", "张")), 2, "number"),
    "formula": ("customers", (("户号", "户名"), ("1", "=A1&B1")), 2, "name_zh"),
    "too_long": ("customers", (("户号", "户名"), ("1", "张" * 301)), 2, "name_zh"),
    "bad_text": ("customers", (("户号", "户名"), ("1", "张\n三")), 2, "name_zh"),
    "unknown_choice": ("premises", (PREMISES[0], ("A", "110105", "x", "山区", "", "")), 2, "area_class"),
    "bad_number": ("customers", (ACCOUNT, ("1", "张", "", "", "八", "", "")), 2, "contract_kva"),
    "bad_date": ("customers", (ACCOUNT, ("1", "张", "", "", "", "", "2020-02-30")), 2, "commissioned_on"),
    "bad_outline": ("regions", (("code", "name", "outline"), ("1", "a", "POINT(1 2)")), 2, "outline"),
    "coordinate_range": ("nodes", (NODE, ("B9", "变电站", "", "站", "39", "200")), 2, "lon"),
    "coordinates_swapped": ("nodes", (NODE, ("B9", "变电站", "", "站", "116.4", "39.9")), 2, "lat"),
    "coordinate_half": ("nodes", (NODE, ("B9", "变电站", "", "站", "39.9", "")), 2, "lon"),
    "coordinate_zero": ("nodes", (NODE, ("B9", "变电站", "", "站", "0", "0")), 2, "lat"),
    "no_coordinates": ("premises", (PREMISES[0], ("A", "110105", "x", "", "", "")), 2, "lat"),
    "outside_region": ("premises", (PREMISES[0], ("A", "SQ", "x", "", "41", "116.5")), 2, "lat"),
    "outline_mended": ("regions", (("code", "name", "outline"), ("1", "a", BOW)), 2, "outline"),
    "far_from_transformer": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1001", "FAR", "T1")), 2, "premise"),
    "capacity_below_running": ("customers", (ACCOUNT, ("1", "张", "", "", "8", "16", "")), 2, "contract_kva"),
    "capacity_negative": ("customers", (ACCOUNT, ("1", "张", "", "", "8", "-1", "")), 2, "running_kva"),
    "running_without_contract": ("customers", (ACCOUNT, ("1", "张", "", "", "", "8", "")), 2, "contract_kva"),
    "high_voltage_without_capacity": ("customers", (ACCOUNT, ("1", "厂", "10kV", "工业", "", "", "")), 2, "contract_kva"),
    "high_voltage_home": ("customers", (ACCOUNT, ("1", "张", "10", "居民", "50", "50", "")), 2, "voltage"),
    "home_capacity": ("customers", (ACCOUNT, ("1", "张", "", "居民", "500", "5", "")), 2, "contract_kva"),
    "commissioned_in_future": ("customers", (ACCOUNT, ("1", "张", "", "", "", "", TOMORROW)), 2, "commissioned_on"),
    "commissioned_too_early": ("customers", (ACCOUNT, ("1", "张", "", "", "", "", "1850-01-01")), 2, "commissioned_on"),
    "closed_with_meter": ("customers", (("户号", "户名", "账户状态"), ("1001", "张三", "销户")), 2, "account_state"),
    "account_renamed": ("customers", (("户号", "户名"), ("1001", "李四")), 2, "name_zh"),
    "duplicate": ("customers", (*CUSTOMERS, ("1001", "王五", "", "", "", "", "", "")), 4, "number"),
    "repeated_row": ("customers", (*CUSTOMERS, CUSTOMERS[1]), 4, "number"),
    "unknown_parent": ("regions", (REGIONS[0], ("1", "999", "a", "", "")), 2, "parent"),
    "parent_circle": ("nodes", (NODE, ("S8", "分段", "S8", "段", "", "")), 2, "parent"),
    "parent_order": ("nodes", (NODE, ("F8", "馈线", "T1", "线", "", "")), 2, "parent"),
    "no_parent": ("nodes", (NODE, ("F8", "馈线", "", "线", "", "")), 2, "parent"),
    "kind_changed": ("nodes", (NODE, ("T1", "馈线", "B1", "线", "", "")), 2, "kind"),
    "unknown_centre": ("regions", (REGIONS[0], ("1", "", "a", "", "moon")), 2, "centre"),
    "no_centre": ("regions", (REGIONS[0], ("1", "", "a", "", "")), 2, "centre"),
    "unknown_region": ("premises", (PREMISES[0], ("A", "999", "x", "", "39", "116")), 2, "region"),
    "unknown_customer": ("phones", (PHONES[0], ("999", "13800000009", "", "")), 2, "customer"),
    "unknown_premise": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1001", "Z", "T1")), 2, "premise"),
    "unknown_transformer": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1001", "A1", "T9")), 2, "transformer"),
    "not_a_transformer": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1001", "A1", "F1")), 2, "transformer"),
    "high_voltage_on_nothing": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1002", "A2", "")), 2, "transformer"),
    "low_voltage_on_nothing": ("service_points", (("meter", "customer", "premise", "transformer"), ("M", "1001", "A1", "")), 2, "transformer"),
    "meter_moves": ("service_points", (("meter", "customer", "premise", "transformer"), ("M2", "1001", "A1", "T1")), 2, "meter"),
    "phone_impossible": ("phones", (PHONES[0], ("1001", "138", "", "")), 2, "number"),
    "several_phones": ("phones", (PHONES[0], ("1001", "13800000009/13800000008", "", "")), 2, "number"),
    "phone_extension": ("phones", (PHONES[0], ("1001", "010-62345678转801", "", "")), 2, "number"),
    "phone_shared": ("phones", (PHONES[0], *((f"S{n}", "13800000009", "", "") for n in range(20))), 2, "number"),
}  # fmt: skip


@pytest.fixture(scope="module")
def town(module_organisation: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small town that every case is held against; cases are dry runs."""
    folder = tmp_path_factory.mktemp("town")
    bring_all(folder)
    square = (("code", "name", "outline"), ("SQ", "方区", SQUARE))
    bring("regions", write_csv(folder / "square.csv", square))
    far = (PREMISES[0], ("FAR", "110105", "远处", "", "40.9", "116.4"))
    bring("premises", write_csv(folder / "far.csv", far))
    sharers = (("户号", "户名"), *((f"S{n}", "某") for n in range(20)))
    bring("customers", write_csv(folder / "sharers.csv", sharers))
    return folder


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES)
    assert len(RULES) == len(TABLE) >= 16


@pytest.mark.parametrize("rule", CASES)
def test_a_row_that_breaks_it_is_named(town: Path, rule: str) -> None:
    kind, rows, row, field = CASES[rule]
    run = bring(kind, write_csv(town / f"{rule}.csv", rows), dry_run=True)
    assert run.state == "done", run.failure_en
    assert (row, field, rule) in findings(run)
    refused = RULES[rule].level == "error"
    assert (run.rejected > 0) == refused, findings(run)


def test_a_row_is_told_all_that_is_wrong_with_it(town: Path) -> None:
    points = (("meter", "customer", "premise", "transformer"), ("M9", "none", "none", "F1"))
    run = bring("service_points", write_csv(town / "all.csv", points), dry_run=True)
    assert findings(run) == [(2, "customer", "unknown_customer"), (2, "premise", "unknown_premise")]
    known = (points[0], ("M9", "1001", "none", "F1"), ("M 9", "none", "A1", "T9"))
    run = bring("service_points", write_csv(town / "more.csv", known), dry_run=True)
    assert findings(run) == [
        (2, "premise", "unknown_premise"),
        (2, "transformer", "not_a_transformer"),
        (3, "customer", "unknown_customer"),
        (3, "meter", "bad_code"),
        (3, "transformer", "unknown_transformer"),
    ]
    half = (PREMISES[0], ("A", "999", "x", "", "39", ""))
    run = bring("premises", write_csv(town / "half.csv", half), dry_run=True)
    assert findings(run) == [(2, "lon", "coordinate_half"), (2, "region", "unknown_region")]
    assert (run.added, run.rejected) == (0, 1)


@pytest.mark.parametrize(
    "written",
    ["010-62345678转801", "（010）62345678-801", "010 62345678 ext. 801", "010-62345678#801"],
)
def test_a_phone_keeps_its_number_without_the_extension(
    organisation: int, tmp_path: Path, written: str
) -> None:
    bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS))
    run = bring("phones", write_csv(tmp_path / "p.csv", (PHONES[0], ("1001", written, "", ""))))
    assert findings(run) == [(2, "number", "phone_extension")]
    assert [row["number"] for row in directory()["customer_phone"]] == ["+861062345678"]


def test_rows_that_break_none_are_not_named(town: Path) -> None:
    for kind, rows in EVERY.items():
        run = bring(kind, write_csv(town / f"good-{kind}.csv", rows), dry_run=True)
        assert findings(run) == []


@pytest.mark.parametrize("rule", TABLE, ids=lambda rule: rule.code)
def test_sentences_say_the_same_in_both_languages(rule: object) -> None:
    zh, en = rule.zh, rule.en  # type: ignore[attr-defined]
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)
    for name in re.findall(r"\{(\w+)\}", zh + en):
        assert name in ("value", "other")


def test_of_two_rows_the_first_good_one_stays(organisation: int, tmp_path: Path) -> None:
    rows = (
        ("户号", "户名", "合同容量", "运行容量"),
        ("1", "甲", "8", "16"),
        ("1", "乙", "16", "16"),
        ("1", "丙", "32", "16"),
    )
    run = bring("customers", write_csv(tmp_path / "c.csv", rows))
    assert findings(run) == [
        (2, "contract_kva", "capacity_below_running"),
        (4, "number", "duplicate"),
    ]
    assert (run.added, run.rejected) == (1, 2)


def test_a_refused_parent_takes_its_children_along(organisation: int, tmp_path: Path) -> None:
    rows = (
        NODE,
        ("B", "变电站", "", "站", "", ""),
        ("T", "变压器", "S2", "变", "", ""),
        ("S2", "分段", "S1", "段", "", ""),
        ("S1", "分段", "S3", "段", "", ""),
        ("S3", "分段", "S1", "段", "", ""),
        ("F", "馈线", "B", "线", "95", ""),
        ("S9", "分段", "F", "段", "", ""),
    )
    run = bring("nodes", write_csv(tmp_path / "n.csv", rows))
    assert run.added == 1
    assert {(row, rule) for row, _, rule in findings(run)} == {
        (3, "parent_circle"),
        (4, "parent_circle"),
        (5, "parent_circle"),
        (6, "parent_circle"),
        (7, "coordinates_swapped"),
        (8, "unknown_parent"),
    }


def test_a_circle_through_known_rows_is_seen(organisation: int, tmp_path: Path) -> None:
    """A hangs on B in the file; B hangs on A in the directory already."""
    known = (NODE, ("A", "分段", "", "甲", "", ""), ("B", "分段", "A", "乙", "", ""))
    bring("nodes", write_csv(tmp_path / "known.csv", known))
    run = bring("nodes", write_csv(tmp_path / "n.csv", (NODE, ("A", "分段", "B", "甲", "", ""))))
    assert findings(run) == [(2, "parent", "parent_circle")]


def test_points_of_other_map_systems_become_wgs84(organisation: int, tmp_path: Path) -> None:
    """Tiananmen as AMap and Baidu have it, beside the same in WGS-84."""
    rows = (
        ("编号", "类型", "名称", "纬度", "经度", "坐标系"),
        ("W", "变电站", "站", "39.911954", "116.377817", ""),
        ("G", "变电站", "站", "39.91334545536069", "116.38404722455657", "GCJ-02"),
        ("M", "变电站", "站", "39.9", "116.3", "mars"),
    )
    run = bring("nodes", write_csv(tmp_path / "n.csv", rows))
    assert findings(run) == [(4, "datum", "unknown_choice")]
    wanted = select(NetworkNode.lat, NetworkNode.lon).where(NetworkNode.org_id == organisation)
    with read_session() as session:
        plain, shifted = session.execute(wanted.order_by(NetworkNode.code.desc())).all()
    assert shifted == pytest.approx(plain, abs=1e-7)
