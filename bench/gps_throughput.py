"""Positions per second for a minute: the product, a bare loop and a bare COPY, in one run.

    python -m bench.gps_throughput [--rate 20000] [--seconds 60] [--connections 2000]
        [--fences 1000] [--gateways 2] [--watched 0]

PostgreSQL and Valkey are servers of its own with the durability of `paidan up`. Each connection is
a JT/T 808 terminal of a vehicle on a moving track of its own, a frame a write, one position a
frame, at an even pace; filters, motion and fences are on, and a frame is acknowledged after the
commit. A process of its own reads what the boards get. After the last second gateways and
PostgreSQL are killed (SIGKILL); PostgreSQL is started again, and what was acknowledged is looked
for in it.

`bare` is a process that only cuts, parses and acknowledges, at a quarter of the rate; `copy` a
process that COPYs the same rows, packed, in batches of 5,000. Prints one JSON object: positions
sent, acknowledged, stored, lost; milliseconds from sending to the board's message and to the
acknowledgement (p50, p99); processor seconds per million positions of each part; the ratios.
"""

import argparse
import json
import multiprocessing
import os
import random
import select
import signal
import socket
import statistics
import struct
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import psutil
import psycopg
import redis
import uvloop
from numpy.typing import NDArray

from bench import fences as town
from bench.gps_ingest import ORG, serve_bare, wait_for
from core import db, migrate
from core.clock import now
from core.engines import EngineUrls, libpq_url, sqlalchemy_url
from core.engines.embedded import Embedded, embedded_urls
from core.engines.home import remove_home
from core.identity import system_actor
from core.ids import new_id
from core.models import Organisation
from core.settings import settings
from core.uow import unit_of_work
from gps import packing, server, service
from gps.jt808 import uplink
from gps.jt808.framing import Frame, build_frame
from gps.movement_models import Fence
from gps.publish import channel

CODE = "bench"
WARM_S = 5.0
LATE_S = 20.0
TICK_S = 0.002
RECORD = np.dtype(
    [("any", "V12"), ("index", ">u4"), ("lat", ">i4"), ("lon", ">i4"), ("kmh", ">u2"),
     ("course", ">u2"), ("at", ">u4"), ("holds", ">u2")]
)  # fmt: skip
VEHICLE = 0x5EED << 112 | 0x4000 << 64 | 0x8000 << 48
"""Vehicles are numbered in the last four bytes of their ids."""


def vehicle(index: int) -> UUID:
    return UUID(int=VEHICLE | index)


def identity(index: int) -> str:
    return f"1360000{index:04d}"


def tracks(count: int, steps: int) -> tuple[NDArray[Any], ...]:
    """Degrees, 0.1 km/h and course of each vehicle, second by second: it turns, hurries, waits."""
    dice = np.random.default_rng(7)
    shape = (count, steps)
    kmh = np.clip(40 + np.cumsum(dice.normal(0, 1.5, shape), axis=1), 12, 80)
    waits = (np.arange(steps) + dice.integers(0, 120, (count, 1))) % 120 < 25
    kmh = np.where(waits, 0.0, kmh)
    course = np.cumsum(dice.normal(0, 4, shape), axis=1) + dice.uniform(0, 360, (count, 1))
    metres = kmh / 3.6
    north = np.cumsum(metres * np.cos(np.radians(course)), axis=1)
    east = np.cumsum(metres * np.sin(np.radians(course)), axis=1)
    north += dice.uniform(0, town.CITY_M, (count, 1))
    east += dice.uniform(0, town.CITY_M, (count, 1))
    lat, lon = town.LAT + north / town.METRES_PER_DEGREE, town.LON + east / town.WIDE
    return lat, lon, np.round(kmh * 10).astype(int), np.floor(course % 360).astype(int)


def frames(count: int, steps: int, start: datetime) -> list[list[bytes]]:
    """Of each terminal, second by second, with the serials 1, 2, 3…"""
    lat, lon, speed, course = tracks(count, steps)
    clock = [
        bytes.fromhex((start + timedelta(seconds=step, hours=8)).strftime("%y%m%d%H%M%S"))
        for step in range(steps)
    ]
    kind = np.dtype(
        [("id", ">u2"), ("properties", ">u2"), ("terminal", "V6"), ("serial", ">u2"),
         ("alarm", ">u4"), ("status", ">u4"), ("lat", ">u4"), ("lon", ">u4"), ("high", ">u2"),
         ("speed", ">u2"), ("course", ">u2"), ("clock", "V6"), ("check", "u1")]
    )  # fmt: skip
    clocks = np.frombuffer(b"".join(clock), dtype="V6")
    found = []
    for index in range(count):
        told = np.zeros(steps, dtype=kind)
        told["id"], told["properties"] = uplink.LOCATION, 28
        told["terminal"] = np.void(bytes.fromhex(identity(index).zfill(12)))
        told["serial"] = np.arange(1, steps + 1)
        told["status"] = uplink.STATUS_ACC | uplink.STATUS_POSITIONED
        told["lat"], told["lon"] = np.rint(lat[index] * 1e6), np.rint(lon[index] * 1e6)
        told["speed"], told["course"], told["clock"] = speed[index], course[index], clocks
        plain = told.view("u1").reshape(steps, -1)
        told["check"] = np.bitwise_xor.reduce(plain, axis=1)
        rows = [row.tobytes() for row in plain]
        found.append([b"\x7e" + _escaped(row) + b"\x7e" for row in rows])
    return found


