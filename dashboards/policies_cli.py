"""`paidan sla policies`: list, check, compare and import policies and calendars."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from core.clock import now
from core.db import read_session
from core.errors import Problem
from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from dashboards import policies as rows
from dashboards.report_cli import moment
from dispatch.history.organisation import organisation_id
from sla import versions
from sla.book import Book
from sla.diff import Change, differences
from sla.documents import (
    CalendarDocument,
    PolicyUnknown,
    Wrong,
    calendar_names,
    read,
    refused,
)
from sla.policy import Policy

app = typer.Typer(add_completion=False, help="Policies and calendars 时限政策与日历")
SOURCE = "cli"
STATES = {
    "in_force": "生效 in force",
    "future": "未到期 future",
    "superseded": "已替代 superseded",
    "waiting": "待确认 waiting for confirmation",
    "disabled": "停用 disabled",
}
SIGNS = {"added": "+", "removed": "-", "changed": "~"}

Org = Annotated[str | None, typer.Option(help="Organisation code 组织代码")]
Json = Annotated[bool, typer.Option("--json", help="As JSON 输出 JSON")]
IsCalendar = Annotated[bool, typer.Option("--calendar", help="It is a calendar 日历文件")]


class FileUnreadable(Problem):
    """The file is not there, or not in UTF-8."""

    status = 422
    code = "file_unreadable"
    zh = "文件 {file} 无法读取：{reason}"
    en = "The file {file} cannot be read: {reason}"


@app.callback(invoke_without_command=True)
def policies(
    context: typer.Context,
    as_json: Json = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Every figure with its source 列出数值与来源")
    ] = False,
    org: Org = None,
) -> None:
    """All policies, how each stands, where its figures come from 时限政策."""
    if context.invoked_subcommand is not None:
        return
    with read_session() as session:
        book = versions.book_of(session, organisation_id(org))
    at = now()
    if as_json:
        found = [
            rows.policy_row(book, kept, at) | {"figures": rows.figures(kept.policy)}
            for code in sorted(book.policies)
            for kept in reversed(book.policies[code])
        ]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    _print_policies(book, at)
    if figures:
        _print_figures(book)


def _print_policies(book: Book, at: datetime) -> None:
    table = Table(
        "政策 policy", "状态 state", "适用 begins under it", "待核实 doubtful", box=box.SIMPLE
    )
    for row in rows.policy_rows(book, at):
        applies = ""
        if row["covers"]:
            applies = f"{row['covers']} {row['applies']['en']}".strip() + f" ({row['priority']})"
        name = f"{row['code']}@{row['version']}"
        table.add_row(
            f"{name}\n{row['name']['zh']}",
            STATES[row["state"]],
            applies,
            ", ".join(row["doubtful"]),
        )
    Console().print(table)


def _print_figures(book: Book) -> None:
    table = Table("政策 policy", "环节 rule", "时限 limit", "来源 source", box=box.SIMPLE)
    for code in sorted(book.policies):
        kept = book.policies[code][-1]
        for one in rows.figures(kept.policy):
            when = f"\n{one['when']['en']}" if one["when"]["en"] else ""
            table.add_row(
                f"{code}@{kept.policy.version}",
                f"{one['code']} {one['from']}–{one['to']}",
                f"{one['limit']['en']}{when}",
                f"{one['source']} ({one['confidence']})",
            )
    Console().print(table)


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="TOML files 政策文件")],
    calendar: IsCalendar = False,
) -> None:
    """Read files without keeping them; names every problem with its line 检查文件."""
    good = True
    for file in files:
        found = _checked(_text(file), calendar_names(), calendar=calendar)
        if isinstance(found, list):
            good = False
            for one in found:
                sys.stderr.write(f"{file}:{one.line or 1}: {one.field}: {one.message}\n")
        elif isinstance(found, Policy) and found.doubtful:
            codes = ", ".join(found.doubtful)
            typer.echo(f"{file}: 可用，待确认 good, waits for confirmation: {codes}")
        else:
            typer.echo(f"{file}: 可用 good")
    raise typer.Exit(0 if good else 1)


def _checked(
    text: str, calendars: tuple[str, ...], *, calendar: bool
) -> Policy | CalendarDocument | list[Wrong]:
    return read(CalendarDocument, text) if calendar else versions.check(text, calendars)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8"
        raise FileUnreadable(file=file.name, reason=reason) from error


@app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="A file, a name or name@version 原政策")],
    after: Annotated[str, typer.Argument(help="The same 新政策")],
    as_json: Json = False,
    org: Org = None,
) -> None:
    """What differs between two versions, field by field 比较两版."""
    book: Book | None = None
    if not (before.endswith(".toml") and after.endswith(".toml")):
        with read_session() as session:
            book = versions.book_of(session, organisation_id(org))
    changes = differences(_side(before, book), _side(after, book))
    if as_json:
        typer.echo(json.dumps(rows.change_rows(changes), ensure_ascii=False, indent=1))
        return
    for one in changes:
        typer.echo(_line(one))
    if not changes:
        typer.echo("无差异 no difference")


def _side(name: str, book: Book | None) -> Policy:
    """Raises PolicyUnknown, PolicyInvalid, FileUnreadable."""
    if name.endswith(".toml"):
        known = tuple(book.calendars) if book else calendar_names()
        found = versions.check(_text(Path(name)), known)
        if isinstance(found, list):
            raise refused(name, found)
        return found
    assert book is not None
    code, _, number = name.partition("@")
    kept = None
    if number.isdigit():
        kept = book.version(code, int(number))
    elif not number and code in book.policies:
        kept = rows.newest(book.policies[code], book, now())
    if kept is None:
        raise PolicyUnknown(name=name, known=", ".join(sorted(book.policies)))
    return kept.policy


def _line(one: Change) -> str:
    """`~ 受理填单（AB） · 时限 / Intake (AB) · limit: 2 分钟 → 3 分钟 / 2 min → 3 min`."""
    nothing = ("—", "—")
    was, is_ = one.before or nothing, one.after or nothing
    zh = f"{one.label[0]}：{was[0]} → {is_[0]}"
    en = f"{one.label[1]}: {was[1]} → {is_[1]}"
    return f"{SIGNS[one.kind]} {zh}\n  {en}"


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="TOML file 政策文件")],
    effective: Annotated[
        str, typer.Option("--from", help="In force from; at once unless told 生效时间")
    ] = "",
    note: Annotated[str | None, typer.Option(help="Why 说明")] = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Keep it switched off 停用")] = False,
    calendar: IsCalendar = False,
    tz: Annotated[str | None, typer.Option(help="Time zone of --from 时区")] = None,
    org: Org = None,
) -> None:
    """Keep a new version of a policy or calendar; what is kept never changes 导入."""
    text, org_id = _text(file), organisation_id(org)
    at = moment(effective, tz or settings().timezone, "from") if effective else None
    with unit_of_work(system_actor(org_id, SOURCE)) as uow:
        if calendar:
            kept = versions.add_calendar(uow, text, note, file.name)
            typer.echo(f"日历 calendar {kept.document.code}@{kept.version}")
            return
        added = versions.add_version(
            uow, text, effective_from=at, enabled=not disabled, note=note, file=file.name
        )
        row: dict[str, Any] = rows.policy_row(versions.book_of(uow.session, org_id), added, uow.now)
    typer.echo(f"政策 policy {row['code']}@{row['version']}: {STATES[row['state']]}")
