"""`paidan city`: the demo city beside a running Paidan. `paidan up` runs it with the demo on."""

import asyncio
import signal

from api.demo.cast import read_cast
from api.demo.life import Life, Script
from api.demo.tally import Tally
from core.clock import now
from core.logging import configure_logging, logger
from core.settings import settings

log = logger(__name__)


async def play() -> None:
    """Until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    own = settings()
    cast = read_cast(own.data_dir)
    begin = now()
    script = Script(seed=f"{cast.seed}/{begin:%Y%m%d%H%M}", begin=begin, opens=begin)
    life = asyncio.ensure_future(Life(own, cast, script, Tally()).run())
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({life, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        life.cancel()
        await asyncio.wait({life})
        return
    stopped.cancel()
    life.result()


def main() -> None:
    """Returns after a signal."""
    configure_logging("city")
    asyncio.run(play())