def _escaped(row: bytes) -> bytes:
    return row.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


class Terminals:
    """All connections, in one loop. `sent`: when each position was, shared with the board."""

    def __init__(self, port: int, ways: list[list[bytes]], sent: NDArray[np.float64]) -> None:
        self.ways, self.sent = ways, sent
        self.acked = np.zeros(sent.shape)
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in ways]
        self.poll = select.epoll()
        self.index = {one.fileno(): index for index, one in enumerate(self.sockets)}
        self.rest = [b""] * len(ways)
        self.unsent: dict[int, bytearray] = {}
        self.count = self.let_in = 0
        for index, one in enumerate(self.sockets):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            hello = Frame(
                uplink.AUTHENTICATE, identity(index).zfill(12), 0, uplink.build_authenticate(CODE)
            )
            one.sendall(build_frame(hello))
            one.setblocking(False)
            self.poll.register(one, select.EPOLLIN)

    def drive(self, rate: float, seconds: float) -> None:
        """Send at an even pace, and read what comes back."""
        begun, first = time.monotonic(), self.count
        while (passed := time.monotonic() - begun) < seconds:
            due = first + int(passed * rate)
            while self.count < due:
                self._send(self.count % len(self.ways), self.count // len(self.ways))
                self.count += 1
            self._read(TICK_S)

    def log_in(self, seconds: float) -> None:
        """Wait until all are let in."""
        until = time.monotonic() + seconds
        while self.let_in < len(self.sockets):
            if time.monotonic() > until:
                raise RuntimeError(f"{self.let_in} of {len(self.sockets)} terminals are let in")
            self._read(0.05)

    def settle(self, seconds: float) -> None:
        """Wait for what is not acknowledged yet."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.open():
            self._read(0.05)

    def open(self) -> int:
        return int(np.count_nonzero(self.sent) - np.count_nonzero(self.acked))

    def _send(self, index: int, step: int) -> None:
        frame = self.ways[index][step]
        self.sent[index, step] = time.monotonic()
        if index in self.unsent:
            self.unsent[index] += frame
            return
        try:
            gone = self.sockets[index].send(frame)
        except BlockingIOError:
            gone = 0
        if gone < len(frame):
            self.unsent[index] = bytearray(frame[gone:])

    def _read(self, timeout: float) -> None:
        for fileno, _ in self.poll.poll(timeout):
            self._take(self.index[fileno])
        for index in list(self.unsent):
            with suppress(BlockingIOError):
                del self.unsent[index][: self.sockets[index].send(self.unsent[index])]
            if not self.unsent[index]:
                del self.unsent[index]

    def _take(self, index: int) -> None:
        data = self.sockets[index].recv(65536)
        if not data:
            raise RuntimeError(f"terminal {index}: the gateway hung up")
        moment = time.monotonic()
        *whole, self.rest[index] = (self.rest[index] + data).split(b"\x7e")
        for piece in whole:
            if piece[:2] != b"\x80\x01":
                continue
            if b"\x7d" in piece:
                piece = piece.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
            serial, message, result = struct.unpack_from(">HHB", piece, 12)
            if message == uplink.LOCATION and result == 0:
                self.acked[index, serial - 1] = moment
            elif message == uplink.AUTHENTICATE:
                self.let_in += 1


def watch_board(url: str, name: str, shape: tuple[int, int], start: int, out: Any) -> None:
    """Until a message `stop`: seconds from the sending of a position to the board's message."""
    memory = SharedMemory(name)
    sent: NDArray[np.float64] = np.ndarray(shape, dtype=np.float64, buffer=memory.buf)
    listener = redis.Redis.from_url(url).pubsub()
    listener.subscribe(channel(ORG), "bench:stop")
    waits, times = [], []
    out.send("ready")
    for message in listener.listen():
        if message["type"] != "message":
            continue
        if message["channel"] == b"bench:stop":
            break
        moment = time.monotonic()
        told = np.frombuffer(message["data"], dtype=RECORD)
        at = sent[told["index"].astype(int), told["at"].astype(int) - start]
        waits.append(moment - at)
        times.append(at)
    out.send((np.concatenate(waits), np.concatenate(times)))
    memory.close()


def prepare(connections: int, fences: int, watched: int) -> None:
    """Vehicles with terminals that have a code, fences, watches."""
    chance = random.Random(7)
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        uow.session.add(Organisation(id=ORG, code="b", name_zh="测", name_en="b", created_at=now()))
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        for index in range(connections):
            service.enrol(uow, identity=identity(index), vehicle_id=vehicle(index))
            if index < watched:
                service.watch(
                    uow,
                    vehicle_id=vehicle(index),
                    assignment_id=new_id(),
                    lat=town.LAT + 1,
                    lon=town.LON,
                    radius_m=100,
                    now=now() - timedelta(hours=13),
                )
        for number in range(fences):
            code = f"F{number}"
            row = Fence(org_id=ORG, id=new_id(), code=code, name_zh=code, name_en=code, edition=1,
                        purpose="zone", shape=town.shape(chance).to_json())  # fmt: skip
            uow.session.add(row)
        uow.session.flush()
        connection = uow.session.connection().connection.driver_connection
        assert connection is not None
        connection.execute("UPDATE device SET auth_code = %s, registered_at = now()", (CODE,))


@contextmanager
def spawned(work: list[tuple[Callable[..., None], tuple[Any, ...]]]) -> Iterator[list[Any]]:
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=target, args=values, daemon=True) for target, values in work
    ]
    for one in processes:
        one.start()
    try:
        yield processes
    finally:
        for one in processes:
            one.kill()
            one.join()


