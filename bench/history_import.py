"""How fast past records come in, beside a bare COPY of the same rows.

    python -m bench.history_import FILE MAP.toml [repeats]

Uses servers of its own in a temporary directory, with the durability that `paidan up` has.
Prints one JSON object: rows/s of `import_history` (median of the repeats, each into a fresh
organisation), rows/s of COPY of the same cells into an unindexed text table, and the ratio.
"""

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from core import db, migrate
from core.clock import monotonic, now
from core.engines import libpq_url, open_engines
from core.engines.home import remove_home
from core.models import Organisation
from core.settings import Settings, settings
from dispatch.history.mapping import load_map
from dispatch.history.reading import look_through, records
from dispatch.history.service import import_history


def bare_copy(url: str, path: Path, map_path: Path) -> float:
    """Seconds for COPY of all cells as text, one transaction."""
    source = load_map(map_path)[0].source
    export = look_through(path, source.encoding, source.delimiter)
    rows = list(records(path, export.encoding, source.delimiter))
    columns = sql.SQL(", ").join(
        sql.SQL("{} text").format(sql.Identifier(name)) for name in rows[0]
    )
    with psycopg.connect(libpq_url(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TABLE bench_bare ({})").format(columns))
        connection.commit()
        begun = monotonic()
        with cursor.copy("COPY bench_bare FROM STDIN") as copy:
            for row in rows[1:]:
                copy.write_row(row)
        connection.commit()
        taken = monotonic() - begun
        cursor.execute("DROP TABLE bench_bare")
    return taken


def one_import(path: Path, map_path: Path, org_id: int, rejects: Path) -> tuple[float, Any]:
    """Seconds for a whole import into a fresh organisation, and its result."""
    with db.session_factory()() as session:
        session.add(
            Organisation(
                id=org_id, code=f"b{org_id}", name_zh="测", name_en="bench", created_at=now()
            )
        )
        session.commit()
    begun = monotonic()
    result = import_history(path, map_path, org_id, rejects=rejects)
    return monotonic() - begun, result


def main(path: Path, map_path: Path, repeats: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    try:
        with open_engines(Settings(data_dir=folder, database_url=None, redis_url=None)) as urls:
            os.environ.update(urls.environment)
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            runs = [
                one_import(path, map_path, number, folder / f"rejects-{number}.csv")
                for number in range(1, repeats + 1)
            ]
            bare = [bare_copy(urls.database_url, path, map_path) for _ in range(repeats)]
            db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)
    result = runs[0][1]
    ours = result.rows / statistics.median(taken for taken, _ in runs)
    copied = result.rows / statistics.median(bare)
    print(
        json.dumps(
            {
                "file": path.name,
                "rows": result.rows,
                "orders": result.orders,
                "assignments": result.assignments,
                "runs_s": [round(taken, 2) for taken, _ in runs],
                "rows_per_s": round(ours),
                "bare_copy_rows_per_s": round(copied),
                "share_of_copy": round(ours / copied, 4),
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3)
