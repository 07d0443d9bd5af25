"""Use cases of directory imports: begin, go on for real, cancel, look, take the rejects home."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TextIO
from uuid import UUID

from sqlalchemy.orm import Session

from core.clock import real_now
from core.errors import Conflict, NotFound, Problem
from core.identity import Actor, system_actor
from core.ids import new_id
from core.settings import settings
from core.uow import UnitOfWork
from dispatch.directory.imports import repository
from dispatch.directory.imports.kinds import Kind, kinds
from dispatch.directory.imports.models import ENDED, ImportProblem, ImportRun
from dispatch.directory.imports.quality import Finding
from dispatch.directory.imports.reading import Sheet, open_sheet
from dispatch.history.rejects import COLUMNS

JOB = "directory.import"
KEEP_FILES = timedelta(days=7)
SILENT = timedelta(seconds=90)
"""After so long without a sign of life nobody works on a run."""


class ImportFileTooLarge(Problem):
    """The file is above the limit of the setting."""

    status = 413
    code = "import_too_large"
    zh = "文件过大：最多 {limit} MB。可拆成几份，或用命令行 paidan directory import 导入。"
    en = (
        "The file is too large; the limit is {limit} MB. Split it, or import it on the command "
        "line with paidan directory import."
    )


class ImportFileEmpty(Problem):
    status = 422
    code = "import_empty"
    zh = "文件是空的。"
    en = "The file is empty."


class ImportFileGone(Conflict):
    code = "import_file_gone"
    zh = "文件已不再保存（保存 {days} 天，命令行导入的不保存），请重新上传。"
    en = (
        "The file is not kept any more ({days} days; those of the command line never are); "
        "upload it again."
    )


class ImportEnded(Conflict):
    code = "import_ended"
    zh = "该导入已结束，无需取消。"
    en = "The import has ended; there is nothing to cancel."


class ImportNotYours(Problem):
    """A file of rejects holds names, phones and addresses in full."""

    status = 403
    code = "import_not_yours"
    zh = "被拒行含客户资料，只有上传该文件的人可以下载。"
    en = "Refused rows hold customers' data; only who uploaded the file may download them."


@dataclass(frozen=True, slots=True)
class Begun:
    """A file that has come in. `digest`: SHA-256 of its bytes."""

    name: str
    digest: str
    size: int


def receive(name: str, content: BinaryIO) -> Begun:
    """Look at an uploaded file. Raises ImportFileEmpty, ImportFileTooLarge."""
    digest, size = repository.digest_of(content)
    limit = settings().import_max_mb
    if size == 0:
        raise ImportFileEmpty
    if size > limit * 1_000_000:
        raise ImportFileTooLarge(limit=limit)
    return Begun(_plain_name(name), digest, size)


def _plain_name(name: str) -> str:
    """The last part, without what does not belong into a name."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:120] or "file"


def begin(
    uow: UnitOfWork, kind: str, file: Begun, content: BinaryIO, *, dry_run: bool
) -> ImportRun:
    """Keep the file and have a worker run it."""
    forget_files(uow.session, uow.org_id, uow.now)
    repository.keep_file(uow.session, uow.org_id, file.digest, content)
    run = _queued(uow, kind, file, dry_run=dry_run, kept=True)
    uow.effect("job", name=JOB, body={"run_id": str(run.id)})
    return run


def forget_files(session: Session, org_id: int, now: datetime) -> None:
    """Files of runs that ended and are older than `KEEP_FILES` are kept no more."""
    repository.drop_files(session, org_id, now - KEEP_FILES)


def repeat(uow: UnitOfWork, run_id: UUID) -> ImportRun:
    """Import for real what was tried out. Raises NotFound, ImportFileGone."""
    tried = _found(uow.session, uow.org_id, run_id)
    if not tried.kept or not repository.has_file(uow.session, uow.org_id, tried.file_digest):
        raise ImportFileGone(days=KEEP_FILES.days)
    file = Begun(tried.file_name, tried.file_digest, tried.file_bytes)
    run = _queued(uow, tried.kind, file, dry_run=False, kept=True)
    uow.effect("job", name=JOB, body={"run_id": str(run.id)})
    return run


def begin_here(uow: UnitOfWork, kind: str, file: Begun, *, dry_run: bool) -> ImportRun:
    """A run whose file stays where it is: the caller executes it."""
    return _queued(uow, kind, file, dry_run=dry_run, kept=False)


