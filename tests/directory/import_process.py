"""An import in a process of its own: it stops for ever, holding everything, after some commits."""

import threading
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from core.identity import system_actor
from dispatch.directory.imports.execute import execute


def main(words: Sequence[str]) -> None:
    """`words`: run, file, state, commits, rows of a batch. Says `here` when it stops."""
    run_id, file, state, commits, batch = words
    seen = 0

    def progress(now: str, _done: int, _rows: int) -> None:
        nonlocal seen
        seen += now == state
        if seen == int(commits):
            print("here", flush=True)  # noqa: T201 - the test reads it
            threading.Event().wait()

    actor = system_actor(1, "import")
    execute(actor, UUID(run_id), Path(file), progress=progress, batch=int(batch))
