"""What a file may look like: encodings, workbooks, delimiters, spreadsheets' habits, any order."""

import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import text

from core.db import session_factory
from tests.directory.imports import (
    CUSTOMERS,
    EVERY,
    TABLES,
    Table,
    bring,
    bring_all,
    counts,
    directory,
    findings,
    write_csv,
)


def workbook(path: Path, rows: Table) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "gb18030",
        "gbk",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
    ],
)
def test_encodings(organisation: int, tmp_path: Path, encoding: str) -> None:
    run = bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS, encoding))
    assert counts(run) == {"rows": 2, "added": 2}
    assert [row["name_zh"] for row in directory()["customer"]] == ["张三", "第一医院"]


def test_a_file_with_nul_in_it_is_judged_like_any_other(organisation: int, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes("户号,户名,备\0注\n1\0,张三,\n2,李\0四,\n3,王五,\0\n".encode())
    run = bring("customers", tmp_path / "c.csv")
    assert counts(run) == {"rows": 3, "added": 1, "rejected": 2}
    assert findings(run) == [(2, "number", "bad_code"), (3, "name_zh", "bad_text")]
    assert run.ignored == ["备\ufffd注"]


def test_a_workbook_with_real_numbers_and_dates(organisation: int, tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ("户号", "户名", "合同容量", "运行容量", "送电日期"),
        (1001, "张三", 8, 8.0, date(2010, 5, 1)),
        (None, None, None, None, None),
        (1002, "第一医院", 2000.5, 1600, "2001/1/2"),
        (1003, "错行", 8, 9, None),
    ):
        book.active.append(row)
    book.save(tmp_path / "客户.xlsx")
    run = bring("customers", tmp_path / "客户.xlsx")
    assert counts(run) == {"rows": 3, "added": 2, "rejected": 1}
    assert findings(run) == [(5, "contract_kva", "capacity_below_running")]
    rows = {row["number"]: row for row in directory()["customer"]}
    assert (rows["1001"]["contract_kva"], str(rows["1001"]["commissioned_on"])) == (8, "2010-05-01")


def test_the_same_workbook_again_changes_nothing(organisation: int, tmp_path: Path) -> None:
    bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS))
    run = bring("customers", workbook(tmp_path / "c.xlsx", CUSTOMERS))
    assert counts(run) == {"rows": 2, "same": 2}


def test_blank_rows_tabs_gzip_and_spreadsheet_quotes(organisation: int, tmp_path: Path) -> None:
    lines = ["户名\t户号\t备注", "", '张三\t="0012"\tx', "\t\t", "李四\t'0013\t", "王\t００１４\t"]
    path = tmp_path / "c.csv.gz"
    path.write_bytes(gzip.compress("\r\n".join(lines).encode("gb18030")))
    run = bring("customers", path)
    assert counts(run) == {"rows": 3, "added": 3}
    assert run.ignored == ["备注"]
    assert [row["number"] for row in directory()["customer"]] == ["0012", "0013", "0014"]


def test_what_is_no_file_to_import_ends_visibly(organisation: int, tmp_path: Path) -> None:
    cases = {
        "empty.csv": b"\n\n",
        "twice.csv": "户号,户名,户号\n1,a,2\n".encode(),
        "without.csv": "户号\n1\n".encode(),
        "binary.csv": bytes(range(256)) * 4,
        "header.csv": "户号,户名\n".encode(),
        "torn.xlsx": b"PK\x03\x04 no workbook",
        "big5.csv": "戶號,戶名\n1,這\n".encode("big5") + b"\xff\n",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        run = bring("customers", tmp_path / name)
        assert run.state == "failed", name
        assert run.failure_zh
        assert run.failure_en
    assert "户号 / number: is there twice" in (
        bring("customers", tmp_path / "twice.csv").failure_en or ""
    )
    reasons = {name: bring("customers", tmp_path / name).failure_en for name in cases}
    in_chinese = bring("customers", tmp_path / "header.csv").failure_zh
    assert in_chinese == "文件 header.csv 无法读取：表头下面没有数据行"
    assert "no rows below the header" in (reasons["header.csv"] or "")
    assert "no workbook" in (reasons["torn.xlsx"] or "")
    assert "not text in gb18030" in (reasons["big5.csv"] or "")
    assert directory()["customer"] == []


def test_numbers_keep_the_zeros_that_a_workbook_shows(organisation: int, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(("户号", "户名"))
    book.active.append((100000101, "张三"))
    book.active["A2"].number_format = "0000000000"
    book.active.append((1002, "=B2"))
    book.active.append(("=A2+1", "李四"))
    book.save(tmp_path / "c.xlsx")
    run = bring("customers", tmp_path / "c.xlsx")
    assert [row["number"] for row in directory()["customer"]] == ["0100000101"]
    assert findings(run) == [(3, "name_zh", "formula"), (4, "number", "formula")]


ROWS = [
    ("A", "甲", "8", "8"),
    ("B", "乙", "16", "8"),
    ("C", "丙", "", ""),
    ("D", "丁", "1", "2"),
    ("E", "", "8", "8"),
    ("F", "己", "8", "x"),
]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(range(len(ROWS))),
    repeats=st.lists(st.sampled_from(range(len(ROWS))), max_size=6),
    batch=st.integers(1, 5),
)
def test_order_repeats_and_batches_do_not_matter(
    module_organisation: int,
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    repeats: list[int],
    batch: int,
) -> None:
    """Whatever the order, whatever is said twice, however it is cut: the same directory."""
    with session_factory()() as session:
        session.execute(text("DELETE FROM customer"))
        session.commit()
    rows = [ROWS[place] for place in [*order, *repeats]]
    header = ("户号", "户名", "合同容量", "运行容量")
    path = write_csv(tmp_path_factory.mktemp("any") / "c.csv", (header, *rows))
    run = bring("customers", path, batch=batch)
    stands = [
        (row["number"], row["name_zh"], row["contract_kva"]) for row in directory()["customer"]
    ]
    assert sorted(stands, key=str) == [("A", "甲", 8.0), ("B", "乙", 16.0), ("C", "丙", None)]
    assert run.added == 3
    assert run.rejected == sum(row[0] in "DEF" for row in rows)
    again = bring("customers", path, batch=batch)
    assert (again.added, again.changed, again.same) == (0, 0, run.added + run.same)


def test_any_order_of_a_tree(organisation: int, tmp_path: Path) -> None:
    runs = bring_all(tmp_path)
    before = directory()
    for kind in ("regions", "nodes"):
        header, *rows = EVERY[kind]
        turned = write_csv(tmp_path / "turned.csv", (header, *reversed(rows)))
        assert counts(bring(kind, turned)) == {"rows": runs[kind].rows, "same": runs[kind].rows}
    assert directory() == before
    assert all(before[table] for table in TABLES)
