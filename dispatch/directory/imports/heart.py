"""While a run is worked on, others see that: its row and its lease are renewed from a thread."""

from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from core import outbox
from core.clock import real_now
from core.db import session_factory
from core.logging import logger
from core.settings import settings
from dispatch.directory.imports import repository

log = logger(__name__)


class Heart:
    """Beats three times in a lease until left. `outbox_id`: the job's row, where there is one."""

    def __init__(self, org_id: int, run_id: UUID, outbox_id: UUID | None = None) -> None:
        self._org_id, self._run_id, self._outbox_id = org_id, run_id, outbox_id
        self._still = Event()
        self._thread = Thread(target=self._beat, name="import-heart", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._still.set()
        self._thread.join()

    def _beat(self) -> None:
        pause = min(settings().outbox_lease_seconds / 3, 20.0)
        while not self._still.wait(pause):
            try:
                self._once()
            except SQLAlchemyError as error:  # the lease runs out, and somebody goes on
                log.warning("import_heart_failed", error=str(error)[:200])

    def _once(self) -> None:
        with session_factory()() as session:
            repository.show_life(session, self._org_id, self._run_id, real_now())
            session.commit()
        if self._outbox_id is not None:
            outbox.renew(self._org_id, self._outbox_id)
