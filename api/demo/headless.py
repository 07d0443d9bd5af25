"""`paidan demo`: a Paidan of its own for the demo city, at any speed, gone when it ends."""

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from api.demo.account import free_port
from api.demo.cast import read_cast
from api.demo.first_start import SPEED as CATCH_UP_SPEED
from api.demo.first_start import STARTING, past_of
from api.demo.life import Life, Script
from api.demo.tally import Tally
from core.clock import monotonic, now, real_now
from core.engines.home import remove_home
from core.engines.owner import read_run_file
from core.errors import Problem
from core.logging import configure_logging
from core.settings import Settings, settings

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
"""When a run that ends begins: 8 o'clock on a Monday in the city."""

READY_S, STOP_S = 120.0, 30.0
PORTS = (21_000, 29_000)
LOG = "up.log"


class DemoFailed(Problem):
    """The Paidan of a demonstration did not start, or ended by itself."""

    status = 500
    code = "demo_failed"
    zh = "演示实例未能启动或意外结束：{reason}"
    en = "the Paidan of the demonstration did not start, or ended by itself: {reason}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `speed` None: 60 for a run that ends, else catch up, then real time."""

    calls: int | None = None
    hours: float | None = None
    speed: float | None = None
    seed: int = 1
    report: bool = False
    storm: bool = False

    @property
    def ends(self) -> bool:
        return self.calls is not None or self.hours is not None

    def clock(self, real: datetime) -> dict[str, str]:
        """Settings of the clock for a start at this real moment."""
        anchor = real + STARTING
        if self.ends:
            start, speed, catch_up = MORNING, self.speed or 60.0, False
        elif self.speed is None:
            speed, catch_up = CATCH_UP_SPEED, True
            start = anchor - past_of(speed)
        else:
            start, speed, catch_up = real, self.speed, False
        return {
            "PAIDAN_CLOCK_START": start.isoformat(),
            "PAIDAN_CLOCK_FROM": anchor.isoformat(),
            "PAIDAN_CLOCK_SPEED": str(speed),
            "PAIDAN_CLOCK_CATCH_UP": str(catch_up).lower(),
        }


def run(wish: Wish, console: Console | None = None) -> int:
    """Start, play, report, stop, remove. 0; 1 where facts and state differ; 130 after Ctrl-C.

    Raises DemoFailed.
    """
    out = console or Console()
    with _folder() as data_dir, _environment(wish, data_dir), _paidan(data_dir, out) as paidan:
        configure_logging("demo")
        tally, begun = Tally(), monotonic()
        opens = now()
        interrupted = not asyncio.run(_play(wish, data_dir, paidan, tally, out))
        _tell(tally, monotonic() - begun, (now() - opens), out)
        if interrupted and wish.ends:
            return 130
        return _conclude(wish, opens) if wish.ends else 0


@contextmanager
def _folder() -> Iterator[Path]:
    data_dir = Path(tempfile.mkdtemp(prefix="paidan-demo-"))
    data_dir.chmod(0o711)  # the database's account must get through
    try:
        yield data_dir
    finally:
        remove_home(data_dir)
        shutil.rmtree(data_dir, ignore_errors=True)


