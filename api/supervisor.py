"""`paidan up`: engines, schema, first data and all processes, watched until Ctrl-C.

Everything runs in the main thread: the kernel ties a child's life to the thread that made it.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.cli_make import ParentMake
from api.cli_ports import require_free
from api.demo.account import words_of
from api.forked import Forked, preload
from core.engines import EngineFailed, require_named, start_embedded, urls_of
from core.engines.embedded import Embedded, record
from core.engines.owner import Ownership, RunFile, own
from core.engines.processes import ProcessId
from core.settings import Settings
from core.settings import settings as present
from gps.listeners import listeners


@dataclass(frozen=True, slots=True)
class Process:
    """What to import and what to say on the command line."""

    module: str
    words: tuple[str, ...]


PROCESSES = {
    "api": Process("api.server", ("api",)),
    "gps": Process("gps.server", ("gps",)),
    "engine": Process("api.engine", ("engine",)),
    "dial": Process("api.dialler", ("dial",)),
    "worker": Process("api.worker", ("worker", "--queue", "urgent")),
    "bulk": Process("api.worker", ("worker", "--queue", "bulk")),
}
CITY = {"city": Process("api.demo.process", ("city",))}
"""The demo city: it uses the others from outside, as people, callers and vehicles do."""
CARRIER = "carrier"
"""The demo city's carrier, where no other is set up."""
ASTERISK = {"asterisk": Process("api.asterisk", ("asterisk",))}
"""Only where an exchange of the house is set up."""
GATEWAYS = tuple(f"gps{number}" for number in range(2, 17))
"""More of them, which share the ports with the first."""
OWNER_SECONDS = 60.0
STOP_SECONDS = 7.0
HEAL_SECONDS = 0.25
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 30.0
QUIET_AFTER = 5
MAKE_SECONDS = 0.5
_COLOURS = {
    "api": 36, "gps": 35, "engine": 33, "dial": 31, "worker": 34, "bulk": 34, "city": 94,
    "asterisk": 93, "carrier": 95,
    "paidan": 32,
}  # fmt: skip


@dataclass
class _Child:
    """One supervised process and its tries."""

    name: str
    runs: Process
    process: Forked | None = None
    failures: int = 0
    output: asyncio.Task[None] | None = field(default=None, repr=False)
    last_words: str = ""

    @property
    def quiet(self) -> bool:
        """It keeps ending at once: what it writes has been seen often enough."""
        return self.failures >= QUIET_AFTER

    def settle(self) -> None:
        """It has lived long enough to count as running."""
        if self.quiet:
            say(f"{self.name} runs again / {self.name} 已恢复运行")
        self.failures = 0


