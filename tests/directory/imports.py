"""Import files for tests: written to disk, executed, and what stands in the directory after."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db import session_factory
from core.identity import system_actor
from core.models import Outbox
from core.uow import unit_of_work
from dispatch.directory.imports import execute, repository, service
from dispatch.directory.imports.jobs import run_import
from dispatch.directory.imports.models import ImportProblem, ImportRun
from dispatch.starter import ORG_ID
from tests.people import Person

ACTOR = system_actor(ORG_ID, "import")
Table = Sequence[Sequence[str]]
TABLES = ("region", "network_node", "premise", "customer", "customer_phone", "service_point")


def write_csv(path: Path, rows: Table, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def begin(kind: str, path: Path, *, dry_run: bool = False) -> UUID:
    """A run whose file stays where it is."""
    with path.open("rb") as content:
        digest, size = repository.digest_of(content)
    with unit_of_work(ACTOR) as uow:
        begun = service.Begun(path.name, digest, size)
        return service.begin_here(uow, kind, begun, dry_run=dry_run).id


def bring(kind: str, path: Path, *, dry_run: bool = False, batch: int = 1000) -> ImportRun:
    """Import a file; the run at its end."""
    run_id = begin(kind, path, dry_run=dry_run)
    execute.execute(ACTOR, run_id, path, batch=batch)
    return look(run_id)


def look(run_id: UUID) -> ImportRun:
    with session_factory()() as session:
        return service.one(session, ORG_ID, run_id)


def counts(run: ImportRun) -> dict[str, int]:
    """The figures of a run that are not nought."""
    names = ("rows", "added", "changed", "same", "rejected", "warned")
    return {name: value for name in names if (value := getattr(run, name))}


def findings(run: ImportRun) -> list[tuple[int, str, str]]:
    """(row, field, rule), in order."""
    with session_factory()() as session:
        rows = session.scalars(
            select(ImportProblem)
            .where(ImportProblem.run_id == run.id)
            .order_by(ImportProblem.row, ImportProblem.field, ImportProblem.rule)
        )
        return [(one.row, one.field, one.rule) for one in rows]


def contents(session: Session) -> dict[str, list[Mapping[str, Any]]]:
    """Everything in the directory's tables."""
    return {
        table: [
            dict(row)
            for row in session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2, 3")).mappings()
        ]
        for table in TABLES
    }


def directory() -> dict[str, list[Mapping[str, Any]]]:
    with session_factory()() as session:
        return contents(session)


REGIONS: Table = (
    ("区域代码", "上级代码", "名称", "英文名称", "报修中心"),
    ("110105", "", "朝阳区", "Chaoyang", "east"),
    ("110105001", "110105", "建外街道", "", ""),
)
NODES: Table = (
    ("设备编号", "类型", "上级编号", "名称", "纬度", "经度"),
    ("T1", "变压器", "S1", "一号配变", "39.91", "116.46"),
    ("S1", "分段", "F1", "一段", "", ""),
    ("F1", "馈线", "B1", "一线", "", ""),
    ("B1", "变电站", "", "东站", "39.92", "116.45"),
    ("P1", "杆塔", "S1", "一号杆", "39.911", "116.461"),
)
PREMISES: Table = (
    ("地址编号", "区域代码", "用电地址", "区域类别", "纬度", "经度"),
    ("A1", "110105", "建国路88号1栋101室", "城镇", "39.9101", "116.4602"),
    ("A2", "110105001", "建国路90号", "", "39.9103", "116.4605"),
)
CUSTOMERS: Table = (
    ("户号", "户名", "重要等级", "用电类别", "供电电压", "合同容量", "运行容量", "送电日期"),
    ("1001", "张三", "", "居民", "220V", "8", "8", "2010-05-01"),
    ("1002", "第一医院", "一级", "公共", "10kV", "2000", "1600", "2001/1/2"),
)
PHONES: Table = (
    ("户号", "电话", "已核实", "使用人"),
    ("1001", "13800000001", "是", "户主"),
    ("1002", "010-65000002", "否", "值班室"),
)
POINTS: Table = (
    ("电表号", "户号", "地址编号", "变压器编号"),
    ("M1", "1001", "A1", "T1"),
    ("M2", "1002", "A2", "F1"),
)
EVERY: dict[str, Table] = {
    "regions": REGIONS,
    "nodes": NODES,
    "premises": PREMISES,
    "customers": CUSTOMERS,
    "phones": PHONES,
    "service_points": POINTS,
}


def bring_all(folder: Path, leave_out: str = "") -> dict[str, ImportRun]:
    """Import a small town, kind by kind; `leave_out` is the first kind that is not."""
    runs = {}
    for kind, rows in EVERY.items():
        if kind == leave_out:
            break
        runs[kind] = bring(kind, write_csv(folder / f"{kind}.csv", rows))
    return runs


def waiting_job() -> tuple[UUID, dict[str, Any]]:
    """The one import job that nobody has reported done: its outbox id and body."""
    with session_factory()() as session:
        query = select(Outbox.id, Outbox.body).where(
            Outbox.name == service.JOB, Outbox.done_at.is_(None)
        )
        row = session.execute(query).one()
        return row.id, row.body


def work() -> int:
    """Do what a worker would: the jobs of imports that wait, in order. Returns how many."""
    with session_factory()() as session:
        waiting = session.execute(
            select(Outbox.id, Outbox.org_id, Outbox.body)
            .where(Outbox.name == service.JOB, Outbox.done_at.is_(None))
            .order_by(Outbox.created_at, Outbox.id)
        ).all()
    for id_, org_id, body in waiting:
        run_import(id_, org_id, body)
    return len(waiting)


def upload(
    person: Person, kind: str, name: str, content: bytes, dry_run: str = "true", key: str = ""
) -> httpx.Response:
    """Send a file as the page does."""
    return person.http.post(
        "/api/imports",
        data={"kind": kind, "dry_run": dry_run},
        files={"file": (name, content)},
        headers={"Idempotency-Key": key or str(uuid4())},
    )
