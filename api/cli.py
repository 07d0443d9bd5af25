"""The command `paidan`. Imports wait until a command runs, so that `--help` is quick."""

import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # their local variables may hold secrets
    help="Paidan (派单): contact centre and field dispatch / 热线受理与抢修派单",
)
_PASS_ON = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": [],
}
_PR_SET_PDEATHSIG = 1

Port = Annotated[int | None, typer.Option(help="HTTP port; others derive from it / 端口")]
DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept / 数据目录")]
Host = Annotated[str | None, typer.Option(help="Address to listen on / 监听地址")]


class Queue(StrEnum):
    """Jobs that must not wait, and those that take long."""

    URGENT = "urgent"
    BULK = "bulk"


Demo = Annotated[
    bool | None,
    typer.Option("--demo/--no-demo", help="With a demo city in it; on unless told / 演示城市"),
]


@app.command()
def up(port: Port = None, data_dir: DataDir = None, host: Host = None, demo: Demo = None) -> None:
    """Run everything on this machine until Ctrl-C / 在本机运行全部进程."""
    _override(PORT=port, DATA_DIR=data_dir, HOST=host, DEMO=demo)
    os.environ.setdefault("PAIDAN_DEMO", "true")
    from api.screens import outdated

    if outdated():
        typer.echo(
            "The screens are older than their sources; npm run build in dashboards/web."
            " / 页面早于源文件，请在 dashboards/web 执行 npm run build。",
            err=True,
        )
    from api.documents import check
    from api.supervisor import up as run
    from core.settings import settings

    check()
    raise typer.Exit(run(settings(), _prepare, main))


@app.command()
def api() -> None:
    """Run one web process: REST, WebSockets, screens / 运行网页进程."""
    _process("api", "api.server")


@app.command(context_settings=_PASS_ON)
def gps(context: typer.Context) -> None:
    """Run one terminal gateway; decode wire bytes / 运行车载终端网关；解析报文."""
    if context.args:
        _mounted("gps.decode_cli", "gps", context.args, engines=False)
    else:
        from core.settings import settings
        from gps.listeners import listeners

        listeners(settings())  # a mistake is named before anything starts
        _process("gps", "gps.server")


@app.command()
def engine() -> None:
    """Run one outbox relay and SLA sweep / 运行事件转发与时限检查."""
    _process("engine", "api.engine")


@app.command()
def dial() -> None:
    """Run one dialler: asks the carrier to call, bridge and send / 运行外呼与短信发送."""
    _process("dial", "api.dialler")


@app.command()
def asterisk() -> None:
    """Play and hear the calls of an own Asterisk / 运行自有 Asterisk 的通话控制."""
    _process("asterisk", "api.asterisk")


@app.command()
def worker(
    queue: Annotated[
        Queue | None, typer.Option(help="Only these jobs; all unless told / 只处理此类作业")
    ] = None,
) -> None:
    """Run one worker: notices, reports, imports / 运行后台作业."""
    if queue is None:
        _process("worker", "api.worker")
    else:
        _process("bulk" if queue is Queue.BULK else "worker", "api.worker", [queue.value])


@app.command()
def city() -> None:
    """Run the people and vehicles of the demo city / 运行演示城市."""
    _follow_supervisor()
    import_module("api.demo.process").main()


@app.command()
def demo(
    calls: Annotated[
        int | None, typer.Option(min=1, help="End when so many are handled / 办结数量")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(min=0.05, help="Callers of so many hours / 来电时段（小时）")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=1000, help="Business seconds per second / 倍速")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same city / 随机种子")] = 1,
    report: Annotated[
        bool, typer.Option("--report", help="End with the segment report / 输出环节报表")
    ] = False,
    storm: Annotated[bool, typer.Option("--storm", help="A storm all the time / 持续风暴")] = False,
) -> None:
    """Run the demo city in a Paidan of its own, then remove it / 独立运行演示城市."""
    headless = import_module("api.demo.headless")
    wish = headless.Wish(
        calls=calls, hours=hours, speed=speed, seed=seed, report=report, storm=storm
    )
    raise typer.Exit(headless.run(wish))


