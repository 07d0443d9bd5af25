"""`paidan sla …`: service levels on the command line."""

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from sla.assess import RecordInvalid, assess_line
from sla.documents import calendars_of, load_policy
from sla.policy import Policy

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
app = typer.Typer(no_args_is_help=True, help="Service levels 时限")


@app.callback()
def _group() -> None:
    """Keep each command one of its own."""


@app.command("assess")
def assess(
    policy: Annotated[str, typer.Option(help="Policy: a name or a .toml file 时限政策")],
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(help="JSON lines; - or none: standard input 每行一个 JSON"),
    ] = "-",  # type: ignore[assignment]  # typer opens it
    days: Annotated[
        list[Path] | None, typer.Option(help="Calendar file of one's own 自有日历文件")
    ] = None,
) -> None:
    """Judge records of stamps, one JSON object a line, without a database 离线判定."""
    found = load_policy(policy, calendars_of(days or ()))
    try:
        good = assess_lines(found, file)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        good = True
    raise typer.Exit(0 if good else 1)


@app.command(context_settings=PASS_ON)
def calibrate(context: typer.Context) -> None:
    """Typical times of the past and the limits that follow 校准时限."""
    _of_the_past("dashboards.sla_cli", "calibrate", context.args)


@app.command("what-if", context_settings=PASS_ON)
def what_if(context: typer.Context) -> None:
    """A past period under another policy 假设重判."""
    _of_the_past("dashboards.what_if_cli", "what-if", context.args)


@app.command(context_settings=PASS_ON)
def policies(context: typer.Context) -> None:
    """Policies and calendars: list, show, check, diff, import 时限政策."""
    command = typer.main.get_command(import_module("dashboards.policies_cli").app)
    command.main(args=context.args, prog_name="paidan sla policies")


def _of_the_past(module: str, name: str, words: list[str]) -> None:
    """A command that reads history; `assess` starts without what it needs."""
    command = typer.main.get_command(import_module(module).app)
    command.main(args=[name, *words], prog_name="paidan sla")


def assess_lines(policy: Policy, lines: Iterable[bytes]) -> bool:
    """Judge line after line to standard output, name bad ones on standard error; False where
    there were any.
    """
    good = True
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(BOM_UTF8) if number == 1 else line
        if not text.strip():
            continue
        try:
            answer = assess_line(policy, text, number)
        except RecordInvalid as error:
            good = False
            for one in error.wrong:
                sys.stderr.write(f"{one}\n")
            continue
        sys.stdout.write(f"{answer}\n")
    return good
