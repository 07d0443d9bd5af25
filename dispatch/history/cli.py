"""`paidan import history FILE --map MAP.toml`; beside it, `paidan import map FILE`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dispatch.directory.cli import import_map
from dispatch.history.organisation import organisation_id
from dispatch.history.service import ImportResult, import_history

app = typer.Typer(no_args_is_help=True, help="Import data 导入数据")


app.command("map")(import_map)


@app.command("history")
def history(
    file: Annotated[Path, typer.Argument(help="CSV or gzipped CSV 数据文件", exists=True)],
    map_file: Annotated[
        Path, typer.Option("--map", help="Which column is what 映射文件", exists=True)
    ],
    rejects: Annotated[
        Path | None, typer.Option(help="Refused rows 被拒行 (default FILE.rejects.csv)")
    ] = None,
    org: Annotated[str | None, typer.Option(help="Organisation code 组织代码")] = None,
) -> None:
    """Import past dispatch records 导入历史派单记录."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    with bar:
        task = bar.add_task(file.name, total=None)
        result = import_history(
            file,
            map_file,
            organisation_id(org),
            rejects=rejects,
            progress=lambda done, rows: bar.update(task, completed=done, total=rows),
        )
    for line in summary(result):
        typer.echo(line)


def summary(result: ImportResult) -> list[str]:
    """What a person reads at the end."""
    lines = []
    if result.already_done:
        lines.append(
            "此文件已按此映射导入，未新增任何记录。 "
            "This file was imported with this map before; nothing was added."
        )
    elif result.resumed_from:
        lines.append(
            f"从第 {result.resumed_from} 行继续。 Went on after row {result.resumed_from}."
        )
    lines.append(
        f"行 rows {result.rows} · 工单 orders {result.orders} · 派工 assignments "
        f"{result.assignments} · 已有 known {result.known} · 被拒 rejected {result.rejected}"
    )
    if result.differing:
        lines.append(
            f"{result.differing} 行的工单时间与首行不同，保留首行。 "
            f"{result.differing} rows give their order other times than its first row; first kept."
        )
    if result.rejected:
        lines.append(f"被拒行 Refused rows: {result.rejects}")
    return lines
