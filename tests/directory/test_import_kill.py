"""An import whose process dies is taken up again: nothing is lost, nothing is written twice."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from core.db import session_factory
from core.eventlog import read_streams
from dispatch.directory.imports import execute
from dispatch.directory.imports.execute import OwnedElsewhere
from dispatch.starter import ORG_ID
from tests.directory.imports import (
    ACTOR,
    begin,
    bring,
    counts,
    directory,
    findings,
    look,
    write_csv,
)
from tests.prepared import begin as copied

ROWS = 900
BATCH = 100


@pytest.fixture
def path(organisation: int, tmp_path: Path) -> Path:
    rows = [("户号", "户名", "合同容量", "运行容量")]
    rows += [(f"{n:05}", f"客户{n}", "8", "16" if n % 50 == 0 else "8") for n in range(ROWS)]
    return write_csv(tmp_path / "c.csv", rows)


def killed(run_id: UUID, path: Path, state: str, commits: int) -> None:
    """A process that works on the run is killed after so many commits of that state."""
    told = path.with_name("told")
    os.mkfifo(told)
    words = [str(run_id), str(path), state, str(commits), str(BATCH)]
    with copied("tests.directory.import_process", *words, log=told), told.open() as said:
        assert "here\n" in said
        with pytest.raises(OwnedElsewhere):
            execute.execute(ACTOR, run_id, path)
    told.unlink()
    _wait_forgotten(run_id)


def _wait_forgotten(run_id: UUID) -> None:
    """PostgreSQL lets go of what the dead process held as soon as it sees the socket closed."""
    with session_factory()() as session:
        session.execute(
            text("SELECT pg_advisory_lock(hashtextextended(:key, 5))"), {"key": str(run_id)}
        )
        session.execute(
            text("SELECT pg_advisory_unlock(hashtextextended(:key, 5))"), {"key": str(run_id)}
        )


def cancel() -> None:
    with session_factory()() as session:
        session.execute(text("UPDATE import_run SET cancel_asked = true"))
        session.commit()


def found_by_search() -> int:
    with session_factory()() as session:
        return session.execute(text("SELECT count(*) FROM search_entry")).scalar_one()


@pytest.mark.parametrize(
    ("state", "commits"), [("checking", 3), ("writing", 1), ("writing", 4), ("indexing", 1)]
)
def test_a_killed_import_goes_on(path: Path, state: str, commits: int) -> None:
    run_id = begin("customers", path)
    killed(run_id, path, state, commits)
    before = look(run_id)
    assert before.state == state
    assert len(directory()["customer"]) == before.added
    execute.execute(ACTOR, run_id, path, batch=BATCH)
    run = look(run_id)
    assert counts(run) == {"rows": ROWS, "added": ROWS - 18, "rejected": 18}
    assert len(directory()["customer"]) == ROWS - 18
    assert len(findings(run)) == 18
    with session_factory()() as session:
        types = [
            row.type for _, _, rows in read_streams(session, ORG_ID, ["directory"]) for row in rows
        ]
    assert types == ["directory.import_began", "directory.imported"]


def test_killed_twice(path: Path) -> None:
    run_id = begin("customers", path)
    killed(run_id, path, "writing", 3)
    killed(run_id, path, "writing", 12)
    execute.execute(ACTOR, run_id, path, batch=BATCH)
    assert look(run_id).added == ROWS - 18


def test_cancelled_while_nobody_worked_on_it(path: Path) -> None:
    """Its process died, then somebody cancelled it: whoever takes it up only tidies up."""
    run_id = begin("customers", path)
    killed(run_id, path, "writing", 4)
    cancel()
    execute.execute(ACTOR, run_id, path, batch=BATCH)
    run = look(run_id)
    assert run.state == "cancelled"
    assert 0 < run.added == len(directory()["customer"]) == found_by_search()


def test_cancelled_between_batches(path: Path) -> None:
    """What is written stays; the rest is not."""
    run_id = begin("customers", path)

    def progress(state: str, done: int, _rows: int) -> None:
        if state == "writing" and done >= 3 * BATCH:
            cancel()

    execute.execute(ACTOR, run_id, path, progress=progress, batch=BATCH)
    run = look(run_id)
    assert run.state == "cancelled"
    assert 0 < run.added == len(directory()["customer"]) < ROWS - 18
    assert found_by_search() == run.added, "what stays can be found"
    again = bring("customers", path)
    assert (again.added, again.same) == (ROWS - 18 - run.added, run.added)
