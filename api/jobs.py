"""Jobs between the outbox and RQ: handed over under the row's id, run once however often sent."""

from functools import lru_cache
from importlib import import_module
from typing import Any
from uuid import UUID

from redis import Redis
from rq import Queue

from core import outbox
from core.correlation import correlated
from core.logging import logger
from core.settings import settings
from core.wiring import wiring

URGENT = "urgent"
BULK = "bulk"
log = logger(__name__)


@lru_cache(maxsize=1)
def connection() -> Redis:
    """The connection to Valkey; every call has a timeout."""
    return Redis.from_url(str(settings().redis_url), socket_connect_timeout=3, socket_timeout=30)


def queue_of(name: str) -> str:
    """Notices are urgent; everything else must not stand before them."""
    return URGENT if name.startswith("notice.") else BULK


def seconds_of(name: str) -> int:
    """How long a job may run; an import of a large file takes minutes."""
    return 3600 if name == "directory.import" else 300


def hand_over(id_: UUID, org_id: int, name: str, body: dict[str, Any], correlation: str) -> None:
    """Enqueue one leased outbox row."""
    Queue(queue_of(name), connection=connection()).enqueue(
        run_job,
        id_,
        org_id,
        name,
        body,
        correlation,
        job_id=str(id_),
        job_timeout=seconds_of(name),
        result_ttl=0,
        failure_ttl=3600,
    )


def run_job(id_: UUID, org_id: int, name: str, body: dict[str, Any], correlation: str) -> None:
    """In the worker: run the job's function; a failure goes back to the outbox with a delay."""
    with correlated(correlation):
        module, _, function = wiring().jobs[name].partition(":")
        try:
            getattr(import_module(module), function)(id_, org_id, body)
        except Exception as error:
            log.exception("job_failed", job=name, outbox_id=str(id_))
            outbox.report_failed(org_id, id_, error)