class _Interrupts:
    """Remembers that a signal came: one raised inside a destructor is swallowed by Python."""

    def __init__(self) -> None:
        self._seen = False

    def take(self, _number: int, _frame: object) -> None:
        self._seen = True
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if one was swallowed."""
        if self._seen:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[_Interrupts]:
    """Until the loop handles signals itself, SIGTERM stops us as Ctrl-C does."""
    interrupts = _Interrupts()
    before = signal.signal(signal.SIGTERM, interrupts.take)
    signal.signal(signal.SIGINT, interrupts.take)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGTERM, before)


def up(
    settings: Settings,
    before_processes: Callable[[], Sequence[str]],
    process: Callable[[Sequence[str]], int],
) -> int:
    """Run everything on one machine; returns the exit code.

    `before_processes` runs when the servers answer (the environment names them): schema, first
    data. What it returns is printed after the address. `process` runs a command line in a copy of
    this one, and returns its exit code.

    Raises:
        WrongSetting, PortTaken, AddressNotHere, DataDirUnusable, ServerUnreachable, EnginesBusy,
        EnginesUnavailable, EngineFailed: before anything else started.
    """
    more = [one.port for one in listeners(settings)]
    with _sigterm_as_interrupt() as interrupts:
        ownership = own(settings.data_dir.resolve(), "up", OWNER_SECONDS)
        try:
            _end_leftovers(ownership.previous)
            require_free(settings.host, settings.port, settings.effective_jt808_port, *more)
            require_named(settings)
            ownership.update(
                base_url=f"http://{settings.host}:{settings.port}",
                jt808_port=settings.effective_jt808_port,
            )
            _run_with_engines(settings, ownership, before_processes, process, interrupts)
        finally:
            ownership.release()
    return 0


def _run_with_engines(
    settings: Settings,
    ownership: Ownership,
    before_processes: Callable[[], Sequence[str]],
    process: Callable[[Sequence[str]], int],
    interrupts: _Interrupts,
) -> None:
    own = {"PostgreSQL": settings.database_url, "Valkey": settings.redis_url}
    titles = [title for title, url in own.items() if not url]
    if titles:
        say(f"starting {' and '.join(titles)} / 正在启动 {' 和 '.join(titles)}")
    embedded = start_embedded(settings, ownership)
    try:
        os.environ.update(urls_of(settings).environment)
        say("preparing the schema / 正在准备数据库结构")
        closing_words = before_processes()
        settings = present()
        preload([*(one.module for one in _processes(settings).values()), "pypinyin"])
        ownership.update(ready=True)
        interrupts.check()
        watch = Supervisor(settings, ownership, embedded, process, closing_words)
        asyncio.run(watch.run())
    except KeyboardInterrupt:
        say("interrupted / 已中断")
    finally:
        embedded.stop()
        say("stopped / 已停止")


class Supervisor:
    """Keeps the processes and the embedded servers running until a signal comes."""

    def __init__(
        self,
        settings: Settings,
        ownership: Ownership,
        embedded: Embedded,
        process: Callable[[Sequence[str]], int],
        closing_words: Sequence[str],
    ) -> None:
        self._settings = settings
        self._ownership = ownership
        self._embedded = embedded
        self._process = process
        self._closing_words = closing_words
        self._stopping = asyncio.Event()
        self._child_ended = asyncio.Event()
        self._children = [_Child(*one) for one in _processes(settings).items()]

    async def run(self) -> None:
        """Until SIGINT or SIGTERM; every process has ended when this returns."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        loop.add_signal_handler(signal.SIGCHLD, self._on_child)
        watchers = [asyncio.create_task(self._keep(child)) for child in self._children]
        others = [
            asyncio.create_task(work) for work in (self._heal(), self._announce(), self._follow())
        ]
        try:
            await self._first_end([*watchers, *others])
        finally:
            self._stopping.set()
            await asyncio.gather(*(self._stop(child) for child in self._children))
            for task in (*watchers, *others):
                task.cancel()
            await asyncio.gather(*watchers, *others, return_exceptions=True)

    async def _first_end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Wait for a signal; a watcher that fails is an error of ours and ends everything."""
        stop = asyncio.create_task(self._stopping.wait())
        pending: set[asyncio.Task[None] | asyncio.Task[bool]] = {stop, *tasks}
        while stop in pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    def _on_signal(self) -> None:
        if not self._stopping.is_set():
            say("stopping; once more to kill / 正在停止，再按一次强制结束")
            self._stopping.set()
            return
        for child in self._children:
            if child.process is not None:
                child.process.kill_group()

    async def _keep(self, child: _Child) -> None:
        """Start a process again whenever it ends, more slowly when it keeps ending."""
        while not self._stopping.is_set():
            code = await self._run_once(child)
            if self._stopping.is_set():
                return
            pause = BACKOFF_SECONDS[min(child.failures, len(BACKOFF_SECONDS) - 1)]
            child.failures += 1
            say(_obituary(child, _reason(code), pause))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run_once(self, child: _Child) -> int:
        name = child.name
        environment = _environment(self._settings, os.environ)
        process = await Forked.start(name, environment, lambda: self._process(child.runs.words))
        child.process = process
        self._note(name, process.pid)
        child.output = asyncio.create_task(_relay(child, process.output))
        steady = asyncio.get_running_loop().call_later(STEADY_SECONDS, child.settle)
        code = await self._end_of(process)
        steady.cancel()
        process.kill_group()  # what it forked must not outlive it
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.output, 1)
        child.process = None
        return code

    def _on_child(self) -> None:
        """Some process of ours ended: whoever waits looks whether it was theirs."""
        seen, self._child_ended = self._child_ended, asyncio.Event()
        seen.set()

    async def _end_of(self, process: Forked) -> int:
        while (code := process.ended()) is None:
            await self._child_ended.wait()
        return code

    def _note(self, name: str, pid: int) -> None:
        identity = ProcessId.of(pid)
        if identity is not None:
            known = {**self._ownership.run.processes, name: (identity.pid, identity.started)}
            self._ownership.update(processes=known)

    async def _stop(self, child: _Child) -> None:
        """SIGTERM, then SIGKILL for it and what it forked."""
        process = child.process
        if process is None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(self._end_of(process), STOP_SECONDS)
        except TimeoutError:
            say(f"{child.name} does not stop; killed / 未能停止，已强制结束")
            process.kill_group()
            await self._end_of(process)
        if child.output is not None:
            await asyncio.wait([child.output], timeout=1)

    async def _heal(self) -> None:
        """Start embedded servers that died again. Blocks the loop: nothing works without them."""
        while True:
            await asyncio.sleep(HEAL_SECONDS)
            self._ownership.keep_told()
            try:
                healed = self._embedded.heal()
            except EngineFailed as failure:  # a full disk may have room again: never give up
                say(failure.sentence("en"))
                await asyncio.sleep(BACKOFF_SECONDS[-1])
                continue
            for title in healed:
                say(f"{title} had ended and runs again / 已重新启动")
                record(self._ownership, self._embedded)

    async def _follow(self) -> None:
        """Stop with the `make` that started us."""
        make = ParentMake()
        while True:
            await asyncio.sleep(MAKE_SECONDS)
            if make.stopped and not self._stopping.is_set():
                self._on_signal()

    async def _announce(self) -> None:
        """Say where it is, as soon as it is ready."""
        while True:
            if await _is_ready(self._settings):
                break
            await asyncio.sleep(0.1)
        run = self._ownership.run
        say("")
        say(f"Paidan is ready / 派单已就绪: {run.base_url}")
        say(f"JT/T 808: {self._settings.host}:{run.jt808_port}")
        for one in listeners(self._settings):
            say(f"{one.speaks.title}: {self._settings.host}:{one.port}")
        for line in self._closing_words:
            say(line)
        say("Ctrl-C stops everything / 按 Ctrl-C 停止")
        self._ownership.update(serving=True)


def say(text: str) -> None:
    """A line of the supervisor's own."""
    _write("paidan", text)


