"""This process takes positions of phones, and says so: while nobody does, no phone is silent."""

import asyncio

from core.clock import now, real_now
from gps import listening

EVERY_S = 5.0


class Ears:
    """Said every few seconds under the process's own name."""

    def __init__(self, process: str) -> None:
        self.name = f"api/{process}"

    async def run(self) -> None:
        """Until cancelled; raises what the database says, and is begun anew."""
        while True:
            await asyncio.to_thread(listening.say, self.name, "phone", now(), real_now())
            await asyncio.sleep(EVERY_S)

    async def stop(self) -> None:
        """Phones have to find another process."""
        await asyncio.to_thread(listening.over, self.name, now())
