"""`paidan sla calibrate`: what the past says about limits."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, TextIO
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import EVERYTHING
from core.settings import settings
from dashboards.report_cli import Form, clock, moment
from dashboards.reports.calibrate import Calibration, Wish, calibrate
from dashboards.reports.named import policy_or_file
from dashboards.reports.query import count_cases
from dashboards.reports.steps import finish
from dispatch.history.organisation import organisation_id
from sla.calibration import LEAST, LEVEL, REASONS
from sla.documents import parse_policy
from sla.facts import When
from sla.policy import Policy
from sla.words import conditions

app = typer.Typer(no_args_is_help=True, help="Service levels 时限")


class By(StrEnum):
    """What typical times are told apart by."""

    AREA = "area"
    HOUR = "hour"
    FAULT_CLASS = "fault_class"


PolicyOption = Annotated[str, typer.Option(help="Policy: a name or a .toml file 时限政策")]
From = Annotated[str, typer.Option("--from", help="First moment 起 (2024-01-31[T08:00])")]
To = Annotated[str, typer.Option("--to", help="Moment after the last 止")]
System = Annotated[str | None, typer.Option(help="One imported system, or paidan 来源系统")]
Zone = Annotated[str | None, typer.Option(help="Time zone of dates 时区")]
Org = Annotated[str | None, typer.Option(help="Organisation code 组织代码")]
Everywhere = Annotated[
    bool, typer.Option("--everywhere", help="Also orders it does not apply to 不限适用范围")
]
Format = Annotated[Form, typer.Option("--format", help="Form 格式")]


@app.callback()
def _group() -> None:
    """Keep every command a name of its own."""


@app.command("calibrate")
def calibrate_command(
    policy: PolicyOption = "beijing",
    from_: From = "",
    to: To = "",
    quantile: Annotated[float, typer.Option(help="What counts as typical 典型值分位")] = 0.5,
    by: Annotated[list[By] | None, typer.Option(help="Group by, also several 分组")] = None,
    bands: Annotated[
        str, typer.Option(help="Hours at which bands of the day begin 时段起点")
    ] = "0,6,12,18",
    level: Annotated[float, typer.Option(help="Confidence of the interval 置信水平")] = LEVEL,
    least: Annotated[int, typer.Option(min=2, help="Observations at least 最少样本")] = LEAST,
    form: Format = Form.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json")] = False,
    write: Annotated[
        Path | None, typer.Option(help="Write the proposed policy here 写出建议的政策")
    ] = None,
    codes: Annotated[
        str | None,
        typer.Option("--change", help="Segments that change in it, as AB,BC; all 建议环节"),
    ] = None,
    everywhere: Everywhere = False,
    system: System = None,
    tz: Zone = None,
    org: Org = None,
) -> None:
    """Typical times of the past and the limits that follow: typical + 1 minute 校准时限."""
    start, end = period(from_, to, tz)
    wish = Wish(
        by=tuple(one.value for one in by or ()),
        share=between(quantile, "--quantile"),
        level=between(level, "--level"),
        least=least,
        bands=hours(bands),
        system=system,
        everywhere=everywhere,
    )
    with read_session() as session:
        org_id = organisation_id(org)
        named = policy_or_file(session, org_id, policy, now())
        chosen = changed(codes, named.policy)
        total = count_cases(session, org_id, EVERYTHING, start, end, system)
        with counting(total) as step:
            steps = calibrate(session, org_id, EVERYTHING, named.policy, start, end, wish)
            found = finish(steps, step)

    if write is not None:
        text = found.document(named.text, named.next_version, chosen)
        parse_policy(text, write.name)
        write.write_text(text, encoding="utf-8")
    if as_json or form is Form.JSON:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
    elif form is Form.CSV:
        write_rows([flat(one) for one in found.as_json()["lines"]], sys.stdout)
    else:
        print_calibration(found, Console())


def changed(codes: str | None, policy: Policy) -> list[str] | None:
    """The rules that are named; None: those of the chain. Raises InvalidField."""
    chosen = None if codes is None else [one.strip() for one in codes.split(",")]
    known = [rule.code for rule in policy.rules]
    for code in chosen or ():
        if code not in known:
            there = ", ".join(known)
            raise InvalidField(
                "--change", f"there is no {code}; there are {there}", f"没有 {code}；有 {there}"
            )
    return chosen


def period(from_: str, to: str, tz: str | None) -> tuple[datetime, datetime]:
    """Raises InvalidField naming the option."""
    zone = tz or settings().timezone
    start, end = moment(from_, zone, "from"), moment(to, zone, "to")
    if end <= start:
        raise InvalidField("--to", "must lie behind --from", "须晚于 --from")
    return start, end


def between(share: float, option: str) -> float:
    """Raises InvalidField unless it lies between 0 and 1."""
    if not 0 < share < 1:
        raise InvalidField(option, "lies between 0 and 1", "须在 0 与 1 之间")
    return share


def hours(text: str) -> tuple[int, ...]:
    """Ascending hours of the day. Raises InvalidField."""
    try:
        found = tuple(int(one) for one in text.split(","))
    except ValueError:
        found = ()
    ascending = all(a < b for a, b in pairwise(found))
    if len(found) < 2 or not ascending or not 0 <= found[0] <= found[-1] < 24:
        raise InvalidField(
            "--bands",
            f"{text!r} is no list of hours from 0 to 23, such as 0,6,12,18",
            f"{text!r} 不是 0 到 23 的整点列表，如 0,6,12,18",
        )
    return found


@contextmanager
def counting(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the error output; the figures go to the other."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("工单 orders", total=total)

        def step(done: int) -> None:
            bar.update(task, completed=done)

        yield step


def flat(line: dict[str, Any]) -> dict[str, Any]:
    """A line as one row: groups, conditions and what was left out in columns of their own."""
    row = {name: one for name, one in line.items() if name not in ("edges", "bins")}
    row["group"] = " ".join(f"{one['by']}={one['key']}" for one in line["group"])
    row["when"] = json.dumps(line["when"], ensure_ascii=False) if line["when"] else ""
    left = row.pop("left_out")
    return row | {f"left_out_{reason}": left[reason] for reason in REASONS}


def write_rows(rows: list[dict[str, Any]], target: TextIO) -> None:
    """As CSV, with a heading."""
    if rows:
        writer = csv.DictWriter(target, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


_HEADINGS = (
    "样本\nn",
    "典型\nTypical",
    "区间\nInterval",
    "典型+1分\nTypical + 1",
    "现限\nToday",
    "建议\nProposed",
    "现超时\nLate today",
    "建议后\nLate then",
    "未计\nLeft out",
)


def print_calibration(found: Calibration, console: Console) -> None:
    """The report for a person."""
    zone, wish = found.policy.days.zone, found.wish
    table = Table(
        title=f"{title(found.policy.code, found.policy.version, found.start, found.end, zone)} · "
        f"{found.covered}/{found.orders} 工单 orders · "
        f"分位 quantile {wish.share:g}, {wish.level:.0%}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    if wish.by:
        table.add_column("分组\nGroup", no_wrap=True)
    table.add_column("环节\nSegment", no_wrap=True)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in found.as_json()["lines"]:
        groups = " ".join(f"{one['name_zh']} {one['name_en']}" for one in line["group"])
        table.add_row(*([groups] if wish.by else []), *_cells(line))
    widen(console, table)
    console.print(table)
    console.print(
        "建议 = 典型值 + 1 分钟，进位到整分钟；批准后才生效。\n"
        "Proposed: typical plus one minute, rounded up to a whole one; somebody approves it."
    )


def title(code: str, version: int, start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Policy and period."""
    first, last = (one.astimezone(zone).strftime("%Y-%m-%d %H:%M") for one in (start, end))
    return f"{code} v{version} · {first} – {last} {zone.key}"


def widen(console: Console, table: Table) -> None:
    """A narrow terminal wraps lines; it never cuts figures off."""
    wide = console.options.update(max_width=400)
    console.width = max(console.width, console.measure(table, options=wide).maximum)


def share(value: float | None) -> str:
    """A share for a person."""
    return "–" if value is None else f"{value:.1%}"


HINDRANCES = {
    "too_few": "样本不足 too few",
    "no_limit": "无适用限值 no limit",
    "lead": "须提前量 a lead",
    "working_days": "按工作日 working days",
}


def _cells(line: dict[str, Any]) -> list[str]:
    known = line["typical_s"] is not None
    below = " ".join(conditions(When(**line["when"]))) if line["when"] else line["name_en"]
    return [
        f"{line['code']} {line['name_zh']}\n{below}",
        str(line["count"]),
        clock(line["typical_s"]),
        f"{clock(line['low_s'])}–{clock(line['high_s'])}" if known else "–",
        clock(line["exact_s"]),
        clock(line["today_s"]),
        HINDRANCES[line["hindrance"]] if line["hindrance"] else clock(line["proposed_s"]),
        share(line["today_share"]),
        share(line["proposed_share"]),
        str(sum(line["left_out"].values())),
    ]
