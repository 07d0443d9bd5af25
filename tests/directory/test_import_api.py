"""Imports over HTTP: upload, worker, problems, rejects, for real, cancel."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from api.engine import tidy
from core.clock import now, real_now
from core.db import read_session, session_factory
from core.settings import settings
from dispatch.directory.imports import repository
from dispatch.directory.imports.jobs import run_import
from dispatch.directory.imports.models import ImportFile
from dispatch.starter import ORG_ID
from tests.directory.imports import (
    CUSTOMERS,
    PHONES,
    bring,
    directory,
    upload,
    waiting_job,
    work,
    write_csv,
)
from tests.office import Office


def text_of(rows: Any, encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


BAD = (
    ("户号", "户名", "供电电压", "合同容量", "运行容量"),
    ("2001", "李四", "220V", "8", "8"),
    ("2002", "王五", "220V", "8", "16"),
    ("2003", "", "900V", "8", "8"),
)


def test_checked_then_imported(own_office: Office) -> None:
    admin = own_office.person("admin")
    answer = upload(admin, "customers", "客户.csv", text_of(BAD, "gb18030"))
    assert answer.status_code == 201
    run = answer.json()
    assert (run["state"], run["dry_run"], run["mine"]) == ("queued", True, True)
    assert work() == 1
    run = admin.get(f"/api/imports/{run['id']}")
    assert (run["state"], run["rows"], run["added"], run["rejected"]) == ("done", 3, 1, 2)
    assert directory()["customer"] == []
    problems = admin.get(f"/api/imports/{run['id']}/problems")
    assert [(one["row"], one["field"], one["rule"]) for one in problems["rows"]] == [
        (3, "contract_kva", "capacity_below_running"),
        (4, "name_zh", "required"),
        (4, "voltage", "unknown_choice"),
    ]
    assert problems["rows"][0]["sentence"] == (
        "the contract capacity 8 is below the running capacity 16"
    )
    real = admin.post(f"/api/imports/{run['id']}/import")
    assert work() == 1
    assert admin.get(f"/api/imports/{real['id']}")["added"] == 1
    assert [row["number"] for row in directory()["customer"]] == ["2001"]
    assert [one["id"] for one in admin.get("/api/imports")] == [real["id"], run["id"]]


def test_mended_rejects_are_all_in(own_office: Office, tmp_path: Path) -> None:
    admin = own_office.person("admin")
    run = upload(admin, "customers", "c.csv", text_of(BAD), "false").json()
    work()
    rejects = admin.http.get(f"/api/imports/{run['id']}/rejects.csv").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(rejects)))
    assert [row["reject_row"] for row in rows] == ["3", "4"]
    assert rows[1]["reject_rule"] == "required unknown_choice"
    mended = rejects.replace("8,16", "16,16").replace("2003,,900V", "2003,赵六,380V")
    again = bring("customers", _written(tmp_path / "mended.csv", mended))
    assert (again.added, again.rejected) == (2, 0)
    assert [row["number"] for row in directory()["customer"]] == ["2001", "2002", "2003"]


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_same_key_is_one_run(own_office: Office) -> None:
    admin, key = own_office.person("admin"), str(uuid4())
    first = upload(admin, "customers", "c.csv", text_of(CUSTOMERS), key=key)
    second = upload(admin, "customers", "c.csv", text_of(CUSTOMERS), key=key)
    assert first.json() == second.json()
    other = upload(admin, "customers", "c.csv", text_of(BAD), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(admin.get("/api/imports")) == 1


def test_what_cannot_be_taken_is_said(own_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = own_office.person("admin")
    assert upload(admin, "pets", "c.csv", b"x").json()["errors"][0]["field"] == "body.kind"
    assert upload(admin, "customers", "c.csv", b"").json()["code"] == "import_empty"
    missing = upload(admin, "customers", "c.csv", text_of([("户号",), ("1",)])).json()
    torn = upload(admin, "customers", "c.xlsx", b"PK\x03\x04 no workbook").json()
    work()
    ended = admin.get(f"/api/imports/{missing['id']}")
    assert ended["state"] == "failed"
    assert "户名 / name_zh: is missing" in ended["failure"]
    assert admin.get(f"/api/imports/{torn['id']}")["state"] == "failed"
    monkeypatch.setattr(settings(), "import_max_mb", 1)
    for size in (1_050_000, 1_500_000):
        large = upload(admin, "customers", "c.csv", b"x" * size)
        assert large.status_code == 413, size


def test_an_uploaded_workbook_is_read(own_office: Office) -> None:
    admin = own_office.person("admin")
    book = Workbook()
    for row in CUSTOMERS:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    run = upload(admin, "customers", "客户.xlsx", content.getvalue()).json()
    work()
    ended = admin.get(f"/api/imports/{run['id']}")
    assert (ended["state"], ended["added"], ended["failure"]) == ("done", 2, None)


def test_a_file_is_forgotten_after_a_week_though_nobody_uploads(own_office: Office) -> None:
    admin = own_office.person("admin")
    run = upload(admin, "customers", "c.csv", "户号,户名\n1,张三\n".encode()).json()
    work()
    tidy(now() + timedelta(days=6), real_now())
    assert admin.get(f"/api/imports/{run['id']}")["kept"]
    tidy(now() + timedelta(days=8), real_now())
    assert not admin.get(f"/api/imports/{run['id']}")["kept"]
    with read_session() as session:
        assert session.execute(select(func.count(ImportFile.position))).scalar_one() == 0
    again = admin.try_post(f"/api/imports/{run['id']}/import")
    assert (again.status_code, again.json()["code"]) == (409, "import_file_gone")


def test_cancelled_before_anybody_began(own_office: Office) -> None:
    admin = own_office.person("admin")
    run = upload(admin, "customers", "c.csv", text_of(CUSTOMERS), "false").json()
    assert admin.post(f"/api/imports/{run['id']}/cancel")["state"] == "cancelled"
    work()
    assert directory()["customer"] == []
    again = admin.try_post(f"/api/imports/{run['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "import_ended")


def test_what_another_may_see(own_office: Office, tmp_path: Path) -> None:
    """A phone that cannot be one is personal: only who uploaded it reads it."""
    admin = own_office.person("admin")
    bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS))
    path = write_csv(tmp_path / "p.csv", [PHONES[0], ("1001", "138", "", "")])
    run = bring("phones", path)  # from the command line
    shown = admin.get(f"/api/imports/{run.id}/problems")["rows"]
    assert [one["value"] for one in shown] == ["•••"]
    assert "138" not in shown[0]["sentence"]
    answer = admin.http.get(f"/api/imports/{run.id}/rejects.csv")
    assert (answer.status_code, answer.json()["code"]) == (403, "import_not_yours")


def test_a_template_has_all_columns(own_office: Office) -> None:
    admin = own_office.person("admin")
    reference = admin.get("/api/imports/reference")
    assert len(reference["rules"]) > 40
    for kind in reference["kinds"]:
        for place, language in enumerate(("zh", "en")):
            path = f"/api/imports/templates/{kind['code']}.csv"
            answer = admin.http.get(path, params={"language": language})
            header = answer.content.decode("utf-8-sig").strip().split(",")
            assert header == [one["headers"][place] for one in kind["columns"]]


def test_choices_are_told_as_files_may_write_them(own_office: Office) -> None:
    kinds = own_office.person("admin").get("/api/imports/reference")["kinds"]
    told = {
        one["name"]: [choice["zh"] for choice in one["choices"]]
        for kind in kinds
        for one in kind["columns"]
    }
    assert told["voltage"] == ["0.4", "10", "35", "110"]
    assert told["account_state"] == ["正常", "欠费", "暂停", "销户"]


def test_a_job_that_comes_twice_is_done_once(own_office: Office) -> None:
    admin = own_office.person("admin")
    run = upload(admin, "customers", "c.csv", text_of(CUSTOMERS), "false").json()
    outbox_id, body = waiting_job()
    for _ in range(2):
        run_import(outbox_id, ORG_ID, body)
    assert admin.get(f"/api/imports/{run['id']}")["added"] == 2
    assert work() == 0


def test_a_job_whose_run_another_process_works_on_waits(own_office: Office) -> None:
    """The row stays leased: should the other one die, it is handed out again."""
    admin = own_office.person("admin")
    run = upload(admin, "customers", "c.csv", text_of(CUSTOMERS), "false").json()
    outbox_id, body = waiting_job()
    with session_factory()() as other:
        assert repository.try_to_own(other, UUID(run["id"]))
        run_import(outbox_id, ORG_ID, body)
        assert waiting_job() == (outbox_id, body)
        other.connection().invalidate()  # the other process dies
    assert work() == 1
    assert admin.get(f"/api/imports/{run['id']}")["state"] == "done"
