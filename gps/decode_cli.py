"""`paidan gps decode`: what a device's bytes say."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.clock import now
from gps.decode import decoded
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import Conversation

app = typer.Typer(add_completion=False, help="Tools for wire formats of terminals / 终端报文工具")


@app.callback()
def tools() -> None:
    """Tools for wire formats of terminals / 终端报文工具."""


@app.command()
def decode(
    protocol: Annotated[str, typer.Argument(help=", ".join(PROTOCOLS))],
    file: Annotated[
        Path | None,
        typer.Argument(help="A message a line; else standard input / 报文文件"),
    ] = None,
    model: Annotated[str, typer.Option(help="The device's model / 设备型号")] = "",
    device: Annotated[
        str, typer.Option(help="Who has identified itself on this connection / 已登录的设备")
    ] = "",
    extended: Annotated[
        bool, typer.Option("--extended", help="Teltonika's 16-byte values / Teltonika 扩展格式")
    ] = False,
) -> None:
    """Decode wire bytes, one JSON object a line / 解析终端报文，逐行输出 JSON."""
    known = PROTOCOLS.get(protocol)
    if known is None:
        typer.echo(f"PROTOCOL: {protocol!r}; one of {', '.join(PROTOCOLS)}", err=True)
        raise typer.Exit(2)
    conversation = Conversation(now, device or None, model, extended)
    try:
        lines = file.open(encoding="utf-8", errors="replace") if file else sys.stdin
    except OSError as error:
        typer.echo(f"FILE: {error}", err=True)
        raise typer.Exit(2) from None
    with lines:
        for one in decoded(known, lines, conversation):
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
