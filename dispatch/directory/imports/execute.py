"""One run over one file: read and judge, judge together, write in batches.

Each batch is one transaction that also says how far the run is. A run whose process dies is taken
up by the next one: the rows are read again into a stage of its own, and writing goes on behind the
last batch that was committed. Trees (regions, network) are one batch: a child needs its parent.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from core.clock import real_now
from core.db import engine
from core.errors import Problem
from core.events import DirectoryImportBegan, DirectoryImported
from core.identity import Actor
from core.settings import settings
from core.uow import UnitOfWork, unit_of_work
from dispatch.directory.imports import repository, setwise, staging, writing
from dispatch.directory.imports.indexing import make_findable
from dispatch.directory.imports.kinds import Kind, kinds
from dispatch.directory.imports.models import ENDED, ImportRun
from dispatch.directory.imports.quality import Finding, Ground
from dispatch.directory.imports.reading import Sheet, open_sheet
from dispatch.directory.imports.rows import Header, RowReader, read_header
from dispatch.directory.imports.staging import Staged
from dispatch.directory.search.refresh import refresh

BATCH = 20_000
_BEGUN = ("writing", "indexing")
"""States in which rows are in the directory already."""
Progress = Callable[[str, int, int], None]


class Cancelled(Exception):
    """Somebody asked for the run to stop; what was written before stays."""


class OwnedElsewhere(Exception):
    """Another process works on this run."""


class MovedOn(Exception):
    """The run is not where this process left it."""


def execute(
    actor: Actor,
    run_id: UUID,
    path: Path,
    *,
    progress: Progress = lambda _state, _done, _rows: None,
    batch: int = BATCH,
) -> None:
    """Bring a run to its end. `progress` hears (state, rows done, rows) after each commit.

    What is wrong with the file ends the run as failed, with the sentence in the run. Raises
    OwnedElsewhere; any other exception leaves the run to be taken up again.
    """
    with _own_connection() as connection:
        run = _Execution(actor, run_id, connection, progress, batch)
        run.take()
        if run.state in ENDED:
            return
        try:
            with open_sheet(path, run.file_name) as sheet:
                run.through(sheet)
        except Cancelled:
            run.end("cancelled")
        except Problem as problem:
            run.end("failed", problem)


def give_up(actor: Actor, run_id: UUID, problem: Problem) -> None:
    """End a run that cannot be worked on, with the sentence why."""
    with _own_connection() as connection:
        run = _Execution(actor, run_id, connection, lambda _state, _done, _rows: None, BATCH)
        run.take()
        if run.state not in ENDED:
            run.end("failed", problem)


@contextmanager
def _own_connection() -> Iterator[Connection]:
    """A connection outside the pool: its settings, stage and lock go with it."""
    with engine().connect() as connection:
        connection.detach()
        yield connection


class _Execution:
    """A run while it is worked on."""

    def __init__(
        self,
        actor: Actor,
        run_id: UUID,
        connection: Connection,
        progress: Progress,
        batch: int,
    ) -> None:
        self._actor, self._id, self._progress, self._batch = actor, run_id, progress, batch
        self._org_id = actor.org_id
        self._connection = connection
        self.state = ""
        self.file_name = ""
        self._kind: Kind
        self._header: Header
        self._all_staged = False

    @contextmanager
    def _step(self) -> Iterator[tuple[UnitOfWork, ImportRun]]:
        """A transaction that changes the run. Raises Cancelled, MovedOn."""
        with unit_of_work(self._actor, connection=self._connection) as uow:
            run = repository.fresh(uow.session, self._org_id, self._id)
            if run.cancel_asked:
                raise Cancelled
            if self.state and run.state != self.state:
                raise MovedOn
            run.seen_at = real_now()
            yield uow, run
            uow.flush()
        self.state = run.state
        self._progress(run.state, run.rows_done, run.rows)

    def take(self) -> None:
        """Own the run. Raises OwnedElsewhere."""
        with unit_of_work(self._actor, connection=self._connection) as uow:
            if not repository.try_to_own(uow.session, self._id):
                raise OwnedElsewhere
            run = repository.fresh(uow.session, self._org_id, self._id)
            self.state, self.file_name = run.state, run.file_name
            self._kind = kinds(settings().phone_region)[run.kind]

    def through(self, sheet: Sheet) -> None:
        """All of it. Raises Cancelled, HeaderWrong, FileUnreadable."""
        self._header = read_header(self._kind, sheet.header)
        written = self._begin(sheet)
        self._read(sheet, resumed=self.state in _BEGUN)
        self._judge()
        with self._step() as (_, run):
            dry = run.dry_run
        if dry:
            self._try_out()
        else:
            self._write(written)
            self._index()
        self.end("done")

    def _begin(self, sheet: Sheet) -> int:
        """Start, or start again; the row number up to which an earlier process wrote."""
        with self._step() as (uow, run):
            written = run.rows_done if run.state in _BEGUN else 0
            run.started_at = run.started_at or uow.now
            run.rows = sheet.rows
            run.header = list(self._header.places)
            run.ignored = [one[:80] for one in self._header.ignored[:50]]
            if run.state not in _BEGUN:
                run.state, run.rows_done = "checking", 0
            repository.clear_problems(uow.session, self._org_id, self._id)
            staging.prepare(uow.session, self._kind)
        return written

    def _ground(self, uow: UnitOfWork) -> Ground:
        today = uow.now.astimezone(ZoneInfo(settings().timezone)).date()
        if self._kind.code != "premises":
            return Ground(today)
        return Ground(today, repository.outlines(uow.session, self._org_id))

    def _read(self, sheet: Sheet, *, resumed: bool) -> None:
        """Cells to values, row by row; good rows go to the stage."""
        with self._step() as (uow, _):
            reader = RowReader(self._kind, self._header, self._ground(uow))
        done = 0
        with closing(sheet.records()) as numbered:
            while part := list(islice(numbered, self._batch)):
                rows, findings = _read_part(reader, part)
                done += len(part)
                with self._step() as (uow, run):
                    staging.put(uow.session, self._kind, rows)
                    staging.put_findings(uow.session, self._org_id, self._id, findings)
                    if not resumed:
                        run.rows_done = done
        self._all_staged = True

    def _judge(self) -> None:
        """Rules over all rows together."""
        with self._step() as (uow, run):
            staging.ready(uow.session, self._kind)
            scope = setwise.Scope(
                uow.session, self._org_id, self._id, self._kind, self._header.places.keys()
            )
            setwise.judge_all(scope)
            run.rejected, run.warned = repository.problem_counts(
                uow.session, self._org_id, self._id
            )

    def _try_out(self) -> None:
        with self._step() as (uow, run):
            counts = writing.write(
                uow.session,
                self._org_id,
                self._kind,
                self._header.places.keys(),
                (0, staging.LAST_ROW),
                dry=True,
            )
            run.added, run.changed = counts.added, counts.changed

    def _write(self, written: int) -> None:
        """`written`: the row number behind which to go on."""
        if self.state == "indexing":
            return
        if self.state != "writing":
            with self._step() as (uow, run):
                run.state, run.rows_done = "writing", 0
                began = DirectoryImportBegan(kind=run.kind, digest=run.file_digest, rows=run.rows)
                uow.emit(self._id, began, source="import")
        if writing.TARGETS[self._kind.code].is_tree:
            self._write_rows(written, staging.LAST_ROW)
            return
        last = self._last_row()
        while written < last:
            upto = written + self._batch
            self._write_rows(written, upto)
            written = upto

    def _index(self) -> None:
        """What was written can be searched for. Written rows stay whatever comes."""
        if self.state != "indexing":
            with self._step() as (_, run):
                run.state = "indexing"
        with self._step() as (uow, run):
            self._make_findable(uow, run)

    def _make_findable(self, uow: UnitOfWork, run: ImportRun) -> None:
        """By the rows of the stage; where it lacks some, all of the directory."""
        if run.added + run.changed == 0:
            return
        if self._all_staged:
            changed = run.changed > 0
            make_findable(uow.session, self._org_id, self._kind, changed=changed)
        else:
            staging.have_patience(uow.session)
            refresh(uow.session, self._org_id)

    def _last_row(self) -> int:
        with self._step() as (uow, _):
            return staging.last_row(uow.session)

    def _write_rows(self, after: int, upto: int) -> None:
        with self._step() as (uow, run):
            if run.rows_done != after:
                raise MovedOn
            if writing.TARGETS[self._kind.code].is_tree:
                writing.adopt_ids(uow.session, self._org_id, self._kind)
            counts = writing.write(
                uow.session,
                self._org_id,
                self._kind,
                self._header.places.keys(),
                (after + 1, upto),
                dry=False,
            )
            run.added += counts.added
            run.changed += counts.changed
            run.rows_done = upto

    def end(self, state: str, problem: Problem | None = None) -> None:
        """The last transaction: how it ended, and the fact of it when rows were to be written.

        What was written before a stop can be found, too.
        """
        with unit_of_work(self._actor, connection=self._connection) as uow:
            run = repository.fresh(uow.session, self._org_id, self._id)
            wrote = run.state in _BEGUN
            if wrote and state != "done":
                self._make_findable(uow, run)
            run.state, run.finished_at, run.seen_at = state, uow.now, real_now()
            if problem is not None:
                run.failure_zh = problem.sentence("zh")
                run.failure_en = problem.sentence("en")
            if state == "done":
                run.rows_done = run.rows
                run.same = run.rows - run.added - run.changed - run.rejected
            if wrote:
                uow.emit(self._id, imported(run), source="import")
            staging.drop(uow.session)
        self.state = state
        self._progress(state, run.rows_done, run.rows)


def imported(run: ImportRun) -> DirectoryImported:
    """The fact that a run ended."""
    return DirectoryImported(
        kind=run.kind,
        digest=run.file_digest,
        outcome=run.state,
        rows=run.rows,
        added=run.added,
        changed=run.changed,
        same=run.same,
        rejected=run.rejected,
        warned=run.warned,
    )


def _read_part(
    reader: RowReader, part: Sequence[tuple[int, list[str]]]
) -> tuple[list[Staged], list[Finding]]:
    rows: list[Staged] = []
    findings: list[Finding] = []
    for number, record in part:
        values, found = reader.read(number, record)
        findings += found
        if values is not None:
            refused = any(one.level == "error" for one in found)
            rows.append(Staged(number, refused, values))
    return rows, findings
