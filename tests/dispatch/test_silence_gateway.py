"""Our own outage over real sockets: who comes back in time was never silent, who does not is."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core.clock import now
from core.db import session_factory
from dispatch.silence import service as silence
from gps.models import Device, VehiclePosition
from gps.rhythm import LEFT_OUT, RESTING, USUAL_S
from gps.server import Gateway
from gps.terminal import Terminal, location
from tests.dispatch.test_silence import Fleet, fleet
from tests.office import query

__all__ = ["fleet"]
RETURNS, STAYS_AWAY = "east-1", "west-1"
STANDS_S = LEFT_OUT * USUAL_S[RESTING]
"""What a terminal that stands may leave out: so long a gateway that has begun waits for it."""


async def sends(fleet: Fleet, crews: Iterable[str], ago: float) -> datetime:
    """A gateway runs until each of these vehicles has sent where it was; when it began."""
    async with Gateway(host="127.0.0.1", port=0, poll_seconds=0.05) as running:
        began = now()
        at = (began - timedelta(seconds=ago)).replace(microsecond=0)
        for crew in crews:
            wanted = select(Device.identity).where(Device.id == fleet.device(crew))
            async with Terminal(query(lambda session, q=wanted: session.scalars(q).one())) as one:
                await one.connect(running.host, running.port)
                await one.send_location(location(at, 39.9, 116.3, ignition=ago > 0))
                await one.wait_acked()
        return began


def test_a_gateway_that_was_away_makes_nobody_silent_that_returns(fleet: Fleet) -> None:
    began = asyncio.run(sends(fleet, [RETURNS, STAYS_AWAY], ago=600))
    silence.sweep(began + timedelta(hours=4))  # nobody listens
    assert fleet.said(RETURNS) == fleet.said(STAYS_AWAY) == []
    with session_factory()() as session:  # as if it had been looked at in time
        session.execute(update(VehiclePosition).values(due_at=VehiclePosition.quiet_at))
        session.commit()

    async def again() -> None:
        async with Gateway(host="127.0.0.1", port=0, poll_seconds=0.05):
            began = await sends(fleet, [RETURNS], ago=0)
            for after_s, said in ((STANDS_S - 5, []), (STANDS_S + 5, ["vehicle.silent"])):
                await asyncio.to_thread(silence.sweep, began + timedelta(seconds=after_s))
                assert fleet.said(STAYS_AWAY) == said

    asyncio.run(again())
    assert fleet.said(RETURNS) == []
    assert fleet.whole()
