"""`paidan directory import`: what is printed, the rejects file, exit codes."""

from pathlib import Path

from typer.testing import CliRunner

from dispatch.directory.imports.cli import app
from tests.directory.imports import CUSTOMERS, bring, directory, write_csv


def test_refused_rows_end_with_1_and_a_file(organisation: int, tmp_path: Path) -> None:
    rows = (*CUSTOMERS, ("1003", "王五", "", "居民", "220V", "8", "16", ""))
    path = write_csv(tmp_path / "c.csv", rows)
    tried = CliRunner().invoke(app, ["import", "customers", str(path), "--dry-run"])
    assert tried.exit_code == 1
    assert "A dry run: nothing was written." in tried.stdout
    assert directory()["customer"] == []
    out = tmp_path / "rejects.csv"
    done = CliRunner().invoke(app, ["import", "customers", str(path), "--rejects", str(out)])
    assert done.exit_code == 1
    assert "新增 added 2" in done.stdout
    assert "4 contract_kva capacity_below_running" in done.stdout
    mended = out.read_text(encoding="utf-8-sig").replace(",8,16,", ",16,16,")
    out.write_text(mended, encoding="utf-8")
    assert bring("customers", out).added == 1


def test_a_good_file_ends_with_0_and_a_bad_one_with_1(organisation: int, tmp_path: Path) -> None:
    good = write_csv(tmp_path / "c.csv", CUSTOMERS)
    assert CliRunner().invoke(app, ["import", "customers", str(good)]).exit_code == 0
    bad = write_csv(tmp_path / "bad.csv", [("户号",), ("1",)])
    told = CliRunner().invoke(app, ["import", "customers", str(bad)])
    assert (told.exit_code, "户名 / name_zh: is missing" in told.stdout) == (1, True)
    assert not (tmp_path / "bad.csv.rejects.csv").exists()
