"""`paidan replay`: recorded days through the same door as live traffic."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import db
from core.engines import open_engines
from core.settings import settings
from gps.replay import Replay, Tally, Track, UnreadableTracks, enrol, read_tracks

app = typer.Typer(no_args_is_help=True, help="重放记录 Replay recorded days.")


@app.callback()
def replay() -> None:
    """重放记录 Replay recorded days."""


@app.command()
def tracks(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 CSV.gz")],
    to: Annotated[str, typer.Option(help="网关地址 gateway, HOST:PORT")] = "",
    protocol: Annotated[str, typer.Option(help="终端协议 protocol of the terminals")] = "jt808",
    speed: Annotated[float, typer.Option(min=0.01, help="倍速 times the real pace")] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="最多轨迹数 tracks at most")] = None,
    shift_to_now: Annotated[
        bool, typer.Option(help="时间移到现在 let the recording end now")
    ] = True,
    together: Annotated[
        bool, typer.Option(help="各轨迹同时开始 begin all tracks at once, not as recorded")
    ] = True,
    columns: Annotated[
        str, typer.Option(help="列名 names of track,time,lat,lon if not recognised")
    ] = "",
    enrol_for: Annotated[
        int | None,
        typer.Option(
            "--enrol",
            help="先为该编号的组织登记终端 number of the organisation to enrol them in first",
        ),
    ] = None,
) -> None:
    """把真实车辆轨迹当作终端发送 Send vehicle tracks as JT/T 808 terminals over TCP.

    Ends with 1 when a position stayed unacknowledged or a terminal was refused. Terminals must
    be known to the gateway: `--enrol 1` makes them known to organisation 1 before it starts.
    """
    console = Console(stderr=True)
    if protocol != "jt808":
        raise typer.BadParameter("只支持 only jt808", param_hint="--protocol")
    host, port = _address(to)
    try:
        found = read_tracks(file, limit=limit, columns=columns.split(",") if columns else None)
    except (UnreadableTracks, KeyError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    if enrol_for is not None:
        with _database():
            enrol(enrol_for, found)
    tally = _run(found, host, port, speed, console, shift=shift_to_now, together=together)
    console.print(
        f"轨迹 tracks {tally.tracks}  已发 sent {tally.sent}  已确认 acked {tally.acked}  "
        f"重发 resent {tally.resent}  重连 reconnected {tally.reconnected}  "
        f"拒绝 refused {tally.refused}  未确认 unacked {tally.unacked}  {tally.seconds:.1f} s"
    )
    if tally.refused:
        console.print(
            f"拒绝 {tally.refused}：网关不认识这些终端，--enrol 组织编号 可先登记。\n"
            f"refused {tally.refused}: the gateway does not know these terminals; "
            "--enrol ORGANISATION makes them known.",
            soft_wrap=True,
        )
    if not tally.complete:
        raise typer.Exit(1)


def _run(
    found: list[Track],
    host: str,
    port: int,
    speed: float,
    console: Console,
    *,
    shift: bool,
    together: bool,
) -> Tally:
    total = sum(len(track.points) for track in found)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        task = bar.add_task("定位 positions", total=total)

        async def replay() -> Tally:
            sender = Replay(
                found,
                host,
                port,
                speed=speed,
                shift=shift,
                together=together,
                progress=lambda tally: bar.update(task, completed=tally.sent),
            )
            return await sender.run()

        return asyncio.run(replay())


def _address(text: str) -> tuple[str, int]:
    if not text:
        return settings().host, settings().effective_jt808_port
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise typer.BadParameter("HOST:PORT", param_hint="--to")
    return host.strip("[]"), int(port)


@contextmanager
def _database() -> Iterator[None]:
    """The database that the settings name, or the embedded one of the data directory."""
    with open_engines(settings()) as urls:
        os.environ.update(urls.environment)
        settings.cache_clear()
        db.reset()
        yield
        db.reset()


if __name__ == "__main__":
    app()
