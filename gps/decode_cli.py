"""`paidan gps decode`: what a device's bytes say."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer

from core.clock import now
from gps.decode import decoded
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import Conversation

app = typer.Typer(add_completion=False)

STANDARD_INPUT = Path("-")


@app.callback()
def tools() -> None:
    """Without a word after it: run one terminal gateway until Ctrl-C. With one: a tool for wire
    formats of terminals, which needs neither gateway nor database.

    不带子命令：运行车载终端网关；带子命令：终端报文工具，无需网关和数据库。
    """


@app.command()
def decode(
    protocol: Annotated[str, typer.Argument(help="/ 协议: " + ", ".join(sorted(PROTOCOLS)))],
    file: Annotated[
        Path | None,
        typer.Argument(help="A message a line; - or none: standard input / 报文文件，每行一条"),
    ] = None,
    model: Annotated[str, typer.Option(help="The device's model / 设备型号")] = "",
    device: Annotated[
        str, typer.Option(help="Who has identified itself on this connection / 已登录的设备")
    ] = "",
    extended: Annotated[
        bool, typer.Option("--extended", help="Teltonika's 16-byte values / Teltonika 扩展格式")
    ] = False,
) -> None:
    """Decode wire bytes, one JSON object a line / 解析终端报文，逐行输出 JSON.

    A line is what a device has sent: hexadecimal, or text; for protocols over HTTP a JSON object
    with method, uri, headers, body. All lines are one connection. Exit code 0, whatever the lines
    are: `error` says what is wrong with one; 2: no such protocol or file.
    """
    known = PROTOCOLS.get(protocol.lower())
    if known is None:
        _refuse("PROTOCOL", f"{protocol!r}; one of {', '.join(sorted(PROTOCOLS))}")
    conversation = Conversation(now, device or None, model, extended)
    with _lines(file) as lines, _told() as out:
        for one in decoded(known, lines, conversation):
            out.write(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n")
            out.flush()


@contextmanager
def _lines(file: Path | None) -> Iterator[Iterator[str]]:
    """What is no UTF-8 stays the bytes that it is; only a line feed ends a line."""
    try:
        raw = file.open("rb") if file and file != STANDARD_INPUT else sys.stdin.buffer
    except OSError as error:
        _refuse("FILE", error)
    with raw, io.TextIOWrapper(raw, "utf-8", "surrogateescape", newline="\n") as lines:
        yield _readable(lines)


def _readable(lines: TextIO) -> Iterator[str]:
    try:
        yield from lines
    except OSError as error:
        _refuse("FILE", error)


@contextmanager
def _told() -> Iterator[TextIO]:
    """Standard output in UTF-8, whatever the terminal speaks; half a character is an escape."""
    out = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        yield out
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _refuse(what: str, why: object) -> NoReturn:
    typer.echo(f"{what}: {why}", err=True)
    raise typer.Exit(2)