def _queued(uow: UnitOfWork, kind: str, file: Begun, *, dry_run: bool, kept: bool) -> ImportRun:
    run = ImportRun(
        org_id=uow.org_id,
        id=new_id(),
        kind=kind,
        state="queued",
        dry_run=dry_run,
        file_name=file.name,
        file_digest=file.digest,
        file_bytes=file.size,
        kept=kept,
        header=[],
        ignored=[],
        rows=0,
        rows_done=0,
        added=0,
        changed=0,
        same=0,
        rejected=0,
        warned=0,
        asked_by=uow.actor.user_id,
        cancel_asked=False,
        failure_zh=None,
        failure_en=None,
        created_at=uow.now,
        started_at=None,
        seen_at=real_now(),
        finished_at=None,
    )
    uow.session.add(run)
    uow.session.flush()
    return run


def cancel(uow: UnitOfWork, run_id: UUID) -> ImportRun:
    """Stop a run at its next batch, at once where nobody has begun. What is written stays.

    Raises NotFound, ImportEnded.
    """
    run = _found(uow.session, uow.org_id, run_id)
    if run.state in ENDED:
        raise ImportEnded
    run.cancel_asked = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", uow.now
    return run


def is_silent(run: ImportRun) -> bool:
    """Has the run begun, not ended, and given no sign of life for too long?"""
    return run.state in ("checking", "writing", "indexing") and real_now() - run.seen_at > SILENT


def _found(session: Session, org_id: int, run_id: UUID) -> ImportRun:
    run = repository.run_of(session, org_id, run_id)
    if run is None:
        raise NotFound(what="import", id=run_id)
    return run


def one(session: Session, org_id: int, run_id: UUID) -> ImportRun:
    """Raises NotFound."""
    return _found(session, org_id, run_id)


def kind_of(code: str) -> Kind:
    return kinds(settings().phone_region)[code]


def actor_of(run: ImportRun) -> Actor:
    """Who is behind a run."""
    if run.asked_by is None:
        return system_actor(run.org_id, "import")
    return Actor(run.org_id, "user", run.asked_by)


@contextmanager
def kept_file(session: Session, run: ImportRun) -> Iterator[Path]:
    """The run's file on this machine's disk, for a while. Raises ImportFileGone."""
    with tempfile.TemporaryDirectory(prefix="paidan-import-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as out:
            for piece in repository.pieces(session, run.org_id, run.file_digest):
                out.write(piece)
        if path.stat().st_size != run.file_bytes:
            raise ImportFileGone(days=KEEP_FILES.days)
        yield path


def finding(row: ImportProblem) -> Finding:
    return Finding(row.row, row.field, row.rule, row.value, row.other)


def write_rejects(session: Session, run: ImportRun, path: Path, target: TextIO) -> int:
    """Every refused row of the file as it was, behind why. Returns how many rows.

    What is written can be mended and imported as it is: the columns before the file's own say
    nothing to an import.
    """
    refused = repository.refusals(session, run.org_id, run.id)
    with open_sheet(path, run.file_name) as sheet:
        lines = csv.writer(target)
        lines.writerow([*COLUMNS, *sheet.header])
        count = 0
        for number, found, record in _side_by_side(sheet, refused):
            lines.writerow([str(number), *_why(found), *record])
            count += 1
    return count


def _why(found: Sequence[Finding]) -> tuple[str, str, str]:
    return (
        " ".join(dict.fromkeys(one.field for one in found)),
        " ".join(dict.fromkeys(one.rule for one in found)),
        "; ".join(f"{one.sentence('zh')} / {one.sentence('en')}" for one in found),
    )


def _side_by_side(
    sheet: Sheet, refused: Iterable[ImportProblem]
) -> Iterator[tuple[int, list[Finding], list[str]]]:
    """Both in the order of rows: each refused row with all that was found in it."""
    waiting = iter(refused)
    problem = next(waiting, None)
    with closing(sheet.records()) as records:
        for number, record in records:
            found = []
            while problem is not None and problem.row == number:
                found.append(finding(problem))
                problem = next(waiting, None)
            if found:
                width = len(sheet.header)
                yield number, found, [*record, *[""] * (width - len(record))][:width]
            if problem is None:
                return


def rejects_text(session: Session, run: ImportRun) -> str:
    """The rejects file of a run whose file is kept, with a mark for spreadsheets in front.

    Raises ImportFileGone.
    """
    target = io.StringIO()
    target.write("\ufeff")
    with kept_file(session, run) as path:
        write_rejects(session, run, path, target)
    return target.getvalue()


def template(kind: Kind, language: str) -> str:
    """A file with nothing but the header."""
    target = io.StringIO()
    target.write("\ufeff")
    place = 0 if language == "zh" else 1
    csv.writer(target).writerow([one.headers[place] for one in kind.columns])
    return target.getvalue()