def spent(pids: list[int]) -> float:
    """Processor seconds of these processes and of those below them."""
    total = 0.0
    for pid in pids:
        for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
    return total


def quantiles(waits: NDArray[np.float64]) -> dict[str, float]:
    cuts = statistics.quantiles((waits * 1000).tolist(), n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def product(
    options: argparse.Namespace, urls: EngineUrls, embedded: Embedded, ways: list[list[bytes]],
    start: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The gateways under load, then killed with PostgreSQL."""
    shape = (len(ways), len(ways[0]))
    memory = SharedMemory(create=True, size=shape[0] * shape[1] * 8)
    sent: NDArray[np.float64] = np.ndarray(shape, dtype=np.float64, buffer=memory.buf)
    sent[:] = 0
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    board = (watch_board, (urls.redis_url, memory.name, shape, int(start.timestamp()), theirs))
    gateways = [(server.main, ())] * options.gateways
    try:
        with spawned([*gateways, board]) as processes:
            uvloop.run(wait_for(options.port))
            time.sleep(1)
            ours.recv()
            begun = time.monotonic()
            fleet = Terminals(options.port, ways, sent)
            fleet.log_in(300)
            logins_s = time.monotonic() - begun
            parts = {
                "gateways": [one.pid for one in processes[:-1]],
                "postgres": [embedded.processes["postgres"].pid],
                "terminals": [os.getpid()],
                "valkey": [embedded.processes["valkey"].pid],
            }
            fleet.drive(options.rate, WARM_S)
            before = {name: spent(pids) for name, pids in parts.items()}
            mine = time.process_time()
            warm = fleet.count
            begun = time.monotonic()
            fleet.drive(options.rate, options.seconds)
            took = time.monotonic() - begun
            cpu = {name: spent(pids) - before[name] for name, pids in parts.items()}
            cpu["terminals"] = time.process_time() - mine
            open_ = fleet.open()
            fleet.settle(LATE_S if options.settle else 0)
            redis.Redis.from_url(urls.redis_url).publish("bench:stop", "")
            waits, times = ours.recv()
            kill(embedded)
        embedded.heal()
        acked, sent_count = int(np.count_nonzero(fleet.acked)), int(np.count_nonzero(sent))
        stored, lost = found(urls.database_url, fleet, start)
        done = fleet.count - warm
        board_waits = waits[times >= begun]
        acks = (fleet.acked - sent)[(fleet.acked > 0) & (sent >= begun)]
        return {
            "all_let_in_after_s": round(logins_s, 1),
            "rate": round(done / took),
            "sent": sent_count,
            "acknowledged": acked,
            "stored": stored,
            "acknowledged_but_not_stored": lost,
            "waiting_after_the_last_second": open_,
            "to_the_board_ms": quantiles(board_waits),
            "to_the_acknowledgement_ms": quantiles(acks),
            "cpu_s_per_million": {k: round(v / done * 1e6, 1) for k, v in cpu.items()},
            "busy": round(sum(cpu.values()) / took / (os.cpu_count() or 1), 2),
        }
    finally:
        memory.close()
        memory.unlink()


def kill(embedded: Embedded) -> None:
    """PostgreSQL and all its backends, without a word."""
    process = psutil.Process(embedded.processes["postgres"].pid)
    victims = [process, *process.children()]
    for one in victims:
        one.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, 30)


def found(url: str, fleet: Terminals, start: datetime) -> tuple[int, int]:
    """Positions that are stored; acknowledged ones that are not."""
    with psycopg.connect(libpq_url(url)) as connection:
        rows = connection.execute(
            "SELECT device.identity, extract(epoch FROM fix_at)::bigint FROM fix JOIN device"
            " ON device.org_id = fix.org_id AND device.id = fix.device_id"
        ).fetchall()
    there = np.zeros(fleet.sent.shape, dtype=bool)
    first = int(start.timestamp())
    for name, at in rows:
        there[int(name[7:]), at - first] = True
    return len(rows), int(np.count_nonzero((fleet.acked > 0) & ~there))


def bare_loop(options: argparse.Namespace, ways: list[list[bytes]]) -> dict[str, float]:
    """Processor time of a process that only cuts, parses and acknowledges."""
    rate, seconds = options.rate / 4, min(10.0, options.seconds)
    with spawned([(serve_bare, (options.port + 1,))]) as (process,):
        uvloop.run(wait_for(options.port + 1))
        fleet = Terminals(options.port + 1, ways, np.zeros((len(ways), len(ways[0]))))
        fleet.log_in(30)
        before = spent([process.pid])
        fleet.drive(rate, seconds)
        fleet.settle(5)
        cpu = spent([process.pid]) - before
    return {"cpu_s_per_million": round(cpu / fleet.count * 1e6, 1), "open": fleet.open()}


def bare_copy(url: str, count: int = 500_000) -> dict[str, float]:
    """Rows per second of packed COPYs into the same table, from rows that are there already."""
    begun_at = now() - timedelta(days=30)
    devices = [new_id() for _ in range(1000)]
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute("CREATE TABLE bare (LIKE fix INCLUDING ALL) PARTITION BY RANGE (fix_at)")
        connection.execute("CREATE TABLE bare_all PARTITION OF bare DEFAULT")
        connection.commit()
        batches = []
        for number in range(count // 5000):
            rows = [
                packing.FixValues(
                    ORG, device, begun_at + timedelta(seconds=number * 5 + second), device, 39.9,
                    116.4, 40.0, 90, 0, 0, 3, None, begun_at, 1, True, None, "ok",
                )
                for second in range(5) for device in devices
            ]  # fmt: skip
            batches.append(packing.packed(rows))
        begun = time.monotonic()
        copy_sql = f"COPY bare ({packing.COLUMNS}) FROM STDIN (FORMAT BINARY)"
        for batch in batches:
            with connection.cursor().copy(copy_sql) as copy:
                copy.write(batch)
            connection.commit()
        took = time.monotonic() - begun
        connection.execute("DROP TABLE bare")
        connection.commit()
    return {"rows_per_s": round(len(batches) * 5000 / took)}


def run(options: argparse.Namespace) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    start = (now() - timedelta(hours=12)).replace(microsecond=0)
    steps = int(options.rate * (options.seconds + WARM_S + 2) / options.connections) + 2
    ways = frames(options.connections, steps, start)
    embedded = Embedded(folder, postgres=True, valkey=True)
    try:
        embedded.start()
        urls = urls_of(folder)
        os.environ.update(
            urls.environment,
            PAIDAN_JT808_PORT=str(options.port),
            PAIDAN_LOG_LEVEL="ERROR",
            PAIDAN_GPS_PROCESSES=str(options.gateways),
        )
        settings.cache_clear()
        migrate.upgrade(urls.database_url)
        prepare(options.connections, options.fences, options.watched)
        load = os.getloadavg()[0]
        copy, bare = bare_copy(urls.database_url), bare_loop(options, ways)
        told = product(options, urls, embedded, ways, start)
        db.reset()
    finally:
        embedded.stop()
        remove_home(folder)
    gateways = told["cpu_s_per_million"]["gateways"]
    return {
        "machine_load_before": round(load, 1),
        "product": told,
        "bare_loop": bare,
        "bare_copy": copy,
        "ratios": {
            "gateways_to_bare_loop": round(gateways / bare["cpu_s_per_million"], 2),
            "rate_to_bare_copy": round(told["rate"] / copy["rows_per_s"], 3),
        },
    }


def urls_of(folder: Path) -> EngineUrls:
    found = embedded_urls(folder)
    assert found is not None
    return EngineUrls(sqlalchemy_url(found[0]), found[1], owned=True)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rate", type=float, default=20_000)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--connections", type=int, default=2000)
    words.add_argument("--fences", type=int, default=1000)
    words.add_argument("--gateways", type=int, default=2)
    words.add_argument("--watched", type=int, default=0)
    words.add_argument("--port", type=int, default=18190)
    words.add_argument("--no-settle", dest="settle", action="store_false")
    print(json.dumps(run(words.parse_args()), indent=1))


if __name__ == "__main__":
    main()
