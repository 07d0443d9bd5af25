"""Settings are read once, and anew where they were cleared."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import settings as module
from core.settings import Settings


def test_what_was_being_read_when_they_were_cleared_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads, may_go = threading.Event(), threading.Event()
    once, (old, new) = module._Once(), (Settings(), Settings(port=9000))
    answers = iter((old, new))

    def read() -> Settings:
        answer = next(answers)
        if answer is old:
            reads.set()
            may_go.wait(10)
        return answer

    monkeypatch.setattr(module, "_read", read)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(once)
        assert reads.wait(10)
        cleared = pool.submit(once.cache_clear)
        may_go.set()
        cleared.result(10)
        assert slow.result(10) is old
    assert once() is new