def _write(name: str, text: str) -> None:
    prefix = f"{name:<7}│"
    if sys.stdout.isatty():
        prefix = f"\x1b[{_COLOURS[name.rstrip('0123456789')]}m{prefix}\x1b[0m"
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{prefix} {text}\n")
        sys.stdout.flush()


async def _relay(child: _Child, stream: asyncio.StreamReader) -> None:
    """Copy a process's output line by line, however long the lines are; of a quiet one, keep the
    last line.
    """
    rest = b""
    while chunk := await stream.read(65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _pass_on(child, line.decode(errors="replace"))
    if rest:
        _pass_on(child, rest.decode(errors="replace"))


def _pass_on(child: _Child, line: str) -> None:
    if line.strip():
        child.last_words = line
    if not child.quiet:
        _write(child.name, line)


def _obituary(child: _Child, reason: str, pause: float) -> str:
    """What is said when a process has ended, its death counted already."""
    if not child.quiet:
        return f"{child.name} ended ({reason}); again in {pause:g} s / 已结束，{pause:g} 秒后重启"
    return (
        f"{child.name} keeps ending at its start: {child.failures} times in a row ({reason}); "
        f"again in {pause:g} s / 启动后连续 {child.failures} 次退出，{pause:g} 秒后再试; "
        f"last words / 最后输出: {child.last_words}"
    )


async def _is_ready(settings: Settings) -> bool:
    """GET /health/ready, by hand: the loop must go on while the answer is awaited."""
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104 - compared
    request = f"GET /health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, settings.port)
            try:
                writer.write(request.encode())
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


def _processes(settings: Settings) -> dict[str, Process]:
    """Each process that runs, by name."""
    found = {**PROCESSES, **(ASTERISK if settings.asterisk_url else {})}
    for name in GATEWAYS[: settings.gps_processes - 1]:
        found[name] = PROCESSES["gps"]
    if settings.demo and settings.demo_carrier_port is not None:
        found[CARRIER] = Process("telephony.simulator.cli", words_of(settings))
    return {**found, **(CITY if settings.demo and settings.demo_city else {})}


def _environment(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """What a child needs to know: the same settings, and whose child it is."""
    return {
        **base,
        "PAIDAN_DATA_DIR": str(settings.data_dir.resolve()),
        "PAIDAN_HOST": settings.host,
        "PAIDAN_PORT": str(settings.port),
        "PAIDAN_SUPERVISOR_PID": str(os.getpid()),
    }


def _end_leftovers(previous: RunFile | None) -> None:
    """End processes of a killed supervisor; its servers are adopted instead."""
    for name in (*PROCESSES, *GATEWAYS, *ASTERISK, CARRIER, *CITY):
        left = previous.process(name) if previous else None
        if left is not None and left.alive:
            say(f"ending {name} of an earlier run (process {left.pid})")
            left.signal(signal.SIGKILL)
            left.wait(5)


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
