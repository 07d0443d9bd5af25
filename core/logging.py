"""Structured log lines on standard error; every line carries the correlation id if there is one."""

import logging
import sys
from typing import Any

import structlog

from core.settings import settings

QUERIES_LOGGED_BY = ("urllib3",)
"""Libraries whose lines below an error show addresses that they ask, numbers of people included."""


def configure_logging(process: str) -> None:
    """Send structlog and the standard library through one formatter."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    if settings().log_format == "json":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=renderer, foreign_pre_chain=shared, use_get_message=True
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings().log_level)
    for noisy in ("uvicorn", "uvicorn.access", "rq.worker", "alembic", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for telling in QUERIES_LOGGED_BY:
        logging.getLogger(telling).setLevel(logging.ERROR)
    structlog.contextvars.bind_contextvars(process=process)


def logger(name: str) -> Any:
    """A structured logger: `logger(__name__).info("order_released", order=number)`."""
    return structlog.get_logger(name)
