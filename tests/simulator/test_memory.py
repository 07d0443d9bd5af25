"""The simulator's clock beside a product that catches up, and what it forgets in the long run."""

import asyncio
from datetime import UTC, datetime, timedelta

from telephony.simulator.clock import Clock
from telephony.simulator.trace import Trace
from tests.simulator.fixtures import HOTLINE, running_simulator

NEAR = timedelta(milliseconds=5)
"""How far two clocks of one machine may be apart."""


def test_time_stands_still_before_the_anchor() -> None:
    async def story() -> None:
        start = datetime(2026, 3, 2, tzinfo=UTC)
        clock = Clock(50, start, datetime.now(UTC) + timedelta(hours=1))
        assert clock.now() == start
        await asyncio.sleep(0.01)
        assert clock.now() == start

    asyncio.run(story())


def test_time_that_catches_up_becomes_real_time_and_never_passes_it() -> None:
    async def story() -> None:
        anchor = datetime.now(UTC)
        clock = Clock(100, anchor - timedelta(seconds=20), anchor, catch_up=True)
        before = clock.now()
        gone = datetime.now(UTC) - anchor
        assert before < anchor - timedelta(seconds=20) + 100 * gone + NEAR
        await clock.sleep(19)  # most of the way: a fifth of a second
        assert clock.now() >= before + timedelta(seconds=19)
        await clock.sleep(1.5)  # past where both meet
        for _ in range(3):
            earliest, found, latest = datetime.now(UTC), clock.now(), datetime.now(UTC)
            assert earliest - NEAR < found < latest + NEAR
            await clock.sleep(0.01)
            assert clock.now() >= found + timedelta(seconds=0.01)

    asyncio.run(story())


def test_a_trace_that_forgets_keeps_its_numbers() -> None:
    async def story() -> None:
        trace = Trace(lambda: datetime(2026, 3, 2, tzinfo=UTC), keep=10)
        for number in range(25):
            trace.add("entry", number=number)
        assert [one["n"] for one in trace.after(0)] == [*range(12, 26)]
        assert [one["number"] for one in trace.after(23)] == [23, 24]
        assert trace.after(25) == []
        waiting = asyncio.ensure_future(trace.wait(25, 20))
        await asyncio.sleep(0)
        trace.add("entry", number=25)
        assert [one["n"] for one in await waiting] == [26]

    asyncio.run(story())


def test_what_is_over_is_forgotten_and_what_goes_on_is_not() -> None:
    with running_simulator(speed=0, keep=3) as carrier:
        carrier.post("/numbers", phone_number=HOTLINE)
        carrier.post("/phones", number="+8613*", answer="busy", ring_s=1)
        carrier.post("/phones", number="+8614*")
        client = carrier.client()
        text = "<Response><Pause length='999'/></Response>"
        long = client.calls.create(to="+8614000000001", from_=HOTLINE, twiml=text)
        for number in range(6):
            client.calls.create(to=f"+861300000000{number}", from_=HOTLINE, twiml=text)
            client.messages.create(to=f"+861300000000{number}", from_=HOTLINE, body="x")
            carrier.advance(10)
        found = carrier.state()
        assert found["calls"][0]["to"] == "+8614000000001"
        assert [one["to"][-1] for one in found["calls"]][1:] == ["2", "3", "4", "5"]
        assert carrier.call(str(long.sid))["ended_at"] is None
        assert [one["to"][-1] for one in found["messages"]] == ["2", "3", "4", "5"]
