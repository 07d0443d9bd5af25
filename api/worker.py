"""`paidan worker`: one RQ worker. Urgent messages are taken before everything else."""

from rq import Worker

from api.jobs import BULK, URGENT, connection
from core.logging import logger

log = logger(__name__)


def main() -> None:
    """Run until SIGTERM; the job in hand is finished first."""
    log.info("worker_started", queues=[URGENT, BULK])
    Worker([URGENT, BULK], connection=connection()).work(
        with_scheduler=False, logging_level="WARNING"
    )
