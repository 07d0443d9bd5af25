"""Importing a file of past dispatch records: in chunks, each its own transaction.

Every chunk commits its rows together with how far the file is, so an import that was killed goes
on where it stopped, and one that is through adds nothing.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from core.clock import now
from core.correlation import correlated
from core.errors import Conflict, InvalidField
from core.identity import Actor, system_actor
from core.uow import UnitOfWork, unit_of_work
from dispatch.history import repository
from dispatch.history.mapping import MapFile, load_map
from dispatch.history.models import HistoryImport
from dispatch.history.reading import Export, look_through, records
from dispatch.history.rejects import RejectsFile
from dispatch.history.rows import PastRow, RowReader
from dispatch.history.store import store
from dispatch.history.times import BadCell

CHUNK = 1000
Progress = Callable[[int, int], None]
Record = tuple[int, list[str]]


class ImportRunning(Conflict):
    """Another process is importing the same file."""

    code = "import_running"
    zh = "文件 {file} 正由另一个进程导入。"
    en = "The file {file} is being imported by another process."


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What stands after an import. Counts are of the whole file, over all its runs.

    `resumed_from`: data rows that an earlier run had done. `already_done`: it was through before,
    nothing was added now.
    """

    rows: int
    orders: int
    assignments: int
    known: int
    differing: int
    rejected: int
    resumed_from: int
    already_done: bool
    rejects: Path


def import_history(
    path: Path,
    map_path: Path,
    org_id: int,
    *,
    rejects: Path | None = None,
    progress: Progress = lambda _done, _rows: None,
    chunk: int = CHUNK,
) -> ImportResult:
    """Import one file by one map. `progress` hears (rows done, rows) after every commit.

    Unusable rows go to `rejects` (default: FILE.rejects.csv). Raises MapInvalid, FileUnreadable,
    ImportRunning, InvalidField; OSError where a file is missing.
    """
    mapping, map_digest = load_map(map_path)
    export = look_through(path, mapping.source.encoding, mapping.source.delimiter)
    actor = system_actor(org_id, "import")
    wanted = rejects.absolute() if rejects else rejects_beside(path)
    if wanted.resolve() in (path.resolve(), map_path.resolve()):
        raise InvalidField("--rejects", f"{wanted} 是输入文件 is an input file")
    with correlated():
        begun = _begin(actor, export, mapping, map_digest, wanted)
        if begun.finished_at is not None:
            progress(begun.rows_done, begun.rows)
            return _result(begun, begun.rows_done, already_done=True)
        run = _Run(actor, export, mapping, begun, chunk)
        return _result(run.through(progress), begun.rows_done, already_done=False)


def rejects_beside(path: Path) -> Path:
    """FILE.rejects.csv beside the file; in the working directory where that is read-only.

    A folder without any write permission counts as read-only for root, too.
    """
    marked = path.parent.stat().st_mode & 0o222
    folder = path.parent if marked and os.access(path.parent, os.W_OK) else Path.cwd()
    return (folder / f"{path.name}.rejects.csv").absolute()


def _begin(
    actor: Actor, export: Export, mapping: MapFile, map_digest: str, rejects: Path
) -> HistoryImport:
    """The row that says how far this file is with this map; made on the first run."""
    id_ = uuid5(NAMESPACE_URL, f"paidan:import:{export.digest}:{map_digest}")
    with unit_of_work(actor) as uow:
        repository.lock_imports(uow.session, actor.org_id)
        found = repository.progress(uow.session, actor.org_id, id_)
        if found is not None:
            return found
        fresh = HistoryImport(
            org_id=actor.org_id,
            id=id_,
            system=mapping.source.system,
            file_name=export.path.name,
            file_digest=export.digest,
            map_digest=map_digest,
            rows=export.rows,
            rows_done=0,
            orders_added=0,
            assignments_added=0,
            known=0,
            differing=0,
            rejected=0,
            rejects_path=str(rejects),
            rejects_bytes=0,
            started_at=uow.now,
            finished_at=None,
        )
        uow.session.add(fresh)
        return fresh


def _result(row: HistoryImport, resumed_from: int, *, already_done: bool) -> ImportResult:
    return ImportResult(
        rows=row.rows,
        orders=row.orders_added,
        assignments=row.assignments_added,
        known=row.known,
        differing=row.differing,
        rejected=row.rejected,
        resumed_from=resumed_from,
        already_done=already_done,
        rejects=Path(row.rejects_path),
    )


class _Run:
    """One pass over the rest of a file."""

    def __init__(
        self, actor: Actor, export: Export, mapping: MapFile, begun: HistoryImport, chunk: int
    ) -> None:
        self._actor, self._export, self._map = actor, export, mapping
        self._begun, self._size = begun, chunk
        self._reader = RowReader(mapping, actor.org_id, now())

    def through(self, progress: Progress) -> HistoryImport:
        """Do what is left; the state at the end."""
        done = self._begun.rows_done
        progress(done, self._export.rows)
        last = self._begun
        source = records(self._export.path, self._export.encoding, self._map.source.delimiter)
        with closing(source):
            header = next(source)
            self._map.check_header(header, self._export.path.name)
            with RejectsFile(Path(last.rejects_path), header, last.rejects_bytes) as rejects:
                numbered = enumerate(islice(source, done, None), start=done)
                while last.finished_at is None:
                    part = list(islice(numbered, self._size))
                    last = self._chunk(header, part, done, rejects)
                    done += len(part)
                    progress(done, self._export.rows)
        return last

    def _chunk(
        self, header: Sequence[str], part: Sequence[Record], done: int, rejects: RejectsFile
    ) -> HistoryImport:
        """One transaction: rows, refusals and how far the file is."""
        rows, refused = self._read(header, part)
        with unit_of_work(self._actor) as uow:
            row = self._claim(uow, self._begun.id, done)
            stored = store(uow, self._map.source.system, rows)
            refused += stored.refused
            for position, bad in sorted(refused, key=lambda item: item[0]):
                rejects.write(done + position + 2, bad, part[position][1])
            row.rows_done = done + len(part)
            row.orders_added += stored.orders
            row.assignments_added += stored.assignments
            row.known += stored.known
            row.differing += stored.differing
            row.rejected += len(refused)
            row.rejects_bytes = rejects.flush()
            if row.rows_done >= row.rows or not part:
                row.finished_at = uow.now
        return row

    def _claim(self, uow: UnitOfWork, import_id: UUID, done: int) -> HistoryImport:
        repository.lock_imports(uow.session, self._actor.org_id)
        row = repository.progress(uow.session, self._actor.org_id, import_id)
        if row is None or row.rows_done != done:
            raise ImportRunning(file=self._export.path.name)
        return row

    def _read(
        self, header: Sequence[str], part: Sequence[Record]
    ) -> tuple[list[tuple[int, PastRow]], list[tuple[int, BadCell]]]:
        """Position within the chunk and what the row says, or what is wrong with it."""
        rows: list[tuple[int, PastRow]] = []
        refused: list[tuple[int, BadCell]] = []
        for position, (_, cells) in enumerate(part):
            try:
                if len(cells) != len(header):
                    reason = f"{len(cells)} cells where the header has {len(header)}"
                    raise BadCell("", "column_count", reason)
                rows.append((position, self._reader.read(dict(zip(header, cells, strict=True)))))
            except BadCell as bad:
                refused.append((position, bad))
        return rows, refused