@contextmanager
def _environment(wish: Wish, data_dir: Path) -> Iterator[None]:
    """Nothing of another installation's settings; our own for us and all processes."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("PAIDAN_")]:
        del os.environ[name]
    os.environ.update(
        wish.clock(real_now()),
        PAIDAN_DATA_DIR=str(data_dir),
        PAIDAN_PORT=str(_free_ports()),
        PAIDAN_DEMO="true",
        PAIDAN_DEMO_CITY="false",
        PAIDAN_DEMO_CARRIER_PORT=str(free_port()),
        PAIDAN_LOG_LEVEL="WARNING",
    )
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def _free_ports() -> int:
    """A port N such that N and N + 1 are free on loopback now."""
    while True:
        port = random.randrange(*PORTS, 2)  # noqa: S311 - no secret
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


@contextmanager
def _paidan(data_dir: Path, out: Console) -> Iterator["subprocess.Popen[bytes]"]:
    """`paidan up` in a process of its own, until the end."""
    log = data_dir / LOG
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with out.status("starting a Paidan of its own / 正在启动独立的演示实例"):
            _wait_ready(child, data_dir, log)
        yield child
    finally:
        child.send_signal(signal.SIGINT)
        with out.status("stopping / 正在停止"):
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_ready(child: "subprocess.Popen[bytes]", data_dir: Path, log: Path) -> None:
    until = monotonic() + READY_S
    while True:
        found = read_run_file(data_dir)
        if found is not None and found.serving:
            return
        if child.poll() is not None or monotonic() > until:
            raise DemoFailed(reason=_last_words(log) or f"exit code {child.returncode}")
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.1)


def _last_words(log: Path) -> str:
    """How the log of a Paidan ends; nothing where the folder is gone."""
    if not log.exists():
        return ""
    return " ".join(log.read_text(errors="replace").strip().splitlines()[-2:])


async def _play(
    wish: Wish, data_dir: Path, paidan: "subprocess.Popen[bytes]", tally: Tally, out: Console
) -> bool:
    """Let the city live; False where it was interrupted. Raises DemoFailed."""
    own, cast = settings(), read_cast(data_dir)
    opens = now()
    script = Script(
        seed=str(wish.seed),
        begin=MORNING if wish.ends else opens,
        opens=opens,
        calls=wish.calls,
        hours=wish.hours,
        storm=wish.storm,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not wish.ends:
        _invite(own, data_dir, out)
    life = asyncio.ensure_future(Life(own, cast, script, tally).run())
    stopped = asyncio.ensure_future(stop.wait())
    watching = asyncio.ensure_future(_watch(wish, tally, out))
    ended = asyncio.ensure_future(_ended(paidan))
    await asyncio.wait({life, stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
    for task in (watching, stopped, ended):
        task.cancel()
    if life.done():
        life.result()
        return True
    life.cancel()
    await asyncio.wait({life, watching})
    if ended.done() and not ended.cancelled():
        raise DemoFailed(reason=_last_words(data_dir / LOG) or f"exit code {ended.result()}")
    return False


async def _ended(paidan: "subprocess.Popen[bytes]") -> int:
    """The exit code of Paidan, which should outlive the city."""
    while (code := paidan.poll()) is None:  # noqa: ASYNC110 - a child without a watcher
        await asyncio.sleep(0.5)
    return code


def _invite(own: Settings, data_dir: Path, out: Console) -> None:
    """Where it is and how to get in."""
    out.print(f"[bold]http://{own.host}:{own.port}[/]  (Ctrl-C: end and remove / 结束并删除)")
    kept = json.loads((data_dir / "demo.json").read_text(encoding="utf-8"))
    for one in kept["people"]:
        out.print(f"  {one['role']:<12} {one['login']:<16} {one['password']:<16} {one['name']}")


async def _watch(wish: Wish, tally: Tally, out: Console) -> None:
    """The progress, until cancelled."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.fields[clock]}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        console=out,
        refresh_per_second=4,
    ) as progress:
        zone = ZoneInfo(settings().timezone)
        task = progress.add_task("", total=wish.calls, clock="", words="")
        while True:
            acts, receipts = sum(tally.acts.values()), tally.receipts
            progress.update(
                task,
                completed=tally.handled,
                clock=f"{now().astimezone(zone):%m-%d %H:%M:%S}",
                words=f"calls 来电 {tally.calls} · handled 办结 {tally.handled} · acts 操作"
                f" {acts + receipts} · fixes 定位 {tally.fixes}",
            )
            await asyncio.sleep(0.5)


def _tell(tally: Tally, seconds: float, business: timedelta, out: Console) -> None:
    """What a load test wants to know."""
    acts = sum(tally.acts.values())
    p50, p99 = tally.latency_ms(0.5) or 0.0, tally.latency_ms(0.99) or 0.0
    out.print(
        f"{business.total_seconds() / 3600:.2f} h of business in {seconds:.1f} s 业务时长/实际用时;"
        f" {tally.calls} calls 来电, {tally.filed} orders filed 立单, {tally.closed} closed 归档",
        f"{acts} acts 操作 ({acts / seconds:.1f}/s), {tally.receipts} receipts 回执,"
        f" {tally.fixes} GPS fixes 定位 ({tally.fixes / seconds:.1f}/s)",
        f"API latency 接口延迟: p50 {p50:.0f} ms, p99 {p99:.0f} ms of {len(tally.latencies_s)}"
        f" requests; refused 被拒 {sum(tally.refused.values())} {dict(tally.refused) or ''}",
        sep="\n",
        highlight=False,
    )


def _conclude(wish: Wish, opens: datetime) -> int:
    """The report, if wished, and the check of facts against state."""
    if wish.report:
        start, end = (
            (opens - timedelta(hours=1)).isoformat(),
            (now() + timedelta(hours=1)).isoformat(),
        )
        _command("report", "segments", "--org", "demo", "--from", start, "--to", end)
    return min(_command("verify"), 1)


def _command(*words: str) -> int:
    line = [sys.executable, "-m", "api.cli", *words]
    return subprocess.run(line, check=False).returncode  # noqa: S603 - our own words
