"""Positions per second through a real gateway, beside a bare loop that decodes and acknowledges.

    python -m bench.gps_ingest [--connections 300] [--rates 500,1000,2000,4000] [--seconds 8]

PostgreSQL and Valkey are servers of its own with the durability of `paidan up`; gateway and bare
loop are processes of their own under uvloop; the generator is this process. Each connection sends
at an even pace, one position a frame. Prints one JSON object per rate: positions sent and
acknowledged, milliseconds to the acknowledgement (p50, p99), and the p50 of the bare loop in the
same run. A third of the terminals sits in vehicles that are watched for an arrival.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import uvloop

from core import db, migrate
from core.clock import monotonic, now
from core.engines import open_engines
from core.engines.home import remove_home
from core.identity import system_actor
from core.ids import new_id
from core.models import Organisation
from core.settings import Settings, settings
from core.uow import unit_of_work
from gps import server, service
from gps.jt808 import downlink, uplink
from gps.jt808.framing import Frame, FrameCutter, build_frame
from gps.terminal import Terminal, location

ORG = 1


class Bare(asyncio.Protocol):
    """What the wire costs: cut, parse, acknowledge."""

    def __init__(self) -> None:
        self.cutter = FrameCutter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for frame in self.cutter.feed(data):
            if isinstance(frame, Frame):
                uplink.parse(frame)
                body = downlink.build_platform_ack(frame.serial, frame.message_id, 0)
                answer = build_frame(Frame(downlink.PLATFORM_ACK, frame.terminal, 0, body))
                self.transport.write(answer)  # type: ignore[attr-defined]


def serve_bare(port: int) -> None:
    async def serve() -> None:
        listener = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
        await listener.serve_forever()

    uvloop.run(serve())


class Client(asyncio.Protocol):
    """Sends positions and notes when each is acknowledged."""

    def __init__(self, identity: str) -> None:
        self.identity = identity.zfill(12)
        self.cutter = FrameCutter()
        self.serial = random.randrange(1000)
        self.sent: dict[int, float] = {}
        self.waits: list[float] = []
        self.answered = asyncio.Event()
        self.count = 0
        self.lat = 39.9
        self.start = now().replace(microsecond=0) - timedelta(hours=12)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for frame in self.cutter.feed(data):
            if isinstance(frame, Frame) and frame.message_id == downlink.PLATFORM_ACK:
                serial = int.from_bytes(frame.body[:2], "big")
                if serial in self.sent:
                    self.waits.append(monotonic() - self.sent.pop(serial))
        self.answered.set()

    async def settled(self) -> None:
        """Until everything sent is acknowledged."""
        while self.sent:
            self.answered.clear()
            await self.answered.wait()

    def authenticate(self, code: str) -> None:
        self._write(uplink.AUTHENTICATE, uplink.build_authenticate(code))

    def send(self) -> None:
        self.lat += 1e-4
        at = self.start + timedelta(seconds=self.count)
        self.count += 1
        self.sent[self.serial] = monotonic()
        position = location(at, self.lat, 116.3, speed_kmh=40)
        self._write(uplink.LOCATION, uplink.build_location(position))

    def _write(self, message_id: int, body: bytes) -> None:
        frame = build_frame(Frame(message_id, self.identity, self.serial, body))
        self.serial = (self.serial + 1) & 0xFFFF
        self.transport.write(frame)  # type: ignore[attr-defined]


def prepare(identities: list[str]) -> None:
    """Terminals in vehicles; every third vehicle is on its way to an order."""
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        organisation = Organisation(
            id=ORG, code="bench", name_zh="测", name_en="bench", created_at=now()
        )
        uow.session.add(organisation)
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        for number, identity in enumerate(identities):
            vehicle = new_id()
            service.enrol(uow, identity=identity, vehicle_id=vehicle)
            if number % 3 == 0:
                service.watch(
                    uow,
                    vehicle_id=vehicle,
                    assignment_id=new_id(),
                    lat=41.0,
                    lon=116.3,
                    radius_m=100,
                    now=now() - timedelta(hours=13),
                )


async def codes_of(identities: list[str], port: int) -> dict[str, str]:
    """Register every terminal."""
    codes = {}
    for identity in identities:
        async with Terminal(identity) as terminal:
            await terminal.connect("127.0.0.1", port)
            codes[identity] = terminal.code or ""
    return codes


async def load(clients: list[Client], rate: float, seconds: float) -> tuple[int, int, list[float]]:
    """Send at an even pace; positions sent, acknowledged, and the waits in seconds."""
    for client in clients:
        client.sent.clear()
        client.waits.clear()
    begun, sent = monotonic(), 0
    while (passed := monotonic() - begun) < seconds:
        due = int(passed * rate)
        while sent < due:
            clients[sent % len(clients)].send()
            sent += 1
        await asyncio.sleep(0.001)
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await asyncio.gather(*(client.settled() for client in clients))
    waits = [wait for client in clients for wait in client.waits]
    return sent, len(waits), waits


async def connect(identities: list[str], port: int, codes: dict[str, str]) -> list[Client]:
    clients = []
    for identity in identities:
        client = Client(identity)
        await asyncio.get_running_loop().create_connection(lambda c=client: c, "127.0.0.1", port)
        client.authenticate(codes.get(identity, ""))
        clients.append(client)
    await asyncio.sleep(2)
    return clients


def quantiles(waits: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(waits, n=100)
    return round(cuts[49] * 1000, 1), round(cuts[98] * 1000, 1)


async def measure(arguments: argparse.Namespace, port: int) -> None:
    identities = [f"1360000{number:04d}" for number in range(arguments.connections)]
    prepare(identities)
    await wait_for(port)
    await wait_for(port + 1)
    codes = await codes_of(identities, port)
    real = await connect(identities, port, codes)
    bare = await connect(identities, port + 1, {})
    for rate in [float(rate) for rate in arguments.rates.split(",")]:
        sent, acked, waits = await load(real, rate, arguments.seconds)
        _, _, bare_waits = await load(bare, rate, arguments.seconds)
        p50, p99 = quantiles(waits)
        bare_p50, bare_p99 = quantiles(bare_waits)
        line = {
            "rate": rate,
            "sent": sent,
            "acked": acked,
            "p50_ms": p50,
            "p99_ms": p99,
            "bare_p50_ms": bare_p50,
            "bare_p99_ms": bare_p99,
        }
        print(json.dumps(line), flush=True)
    with db.session_factory()() as session:
        cursor = session.connection().connection.cursor()
        cursor.execute("SELECT count(*) FROM fix")
        print(json.dumps({"stored": cursor.fetchone()[0], "sent": sum(c.count for c in real)}))


async def wait_for(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--rates", default="500,1000,2000,4000")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--port", type=int, default=18090)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    processes: list[multiprocessing.Process] = []
    try:
        own = Settings(data_dir=folder, database_url=None, redis_url=None)
        with open_engines(own) as urls:
            os.environ.update(urls.environment, PAIDAN_JT808_PORT=str(arguments.port))
            os.environ["PAIDAN_LOG_LEVEL"] = "WARNING"
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            context = multiprocessing.get_context("spawn")
            starts: list[tuple[Callable[..., None], tuple[int, ...]]] = [
                (server.main, ()),
                (serve_bare, (arguments.port + 1,)),
            ]
            for target, values in starts:
                process = context.Process(target=target, args=values, daemon=True)
                process.start()
                processes.append(process)
            uvloop.run(measure(arguments, arguments.port))
            for process in processes:
                process.terminate()
                process.join(10)
            db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
