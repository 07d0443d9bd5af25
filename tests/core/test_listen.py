"""Connections that wait for notices."""

import asyncio
from pathlib import Path

from core.listen import LIVE, listening_async


def sockets() -> int:
    files = (file for file in Path("/proc/self/fd").iterdir() if file.is_symlink())
    return sum(str(file.readlink()).startswith("socket:") for file in files)


async def listen() -> None:
    async with listening_async(LIVE, name="test-listen"):
        await asyncio.Event().wait()


def test_cancelled_while_it_connects_leaves_nothing_half_open(database: str) -> None:
    """Whoever keeps the cancelled task keeps all that it held."""

    async def run() -> None:
        before, kept = sockets(), []
        for steps in range(60):
            task = asyncio.create_task(listen())
            for _ in range(steps):
                await asyncio.sleep(0.0001)
            task.cancel()
            await asyncio.wait({task})
            kept.append(task)
        assert all(task.cancelled() for task in kept)
        assert sockets() <= before  # what earlier tests left behind may go meanwhile

    asyncio.run(run())
