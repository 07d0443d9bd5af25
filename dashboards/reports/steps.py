"""Long reports tell how far they are: they yield how many orders have been read."""

from collections.abc import Callable, Generator
from typing import TypeVar

EVERY = 500
"""So many orders between two words about progress."""
T = TypeVar("T")
Steps = Generator[int, None, T]


def finish(steps: Steps[T], told: Callable[[int], None] = lambda _: None) -> T:
    """Run to the end; `told` hears how many orders have been read."""
    while True:
        try:
            told(next(steps))
        except StopIteration as end:
            value: T = end.value
            return value
