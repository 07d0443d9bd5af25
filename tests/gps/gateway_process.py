"""`paidan gps` as the kill tests start it; each word plants a mistake that they must catch.

No mistakes are `lingers`, `hesitates`, `copies` (see there) and `stalled=SECONDS`: how long another
gateway may stand still in the middle of a batch.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from gps import pipeline, repository, server
from gps.fix import Fix
from gps.intake import Intake, Pending
from gps.pipeline import DatabaseAway, Written
from gps.repository import Cursor, FixValues


class AcknowledgesTooEarly(Intake):
    """Says yes before the commit."""

    def put(self, pending: Pending) -> None:
        self._acknowledge([pending], set())
        super().put(pending)

    async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        await asyncio.sleep(0.05)
        written = await super()._write(org_id, fixes)
        if written is not None:
            self.counts += written.reasons
        return None


class Shrugs(Intake):
    """Says yes when the database is away."""

    async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        try:
            return await asyncio.to_thread(pipeline.write, org_id, fixes)
        except DatabaseAway:
            return Written()


class TurnsAround(Intake):
    """Takes what has come last first."""

    def _take(self) -> list[Pending]:
        return super()._take()[::-1]


class Lingers(Intake):
    """No mistake: merely slow to say what is committed."""

    async def _write(self, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        written = await super()._write(org_id, fixes)
        await asyncio.sleep(0.2)
        return written


def _forgetful() -> None:
    """What was seen of a watch is not kept."""

    def save_watches(_batch: pipeline.Batch) -> None:
        return

    steps = {pipeline.save_watches: save_watches}
    pipeline.APPLY = tuple(steps.get(step, step) for step in pipeline.APPLY)


def _hesitates() -> None:
    """No mistake: thinks for a while before each commit."""

    def think(_batch: pipeline.Batch) -> None:
        time.sleep(0.05)

    pipeline.APPLY = (*pipeline.APPLY, think)


def _copies() -> None:
    """No mistake: tells the database its positions slowly, one by one."""
    store = repository.store_fixes

    def slowly(rows: Iterable[FixValues]) -> Iterator[FixValues]:
        for row in rows:
            time.sleep(0.004)
            yield row

    def store_slowly(cur: Cursor, rows: Iterable[FixValues]) -> int:
        return store(cur, list(slowly(rows)))

    repository.store_fixes = store_slowly


def _with(intake: type[Intake]) -> None:
    server.Intake = intake  # type: ignore[misc]


PLANTED: dict[str, Callable[[], None]] = {
    "early": partial(_with, AcknowledgesTooEarly),
    "shrugs": partial(_with, Shrugs),
    "lingers": partial(_with, Lingers),
    "turned": partial(_with, TurnsAround),
    "forgetful": _forgetful,
    "hesitates": _hesitates,
    "copies": _copies,
}


def main(words: Sequence[str]) -> None:
    for word in words:
        name, _, value = word.partition("=")
        if name == "stalled":
            server.Gateway = partial(  # type: ignore[assignment,misc]
                server.Gateway, tend_seconds=float(value) / 2, stalled_seconds=float(value)
            )
        else:
            PLANTED[name]()
    server.main()
