"""`paidan sla what-if`: a past period under another policy."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from core.clock import now
from core.db import read_session
from core.identity import EVERYTHING
from core.settings import settings
from dashboards.report_cli import By, Form, clock
from dashboards.reports.named import policy_or_file
from dashboards.reports.query import count_cases
from dashboards.reports.steps import finish
from dashboards.reports.what_if import Answer, Question, Row, what_if
from dashboards.sla_cli import (
    Everywhere,
    Format,
    From,
    Org,
    System,
    To,
    Zone,
    counting,
    period,
    share,
    title,
    widen,
    write_rows,
)
from dispatch.history.organisation import organisation_id

app = typer.Typer(no_args_is_help=True, help="Service levels 时限")
COLUMNS = (
    "order_id", "number", "system", "filed_at", "code", "before", "after",
    "spent_before_s", "limit_before_s", "spent_after_s", "limit_after_s",
)  # fmt: skip


@app.callback()
def _group() -> None:
    """Keep every command a name of its own."""


@app.command("what-if")
def what_if_command(
    policy: Annotated[str, typer.Option(help="To try: a name or a .toml file 拟用政策")],
    against: Annotated[str, typer.Option(help="To compare with 对照政策")] = "beijing",
    from_: From = "",
    to: To = "",
    by: Annotated[By, typer.Option(help="Group by 分组")] = By.SEGMENT,
    form: Format = Form.TABLE,
    show: Annotated[int, typer.Option(min=0, help="List so many changes 列出变化数")] = 20,
    changes: Annotated[
        Path | None, typer.Option(help="All changes into this CSV file 全部变化写入文件")
    ] = None,
    everywhere: Everywhere = False,
    system: System = None,
    tz: Zone = None,
    org: Org = None,
) -> None:
    """A past period under another policy, and what comes out otherwise 假设重判."""
    zone = tz or settings().timezone
    start, end = period(from_, to, zone)
    with read_session() as session, _written(changes) as told:
        org_id, at = organisation_id(org), now()
        asked = Question(
            before=policy_or_file(session, org_id, against, at).policy,
            after=policy_or_file(session, org_id, policy, at).policy,
            by=by.value,
            system=system,
            everywhere=everywhere,
            limit=show,
            timezone=zone,
        )
        with counting(count_cases(session, org_id, EVERYTHING, start, end, system)) as step:
            found = finish(what_if(session, org_id, EVERYTHING, asked, start, end, told), step)
    if form is Form.JSON:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    elif form is Form.CSV:
        write_rows(found.as_json()["lines"], sys.stdout)
    else:
        print_answer(found, Console())


@contextmanager
def _written(target: Path | None) -> Iterator[Callable[[Row], None]]:
    """Every change as a line of a CSV file, as it is found."""
    if target is None:
        yield lambda _: None
        return
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=COLUMNS)
        writer.writeheader()
        yield writer.writerow


_GROUPS = {"centre": "中心\nCentre", "crew": "班组\nCrew", "hour": "时\nHour"}
_HEADINGS = (
    "达标\nMet",
    "拟用\nThen",
    "达标率\nShare",
    "拟用\nThen",
    "达标→超时\nMet → late",
    "超时→达标\nLate → met",
    "未判\nUnjudged",
    "拟用\nThen",
)
WORDS = {
    "met": "达标 met",
    "breached": "超时 breached",
    "unjudged": "未判 unjudged",
    "anomaly": "异常 anomaly",
    "absent": "– –",
}


def print_answer(found: Answer, console: Console) -> None:
    """The comparison for a person, and the first orders that change."""
    said, asked = found.as_json(), found.question
    heading = title(asked.after.code, asked.after.version, found.start, found.end, asked.zone)
    table = _table(
        f"{heading} · 对照 against {asked.before.code} v{asked.before.version} · "
        f"{found.covered}/{found.orders} 工单 orders"
    )
    if asked.by != "segment":
        table.add_column(_GROUPS[asked.by], no_wrap=True)
    table.add_column("环节\nSegment", no_wrap=True)
    for name in _HEADINGS:
        table.add_column(name, justify="right", no_wrap=True)
    for line in said["lines"]:
        table.add_row(*([line["key_zh"]] if asked.by != "segment" else []), *_cells(line))
    widen(console, table)
    console.print(table)
    console.print(
        f"{found.orders_changed} 工单有变 orders change · {found.changes} 环节有变 segments change"
    )
    if said["rows"]:
        console.print(_changes(said["rows"]))


def _table(heading: str | None = None) -> Table:
    return Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _cells(line: dict[str, Any]) -> list[str]:
    return [
        f"{line['code']} {line['name_zh']}\n{line['name_en']}",
        str(line["met_before"]),
        str(line["met_after"]),
        share(line["share_before"]),
        share(line["share_after"]),
        str(line["met_to_breached"]),
        str(line["breached_to_met"]),
        str(line["unjudged_before"]),
        str(line["unjudged_after"]),
    ]


def _changes(rows: list[Row]) -> Table:
    table = _table()
    headings = (
        "工单\nOrder",
        "环节\nSegment",
        "用时\nSpent",
        "限\nLimit",
        "拟用\nThen",
        "变化\nChange",
    )
    for name in headings:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(
            row["number"],
            row["code"],
            clock(row["spent_after_s"]),
            clock(row["limit_before_s"]),
            clock(row["limit_after_s"]),
            f"{WORDS[row['before']]} → {WORDS[row['after']]}",
        )
    return table
