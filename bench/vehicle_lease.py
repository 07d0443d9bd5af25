"""What it costs that a batch reads the state of its vehicles with their lock, beside a lease.

    python -m bench.vehicle_lease [--vehicles 500] [--fixes 1000] [--batches 60]

Batches of moving vehicles, a third of them watched, go through the write path in three ways, in
turn: `row` as it is (registry, latest positions and watches read in each batch); `lease` with all
three in memory and a token per vehicle compared under its lock; `memory` the same, and what filters
and motion remember is never written (after a crash it would have to be found again from the track).
PostgreSQL is a server of its own with the durability of `paidan up`. Prints one JSON object: median
milliseconds of a batch for each way, and of each step of the first.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID

from core import db, migrate
from core.clock import monotonic, now
from core.engines import open_engines
from core.engines.home import remove_home
from core.identity import system_actor
from core.ids import new_id
from core.models import Organisation
from core.settings import Settings, settings
from core.uow import unit_of_work
from gps import pipeline, repository, service
from gps.fix import Fix
from gps.pipeline import Batch, Step
from gps.repository import Latest

ORG, TOKEN = 1, 1
RHYTHM_S = 10
READS = ("find_vehicles", "read_latest", "read_watches")

_FENCE = """
SELECT count(*) FROM (
    SELECT FROM vehicle_lease
    WHERE org_id = %s AND vehicle_id = ANY(%s) AND token = %s
    ORDER BY vehicle_id FOR UPDATE
) AS mine
"""


class Lease:
    """Everything that one owner would keep in memory, from the batch before."""

    def __init__(self) -> None:
        self.before: Batch | None = None
        self.latest: dict[UUID, Latest] = {}

    def remember(self, batch: Batch) -> None:
        for watches in batch.watches.values():
            watches[:] = [batch.watched.get(watch.id, watch) for watch in watches]
        self.before, self.latest = batch, batch.latest

    def find_vehicles(self, batch: Batch) -> None:
        assert self.before is not None
        batch.vehicles, batch.phones = self.before.vehicles, self.before.phones

    def read_latest(self, batch: Batch) -> None:
        """Compare the tokens instead."""
        vehicles = sorted(vehicle for vehicle in batch.vehicles.values() if vehicle)
        mine = batch.cur.execute(_FENCE, (ORG, vehicles, TOKEN)).fetchone()
        if mine != (len(vehicles),):
            raise RuntimeError("somebody else is the owner")
        batch.latest = self.latest

    def read_watches(self, batch: Batch) -> None:
        assert self.before is not None
        batch.watches = self.before.watches


def forget(batch: Batch) -> None:
    """What is remembered stays in memory: it is not written."""
    batch.watched = {}
    batch.latest = {vehicle: latest._replace(motion={}) for vehicle, latest in batch.latest.items()}


def timed(step: Step, spent: dict[str, list[float]]) -> Step:
    def run(batch: Batch) -> None:
        begun = monotonic()
        step(batch)
        spent[step.__name__].append(monotonic() - begun)

    return run


@contextmanager
def steps(decide: tuple[Step, ...], apply: tuple[Step, ...]) -> Iterator[None]:
    before = pipeline.DECIDE, pipeline.APPLY
    pipeline.DECIDE, pipeline.APPLY = decide, apply
    try:
        yield
    finally:
        pipeline.DECIDE, pipeline.APPLY = before


def prepare(count: int) -> list[UUID]:
    """Devices in vehicles, every third watched, each with a lease."""
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        uow.session.add(Organisation(id=ORG, code="b", name_zh="测", name_en="b", created_at=now()))
    devices = []
    with unit_of_work(system_actor(ORG, "bench")) as uow:
        for number in range(count):
            vehicle = new_id()
            devices.append(service.enrol(uow, identity=f"1360000{number:04d}", vehicle_id=vehicle))
            if number % 3 == 0:
                service.watch(
                    uow,
                    vehicle_id=vehicle,
                    assignment_id=new_id(),
                    lat=41.0,
                    lon=116.3,
                    radius_m=100,
                    now=now() - timedelta(days=2),
                )
        repository.cursor(uow.session).execute(
            "CREATE TABLE vehicle_lease AS SELECT org_id, vehicle_id, 1 AS token FROM device;"
            "ALTER TABLE vehicle_lease ADD PRIMARY KEY (org_id, vehicle_id)"
        )
    return devices


def batches(devices: list[UUID], fixes: int) -> Iterator[list[Fix]]:
    """Everybody drives north, ten seconds from fix to fix."""
    begun, index = now() - timedelta(days=1), 0
    while True:
        batch = []
        for _ in range(fixes // len(devices)):
            index += 1
            at = begun + timedelta(seconds=RHYTHM_S * index)
            batch += [_fix(device, at, 39.0 + index * 1e-3) for device in devices]
        yield batch


def _fix(device: UUID, at: datetime, lat: float) -> Fix:
    return Fix(device, at, at, lat, 116.3, speed_kmh=40.0, ignition=True)


def measure(devices: list[UUID], fixes: int, count: int) -> dict[str, object]:
    source, lease = batches(devices, fixes), Lease()
    decide, apply = pipeline.DECIDE, (*pipeline.APPLY, lease.remember)
    spent: dict[str, list[float]] = defaultdict(list)
    held = tuple(
        getattr(lease, step.__name__) if step.__name__ in READS else step for step in decide
    )
    plain = (
        tuple(timed(step, spent) for step in decide),
        tuple(timed(step, spent) for step in apply),
    )
    unwritten = (lease.remember, forget, *pipeline.APPLY)
    ways: dict[str, tuple[tuple[Step, ...], tuple[Step, ...]]] = {
        "row": plain,
        "lease": (held, apply),
        "memory": (held, unwritten),
    }
    took: dict[str, list[float]] = defaultdict(list)
    for index in range(count + 3):
        for name, way in ways.items():
            with steps(*way):
                took_s = _seconds(lambda: pipeline.write(ORG, next(source)))
            if index >= 3:
                took[name].append(took_s)
    return {
        "batch_ms": {name: round(median(times) * 1000, 1) for name, times in took.items()},
        "step_ms": {name: round(median(times) * 1000, 2) for name, times in spent.items()},
    }


def _seconds(work: Callable[[], pipeline.Written]) -> float:
    begun = monotonic()
    if work().refused:
        raise RuntimeError("refused")
    return monotonic() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vehicles", type=int, default=500)
    parser.add_argument("--fixes", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=60)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="paidan-bench-"))
    folder.chmod(0o711)
    try:
        with open_engines(Settings(data_dir=folder, database_url=None, redis_url=None)) as urls:
            os.environ.update(urls.environment)
            settings.cache_clear()
            migrate.upgrade(urls.database_url)
            devices = prepare(arguments.vehicles)
            print(json.dumps(measure(devices, arguments.fixes, arguments.batches), indent=1))
            db.reset()
    finally:
        remove_home(folder)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