@app.command()
def migrate(
    first_data: Annotated[
        bool, typer.Option("--first-data", help="Also the first organisation / 并建立初始组织")
    ] = False,
) -> None:
    """Bring the database to the newest schema / 升级数据库结构."""
    with _engines(ask=True):
        lines = _prepare(first_data=first_data)
    for line in lines:
        typer.echo(line)
    typer.echo("schema is current / 数据库结构已是最新")


@app.command()
def dump(file: Path) -> None:
    """Back the database up into FILE / 备份数据库."""
    with _engines(ask=True) as database_url:
        import_module("api.cli_dump").dump(database_url, file)


@app.command()
def restore(file: Path) -> None:
    """Replace the database by a backup; stop `paidan up` before / 用备份恢复数据库."""
    import_module("api.cli_dump").demand(file)
    with _engines(ask=True) as database_url:
        import_module("api.cli_dump").restore(database_url, file)


@app.command()
def verify() -> None:
    """Rebuild the state from the facts and compare, check the hash chains / 核对事实与现状."""
    _read("api.verify")
    with _engines(ask=True):
        code: int = import_module("api.verify").main()
    raise typer.Exit(code)


@app.command()
def reports(*, again: bool = typer.Option(False, help="Tell them once more / 重新处理")) -> None:
    """List the carrier's reports that could not be told / 列出无法处理的运营商报告."""
    with _engines(ask=True):
        import_module("api.set_aside").main(again=again)


@app.command("import", context_settings=_PASS_ON)
def import_(context: typer.Context) -> None:
    """Import records from other systems / 导入外部数据."""
    _mounted("dispatch.history.cli", "import", context.args)


@app.command(context_settings=_PASS_ON)
def directory(context: typer.Context) -> None:
    """Import customers, premises, meters, network / 导入用户与电网档案."""
    _mounted("dispatch.directory.imports.cli", "directory", context.args)


@app.command(context_settings=_PASS_ON)
def report(context: typer.Context) -> None:
    """Print reports / 报表."""
    _mounted("dashboards.report_cli", "report", context.args)


@app.command(context_settings=_PASS_ON)
def sla(context: typer.Context) -> None:
    """Service levels: judge, policies, calibrate, what-if / 时限判定、政策、校准与假设重判."""
    alone = context.args[:1] == ["assess"] or context.args[:2] == ["policies", "check"]
    _mounted("api.cli_sla", "sla", context.args, engines=not alone)


@app.command(context_settings=_PASS_ON)
def replay(context: typer.Context) -> None:
    """Send recorded tracks to a gateway / 回放轨迹."""
    _mounted("gps.replay_cli", "replay", context.args, engines=False)


