"""Imports in the RQ worker. A job that comes again goes on where the last one was cut off."""

from typing import Any
from uuid import UUID

from core import outbox
from core.db import session_factory
from core.identity import system_actor
from core.logging import logger
from core.uow import unit_of_work
from dispatch.directory.imports import repository
from dispatch.directory.imports.execute import OwnedElsewhere, execute, give_up
from dispatch.directory.imports.heart import Heart
from dispatch.directory.imports.models import ENDED
from dispatch.directory.imports.service import ImportFileGone, actor_of, kept_file

log = logger(__name__)


def run_import(outbox_id: UUID, org_id: int, body: dict[str, Any]) -> None:
    """Execute a run, then report its outbox row done."""
    run_id = UUID(body["run_id"])
    with session_factory()() as session:
        run = repository.run_of(session, org_id, run_id)
        if run is not None and run.state not in ENDED:
            try:
                with kept_file(session, run) as path, Heart(org_id, run_id, outbox_id):
                    session.rollback()
                    execute(actor_of(run), run_id, path)
            except OwnedElsewhere:
                log.info("import_owned_elsewhere", run_id=str(run_id))
                return
            except ImportFileGone as gone:
                give_up(actor_of(run), run_id, gone)
    with unit_of_work(system_actor(org_id, "worker")) as uow:
        outbox.report_done(uow.session, org_id, outbox_id, uow.now)
