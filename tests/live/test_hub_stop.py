"""Ending the loops of the hub."""

import asyncio
from contextlib import suppress

from api.hub import ended


def test_a_loop_that_forgets_a_cancellation_is_ended_all_the_same() -> None:
    forgotten = 0

    async def forgetful() -> None:
        nonlocal forgotten
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        forgotten += 1
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(forgetful())
        await asyncio.sleep(0)
        async with asyncio.timeout(240):
            await ended([task])
        assert task.cancelled()

    asyncio.run(run())
    assert forgotten == 1