@app.command(context_settings=_PASS_ON)
def carrier(context: typer.Context) -> None:
    """Stand in for the carrier on this machine / 运营商模拟器."""
    _mounted("telephony.simulator.cli", "carrier", context.args, engines=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    2: it cannot be done as asked (the message says why), 1: unexpected, 130: interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    from core.errors import Problem

    try:
        app(args=words, prog_name="paidan")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except Problem as problem:
        said = problem.sentence("en")
        wrong = [f"{one.field}: {one.message}" for one in problem.errors]
        _complain(problem.sentence("zh"), said, *(one for one in wrong if one not in said))
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # A process's log and whoever debugs get the trace, without local variables.
        if _is_supervised() or os.environ.get("PAIDAN_LOG_LEVEL", "").upper() == "DEBUG":
            traceback.print_exc()
        name = type(error).__name__
        _complain(f"意外错误：{name}", f"unexpected error: {name}: {error}")
        return 1
    return 0


def _check_settings() -> None:
    from core.settings import settings

    settings()


def _complain(*sentences: str) -> None:
    for sentence in sentences:
        typer.echo(f"paidan: {sentence}", err=True)


def _override(**values: object) -> None:
    """Options win over the environment, for this process and its children."""
    for name, value in values.items():
        if value is not None:
            os.environ[f"PAIDAN_{name}"] = str(value)


def _prepare(*, first_data: bool = True) -> list[str]:
    """Schema and, if wished, first data; lines that tell the logins which it made."""
    from core import db
    from core.migrate import upgrade
    from core.secrets import secret_key
    from core.settings import settings

    settings.cache_clear()
    upgrade(str(settings().database_url))
    secret_key()  # a backup of the data directory has it from the first day
    if not first_data:
        return []
    logins = import_module("dispatch.starter").ensure_starter(settings().data_dir)
    demo = _prepare_demo() if settings().demo else []
    with db.session_factory()() as session:
        import_module("dispatch.directory.search.refresh").ensure_index(session)
        session.commit()
    db.reset()
    lines = [
        f"  {login.role:<12} {login.login:<12} {login.password:<16} {login.name}"
        + (f"  JT/T 808 {login.terminal}" if login.terminal else "")
        for login in logins
    ]
    return [*(["Logins / 登录 (role, login, password, name):", *lines] if lines else []), *demo]


def _prepare_demo() -> list[str]:
    """The demo organisation, and its own carrier where no setting names one."""
    from core.settings import settings

    seed, account = import_module("api.demo.seed"), import_module("api.demo.account")
    seed.ensure_demo(settings().data_dir)
    kept = seed.read_demo(settings().data_dir)
    carrier = account.settings_of(settings(), kept["carrier_token"])
    os.environ.update(carrier)
    if carrier:
        settings.cache_clear()
        account.write(settings(), kept["hotline_number"])
    else:
        os.environ.pop("PAIDAN_DEMO_CARRIER_PORT", None)
        os.environ.setdefault("PAIDAN_TWILIO_AUTH_TOKEN", kept["carrier_token"])
    first_start = import_module("api.demo.first_start")
    pace = first_start.paced_environment(settings())
    os.environ.update(pace)
    settings.cache_clear()
    lines = [
        "Demo city: choose a desk on the login page / 演示城市：在登录页选择岗位 (--no-demo: off)"
    ]
    if pace:
        left = first_start.catch_up_seconds()
        lines.append(
            f"Its clock runs fast for {left} s to catch up with a past, then in real time"
            f" / 首次启动：时钟先快进 {left} 秒以补上此前的时段，之后与实际时间同步"
        )
    return lines


def _process(name: str, module: str, *arguments: object) -> None:
    """One of the processes, alone or under `paidan up`."""
    _follow_supervisor()
    _read(module)
    with _engines():
        from core.logging import configure_logging

        configure_logging(name)
        import_module(module).main(*arguments)


def _read(module: str) -> None:
    """Import it at a fifth less than usual; a copy of `paidan up` has it already."""
    if module not in sys.modules:
        from api.forked import preload

        preload((module,))


def _mounted(module: str, name: str, words: list[str], *, engines: bool = True) -> None:
    """Run the command group that another room brings."""
    asks_help = not words or "--help" in words
    _read(module)
    if not asks_help:
        _check_settings()
    with _engines(ask=True) if engines and not asks_help else contextlib.nullcontext():
        command = typer.main.get_command(import_module(module).app)
        if not hasattr(command, "commands") and words[:1] == [command.name]:
            words = words[1:]  # typer gives a single command no name of its own
        command.main(args=words or ["--help"], prog_name=f"paidan {name}")


@contextlib.contextmanager
def _engines(*, ask: bool = False) -> Iterator[str]:
    """The servers for this command, in the environment; the schema of our own ones is current.

    `ask`: try a database that a setting names first. Processes do not: they wait for theirs.
    """
    from core.engines import open_engines, require_named
    from core.settings import settings

    if ask:
        require_named(settings(), valkey=False)
    with open_engines(settings()) as urls:
        os.environ.update(urls.environment)
        settings.cache_clear()
        if urls.owned:
            from core import migrate

            migrate.upgrade(urls.database_url)
        from api.wiring import wire

        wire()
        try:
            yield urls.database_url
        finally:
            if "core.db" in sys.modules:
                sys.modules["core.db"].reset()


def _is_supervised() -> bool:
    return "PAIDAN_SUPERVISOR_PID" in os.environ


def _follow_supervisor() -> None:
    """Die with the supervisor, however it ends (Linux)."""
    parent = os.environ.get("PAIDAN_SUPERVISOR_PID")
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
