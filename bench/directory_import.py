"""How fast a directory comes in, beside a bare COPY of the same rows.

    python -m bench.directory_import [customers] [--kinds customers …]

Makes a utility of so many customers (default 1,000,000), each with a premise, a phone and a service
point, below 1 transformer per 100, writes the six files as CSV and imports them one after the other
into servers of its own, with the durability that `paidan up` has; the customers' file a second time
(nothing differs). `--kinds`: only these files, where none needs another. Then the cells of the
customers' file go by COPY into an unindexed text table. Prints one JSON object: seconds and rows/s
of each, the ratio, and the peak memory of this process.
"""

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from core import db, migrate
from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.identity import system_actor
from core.models import Organisation
from core.settings import Settings, settings
from core.uow import unit_of_work
from dispatch.directory.imports import execute, repository, service
from dispatch.directory.imports.kinds import CODES

ORG = 1
PER_TRANSFORMER = 100
PER_FEEDER = 40
REGIONS = 16
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉萍红"
Row = tuple[Any, ...]


def files(customers: int) -> dict[str, Iterable[Row]]:
    """Rows of each kind, headers first."""
    return {
        "regions": _regions(),
        "nodes": _nodes(customers),
        "premises": _premises(customers),
        "customers": _customers(customers),
        "phones": _phones(customers),
        "service_points": _points(customers),
    }


def _regions() -> Iterator[Row]:
    yield "区域代码", "名称", "边界"
    for n in range(REGIONS):
        west, south = 116 + n % 4 * 0.1, 39.7 + n // 4 * 0.1
        east, north = west + 0.1, south + 0.1
        ring = ", ".join(
            f"{x:.1f} {y:.1f}"
            for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))
        )
        yield f"1101{n:02}", f"第{n}区", f"POLYGON(({ring}))"


def _place(transformer: int) -> tuple[float, float]:
    region = transformer % REGIONS
    lat = 39.7 + region // 4 * 0.1 + 0.01 + transformer * 7919 % 8000 / 1e5
    return lat, 116 + region % 4 * 0.1 + 0.01 + transformer * 104729 % 8000 / 1e5


def _nodes(customers: int) -> Iterator[Row]:
    yield "设备编号", "类型", "上级编号", "名称", "纬度", "经度"
    transformers = max(1, customers // PER_TRANSFORMER)
    feeders = transformers // PER_FEEDER + 1
    for n in range(feeders // 20 + 1):
        yield f"B{n}", "变电站", "", f"{n}号站", "", ""
    for n in range(feeders):
        yield f"F{n}", "馈线", f"B{n // 20}", f"{n}号线", "", ""
    for n in range(transformers):
        lat, lon = _place(n)
        yield f"T{n}", "变压器", f"F{n // PER_FEEDER}", f"{n}号配变", f"{lat:.5f}", f"{lon:.5f}"


def _premises(customers: int) -> Iterator[Row]:
    yield "地址编号", "区域代码", "用电地址", "区域类别", "纬度", "经度"
    for n in range(customers):
        transformer = n // PER_TRANSFORMER
        lat, lon = _place(transformer)
        street = (
            f"第{transformer % REGIONS}区{transformer}路{n % 300 + 1}号{n % 9 + 1}单元{n % 60}室"
        )
        yield (
            f"A{n:08}", f"1101{transformer % REGIONS:02}", street, "城镇",
            f"{lat + n % 10 / 1e4:.5f}", f"{lon:.5f}",
        )  # fmt: skip


def _customers(customers: int) -> Iterator[Row]:
    yield "户号", "户名", "重要等级", "用电类别", "供电电压", "合同容量", "运行容量", "送电日期"
    for n in range(customers):
        name = FAMILY[n % 20] + GIVEN[n // 20 % 26] + GIVEN[n // 520 % 26]
        day = f"20{n % 25:02}-{n % 12 + 1:02}-{n % 28 + 1:02}"
        yield f"11{n:08}", name, "普通", "居民", "220V", "8", "8", day


def _phones(customers: int) -> Iterator[Row]:
    yield "户号", "电话", "已核实"
    for n in range(customers):
        yield f"11{n:08}", f"13{n:09}", "是"


def _points(customers: int) -> Iterator[Row]:
    yield "电表号", "户号", "地址编号", "变压器编号"
    for n in range(customers):
        yield f"M{n:08}", f"11{n:08}", f"A{n:08}", f"T{n // PER_TRANSFORMER}"


def one_import(kind: str, path: Path) -> dict[str, Any]:
    """Import one file; seconds by state, and its figures."""
    actor = system_actor(ORG, "import")
    with path.open("rb") as content:
        digest, size = repository.digest_of(content)
    with unit_of_work(actor) as uow:
        begun = service.Begun(path.name, digest, size)
        run_id = service.begin_here(uow, kind, begun, dry_run=False).id
    begun_at = monotonic()
    states: dict[str, float] = {}

    def progress(state: str, _done: int, _rows: int) -> None:
        states[state] = round(monotonic() - begun_at, 1)

    execute.execute(actor, run_id, path, progress=progress)
    taken = monotonic() - begun_at
    with db.session_factory()() as session:
        run = service.one(session, ORG, run_id)
    return {
        "rows": run.rows,
        "added": run.added,
        "same": run.same,
        "rejected": run.rejected,
        "megabytes": round(size / 1e6, 1),
        "seconds": round(taken, 1),
        "rows_per_s": round(run.rows / taken),
        "until_s": states,
    }


def bare_copy(url: str, path: Path) -> float:
    """Seconds for COPY of all cells as text, one transaction; reading the file is not counted."""
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(one)) for one in header)
    with psycopg.connect(libpq_url(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE bench_bare ({})").format(columns))
        connection.commit()
        begun = monotonic()
        with cursor.copy("COPY bench_bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return monotonic() - begun


def main(customers: int, kinds: Sequence[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    try:
        for kind, rows in files(customers).items():
            with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows(rows)
        with open_engines(Settings(data_dir=folder, database_url=None, redis_url=None)) as urls:
            os.environ.update(urls.environment)
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            with db.session_factory()() as session:
                session.add(
                    Organisation(
                        id=ORG, code="bench", name_zh="测", name_en="bench", created_at=now()
                    )
                )
                session.commit()
            load = os.getloadavg()[0]
            results = {}
            for kind in kinds:
                results[kind] = one_import(kind, folder / f"{kind}.csv")
                print(kind, results[kind], file=sys.stderr, flush=True)
            results["customers again"] = one_import("customers", folder / "customers.csv")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            bare = bare_copy(urls.database_url, folder / "customers.csv")
            db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)
    ours = results["customers"]
    print(
        json.dumps(
            {
                "customers": customers,
                "imports": results,
                "all_s": round(sum(results[kind]["seconds"] for kind in kinds), 1),
                "bare_copy_s": round(bare, 1),
                "bare_copy_rows_per_s": round(customers / bare),
                "share_of_copy": round(bare / ours["seconds"], 3),
                "peak_mb": round(peak),
                "load_before": round(load, 1),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("customers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--kinds", nargs="+", choices=CODES, default=CODES)
    arguments = parser.parse_args()
    main(arguments.customers, arguments.kinds)
