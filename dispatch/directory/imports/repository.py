"""Queries about import runs, their findings and files."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape
from sqlalchemy import Row, case, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from dispatch.directory.imports.models import ENDED, ImportFile, ImportProblem, ImportRun
from dispatch.directory.models import Region

PIECE = 1 << 20


def run_of(session: Session, org_id: int, run_id: UUID) -> ImportRun | None:
    return session.get(ImportRun, (org_id, run_id))


def fresh(session: Session, org_id: int, run_id: UUID) -> ImportRun:
    """The run as it is now, not held: who cancels it does not wait for a long batch.

    Raises NoResultFound.
    """
    return session.get_one(ImportRun, (org_id, run_id), populate_existing=True)


def runs(session: Session, org_id: int, limit: int) -> Sequence[ImportRun]:
    """Newest first."""
    query = (
        select(ImportRun)
        .where(ImportRun.org_id == org_id)
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def show_life(session: Session, org_id: int, run_id: UUID, moment: datetime) -> None:
    """The run is being worked on at this real moment."""
    session.execute(
        update(ImportRun)
        .where(ImportRun.org_id == org_id, ImportRun.id == run_id, ImportRun.state.not_in(ENDED))
        .values(seen_at=moment)
    )


def clear_problems(session: Session, org_id: int, run_id: UUID) -> None:
    session.execute(
        delete(ImportProblem).where(ImportProblem.org_id == org_id, ImportProblem.run_id == run_id)
    )


def problem_counts(session: Session, org_id: int, run_id: UUID) -> tuple[int, int]:
    """Rows that are refused, and rows that are kept with a warning."""
    worst = (
        select(func.bool_or(ImportProblem.level == "error").label("refused"))
        .where(ImportProblem.org_id == org_id, ImportProblem.run_id == run_id)
        .group_by(ImportProblem.row)
        .subquery()
    )
    refused = func.count().filter(worst.c.refused)
    warned = func.count().filter(~worst.c.refused)
    row = session.execute(select(refused, warned).select_from(worst)).one()
    return row[0], row[1]


def problems(
    session: Session, org_id: int, run_id: UUID, *, after: int, limit: int, rule: str | None
) -> Sequence[ImportProblem]:
    """By row, behind row `after`."""
    query = (
        select(ImportProblem)
        .where(
            ImportProblem.org_id == org_id,
            ImportProblem.run_id == run_id,
            ImportProblem.row > after,
        )
        .order_by(ImportProblem.row, ImportProblem.field, ImportProblem.rule)
        .limit(limit)
    )
    if rule is not None:
        query = query.where(ImportProblem.rule == rule)
    return session.scalars(query).all()


def problems_by_rule(
    session: Session, org_id: int, run_id: UUID
) -> Sequence[Row[str, str, str, int]]:
    """(level, rule, field, rows), errors first, the most frequent first."""
    many = func.count()
    errors_first = case((ImportProblem.level == "error", 0), else_=1)
    query = (
        select(ImportProblem.level, ImportProblem.rule, ImportProblem.field, many)
        .where(ImportProblem.org_id == org_id, ImportProblem.run_id == run_id)
        .group_by(ImportProblem.level, ImportProblem.rule, ImportProblem.field)
        .order_by(errors_first, many.desc(), ImportProblem.rule, ImportProblem.field)
    )
    return session.execute(query).all()


def refusals(session: Session, org_id: int, run_id: UUID) -> Iterator[ImportProblem]:
    """Errors by row; not all in memory at once."""
    query = (
        select(ImportProblem)
        .where(
            ImportProblem.org_id == org_id,
            ImportProblem.run_id == run_id,
            ImportProblem.level == "error",
        )
        .order_by(ImportProblem.row, ImportProblem.field, ImportProblem.rule)
        .execution_options(yield_per=2000)
    )
    yield from session.scalars(query)


def has_file(session: Session, org_id: int, digest: str) -> bool:
    query = select(ImportFile.position).where(
        ImportFile.org_id == org_id, ImportFile.digest == digest
    )
    return session.scalar(query.limit(1)) is not None


def keep_file(session: Session, org_id: int, digest: str, content: BinaryIO) -> None:
    """Store the bytes in pieces, unless they are there."""
    key = f"{org_id}:{digest}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 4))"), {"key": key})
    if has_file(session, org_id, digest):
        return
    position = 0
    while piece := content.read(PIECE):
        values = {"org_id": org_id, "digest": digest, "position": position, "content": piece}
        session.execute(insert(ImportFile).values(values))
        position += 1


def pieces(session: Session, org_id: int, digest: str) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    position = 0
    while True:
        query = select(ImportFile.content).where(
            ImportFile.org_id == org_id,
            ImportFile.digest == digest,
            ImportFile.position == position,
        )
        piece = session.scalar(query)
        if piece is None:
            return
        yield piece
        position += 1


def drop_files(session: Session, org_id: int, before: datetime) -> None:
    """Forget files whose runs have all ended before a moment: they hold personal data."""
    wanted = select(ImportRun.file_digest).where(
        ImportRun.org_id == org_id,
        ImportRun.state.not_in(ENDED) | (ImportRun.created_at >= before),
    )
    session.execute(
        delete(ImportFile).where(ImportFile.org_id == org_id, ImportFile.digest.not_in(wanted))
    )
    session.execute(
        update(ImportRun)
        .where(
            ImportRun.org_id == org_id,
            ImportRun.kept,
            ImportRun.state.in_(ENDED),
            ImportRun.created_at < before,
            ImportRun.file_digest.not_in(wanted),
        )
        .values(kept=False)
    )


def outlines(session: Session, org_id: int) -> dict[str, Any]:
    """Region code → its outline as a prepared shapely geometry; broken ones are mended."""
    query = select(Region.code, Region.outline).where(
        Region.org_id == org_id, Region.outline.is_not(None)
    )
    found = {}
    for code, outline in session.execute(query):
        try:
            drawn = shape(outline)
            drawn = drawn if drawn.is_valid else shapely.make_valid(drawn)
        except (ShapelyError, ValueError, TypeError, KeyError, AttributeError):
            continue
        shapely.prepare(drawn)
        found[code] = drawn
    return found


def try_to_own(session: Session, run_id: UUID) -> bool:
    """Take the run for this connection; False while another connection has it."""
    statement = text("SELECT pg_try_advisory_lock(hashtextextended(:key, 5))")
    return bool(session.scalar(statement, {"key": str(run_id)}))


def digest_of(content: BinaryIO) -> tuple[str, int]:
    """SHA-256 in hex and the number of bytes; the place in the file is as before."""
    begun = content.tell()
    digest, length = hashlib.sha256(), 0
    while piece := content.read(PIECE):
        digest.update(piece)
        length += len(piece)
    content.seek(begun)
    return digest.hexdigest(), length
