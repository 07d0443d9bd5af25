"""The correlation id that runs from the first webhook to the last job, log line and event."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

from core.ids import new_id

_current: ContextVar[str] = ContextVar("correlation_id", default="")


def correlation_id() -> str:
    """The id of the chain of work at hand; a new one where none has begun."""
    return _current.get() or str(new_id())


@contextmanager
def correlated(value: str | None = None) -> Iterator[str]:
    """Run a block under `value`, or under a new id."""
    chosen = value or str(new_id())
    token = _current.set(chosen)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id=chosen):
            yield chosen
    finally:
        _current.reset(token)
