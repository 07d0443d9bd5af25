"""`paidan worker`: one RQ worker. Urgent messages are taken before everything else.

One that is busy with a job of minutes takes nothing else meanwhile, so `paidan up` runs two.
"""

from collections.abc import Sequence

from rq import Worker

from api.jobs import BULK, URGENT, connection
from core.logging import logger

QUEUES = (URGENT, BULK)
log = logger(__name__)


def main(queues: Sequence[str] = QUEUES) -> None:
    """Run until SIGTERM; the job in hand is finished first."""
    log.info("worker_started", queues=list(queues))
    Worker(list(queues), connection=connection()).work(
        with_scheduler=False, logging_level="WARNING"
    )
