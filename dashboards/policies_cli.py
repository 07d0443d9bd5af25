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
from sqlalchemy.orm import Session

from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import system_actor
from core.settings import settings
from core.uow import unit_of_work
from dashboards import policies as rows
from dashboards.report_cli import moment
from dispatch.history.organisation import organisation_id, organisation_if_any
from sla import versions
from sla.book import Book, Kept, KeptCalendar
from sla.diff import Change, differences
from sla.documents import (
    CalendarDocument,
    CalendarUnknown,
    PolicyUnknown,
    Wrong,
    calendar_names,
    document_text,
    parse_calendar,
    parse_policy,
)
from sla.policy import Policy

app = typer.Typer(add_completion=False, help="Policies and calendars 时限政策与日历")
SOURCE = "cli"
NOBODY = 0
"""Organisation number of nobody: only what comes with Paidan."""
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


@app.callback(invoke_without_command=True)
def policies(
    context: typer.Context,
    as_json: Json = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Every figure with its source 列出数值与来源")
    ] = False,
    org: Org = None,
) -> None:
    """All policies, how each stands, where its figures come from 时限政策.

    Before there is an organisation: those that come with Paidan.
    """
    if context.invoked_subcommand is not None:
        return
    with read_session() as session:
        book = _book(session, org)
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


def _book(session: Session, org: str | None) -> Book:
    return versions.book_of(session, organisation_if_any(org) or NOBODY)


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
    days: Annotated[
        list[Path] | None, typer.Option(help="Calendar file of one's own 自有日历文件")
    ] = None,
) -> None:
    """Read files without keeping them; names every problem with its line 检查文件."""
    good = True
    own = [parse_calendar(document_text(file), file.name).code for file in days or ()]
    for file in files:
        found = _checked(document_text(file), (*calendar_names(), *own), calendar=calendar)
        if isinstance(found, list):
            good = False
            for one in found:
                sys.stderr.write(f"{file}:{one.line or 1}: {one.field}: {' '.join(one.words)}\n")
        elif isinstance(found, Policy) and found.doubtful:
            codes = ", ".join(found.doubtful)
            typer.echo(f"{file}: 可用，待确认 good, waits for confirmation: {codes}")
        else:
            typer.echo(f"{file}: 可用 good")
    raise typer.Exit(0 if good else 1)


def _checked(
    text: str, calendars: tuple[str, ...], *, calendar: bool
) -> Policy | CalendarDocument | list[Wrong]:
    return versions.check_calendar(text) if calendar else versions.check(text, calendars)


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
            book = _book(session, org)
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
        return parse_policy(document_text(name), name)
    assert book is not None
    return _kept(name, book).policy


def _kept(name: str, book: Book) -> Kept:
    """`beijing`: the version in force, else the newest; `beijing@2`. Raises PolicyUnknown."""
    code, _, number = name.partition("@")
    kept = None
    if number.isdecimal():
        kept = book.version(code, int(number))
    elif not number and code in book.policies:
        kept = rows.newest(book.policies[code], book, now())
    if kept is None:
        raise PolicyUnknown(name=name, known=", ".join(sorted(book.policies)))
    return kept


def _kept_calendar(name: str, book: Book) -> KeptCalendar:
    """`china`: the newest; `china@1`. Raises CalendarUnknown."""
    code, _, number = name.partition("@")
    for kept in reversed(book.calendars.get(code, ())):
        if number in ("", str(kept.version)):
            return kept
    raise CalendarUnknown(name=name, known=", ".join(sorted(book.calendars)))


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="A name or name@version 名称")],
    calendar: IsCalendar = False,
    org: Org = None,
) -> None:
    """The text of a version, to change and import again 输出原文."""
    with read_session() as session:
        book = _book(session, org)
    kept = _kept_calendar(name, book) if calendar else _kept(name, book)
    sys.stdout.write(kept.text if kept.text.endswith("\n") else f"{kept.text}\n")


@app.command("calendars")
def calendars(as_json: Json = False, org: Org = None) -> None:
    """All calendars, and the years that they know 日历及其覆盖年份."""
    with read_session() as session:
        book = _book(session, org)
    found = [
        rows.calendar_row(kept)
        for code in sorted(book.calendars)
        for kept in reversed(book.calendars[code])
    ]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1, default=str))
        return
    table = Table("日历 calendar", "名称 name", "年份 years", box=box.SIMPLE)
    for row in found:
        years = ", ".join(str(one["year"]) for one in row["years"])
        name = f"{row['name']['zh']} {row['name']['en']}"
        table.add_row(f"{row['code']}@{row['version']}", name, years or "任何年份 any")
    Console().print(table)


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
    text, org_id = document_text(file), organisation_id(org)
    if calendar and (effective or disabled):
        raise InvalidField("--from, --disabled", "a calendar holds at once", "日历一经导入立即生效")
    at = moment(effective, tz or settings().timezone, "from") if effective else None
    with unit_of_work(system_actor(org_id, SOURCE)) as uow:
        before = versions.book_of(uow.session, org_id)
        if calendar:
            days = versions.add_calendar(uow, text, note, file.name)
            new = days not in before.calendars.get(days.document.code, ())
            typer.echo(f"日历 calendar {days.document.code}@{days.version}: {_news(new=new)}")
            return
        added = versions.add_version(
            uow, text, effective_from=at, enabled=not disabled, note=note, file=file.name
        )
        new = before.version(added.policy.code, added.policy.version) is None
        row: dict[str, Any] = rows.policy_row(versions.book_of(uow.session, org_id), added, uow.now)
    name = f"{row['code']}@{row['version']}"
    typer.echo(f"政策 policy {name}: {_news(new=new)}, {STATES[row['state']]}")


def _news(*, new: bool) -> str:
    return "已保存 kept" if new else "已有，未改动 there already, nothing changed"
