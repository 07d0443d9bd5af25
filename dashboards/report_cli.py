"""`paidan report segments`."""

import csv
import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from core.clock import now
from core.db import read_session
from core.errors import InvalidField
from core.identity import EVERYTHING
from core.settings import settings
from dashboards.reports.named import policy_or_file
from dashboards.reports.segments import Line, SegmentReport, segment_report
from dispatch.history.organisation import organisation_id

app = typer.Typer(no_args_is_help=True, help="Reports 报表")


class By(StrEnum):
    SEGMENT = "segment"
    CENTRE = "centre"
    CREW = "crew"
    HOUR = "hour"
    PARTY = "party"


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.callback()
def _group() -> None:
    """Keep `segments` a command of its own."""


@app.command("segments")
def segments(
    policy: Annotated[
        str, typer.Option(help="Policy: a name or a .toml file 时限政策")
    ] = "beijing",
    from_: Annotated[str, typer.Option("--from", help="First moment 起 (2024-01-31[T08:00])")] = "",
    to: Annotated[str, typer.Option("--to", help="Moment after the last 止")] = "",
    by: Annotated[By, typer.Option(help="Group by 分组")] = By.SEGMENT,
    form: Annotated[Form, typer.Option("--format", help="Form 格式")] = Form.TABLE,
    system: Annotated[
        str | None, typer.Option(help="One imported system, or paidan 来源系统")
    ] = None,
    tz: Annotated[str | None, typer.Option(help="Time zone of dates and hours 时区")] = None,
    org: Annotated[str | None, typer.Option(help="Organisation code 组织代码")] = None,
) -> None:
    """Segments against their limits 各环节用时与达标率."""
    zone = tz or settings().timezone
    start, end = moment(from_, zone, "from"), moment(to, zone, "to")
    if end <= start:
        raise InvalidField("--to", "must lie behind --from", "须晚于 --from")
    with read_session() as session:
        org_id = organisation_id(org)
        report = segment_report(
            session,
            org_id,
            EVERYTHING,
            policy_or_file(session, org_id, policy, now()).policy,
            start,
            end,
            by.value,
            system=system,
            timezone=zone,
        )
    if form is Form.JSON:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    elif form is Form.CSV:
        write_csv(report, sys.stdout)
    else:
        print_table(report, Console())


def moment(text: str, zone: str, option: str) -> datetime:
    """A date or time in `zone`, as aware UTC. Raises InvalidField naming the option."""
    try:
        found = datetime.fromisoformat(text)
        located = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    except ZoneInfoNotFoundError as error:
        raise InvalidField("--tz", f"{zone} is not a time zone", f"{zone} 不是时区") from error
    except ValueError as error:
        raise InvalidField(
            f"--{option}",
            f"{text!r} is not a moment; write 2024-01-31 or 2024-01-31T08:00",
            f"{text!r} 不是时间，请写 2024-01-31 或 2024-01-31T08:00",
        ) from error
    return located.astimezone(UTC)


def clock(seconds: float | None) -> str:
    """Seconds as M:SS, H:MM:SS or, from two days on, as 3d 04h; a dash where there is nothing."""
    if seconds is None:
        return "–"
    whole = round(abs(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        text = f"{hours // 24}d {hours % 24:02d}h"
    else:
        text = f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"-{text}" if seconds < 0 and whole else text


def write_csv(report: SegmentReport, target: TextIO) -> None:
    """All figures, seconds unrounded, one line per group and segment."""
    rows = [line.as_json() for line in report.lines]
    if rows:
        writer = csv.DictWriter(target, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def print_table(report: SegmentReport, console: Console) -> None:
    """The report for a person."""
    zone = ZoneInfo(report.timezone)
    start, end = (
        one.astimezone(zone).strftime("%Y-%m-%d %H:%M") for one in (report.start, report.end)
    )
    title = (
        f"{report.policy} v{report.policy_version} · {start} – {end} {report.timezone} · "
        f"{report.orders} 工单 orders"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    grouped = report.by != "segment"
    if grouped:
        table.add_column(_GROUPS[report.by], no_wrap=True)
    table.add_column("环节\nSegment", no_wrap=True)
    for heading in _NUMBERS:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in report.lines:
        table.add_row(*([_key(line)] if grouped else []), *_cells(line))
    # A narrow terminal wraps lines; it never cuts figures off.
    wide = console.options.update(max_width=_WIDEST)
    console.width = max(console.width, console.measure(table, options=wide).maximum)
    console.print(table)
    console.print(
        "要求：每一件（max）、平均（mean）或百分位须在限内，✓ 达到；限值不同的各自计算。\n"
        "Asked: that every one (max), the mean or a percentile keeps the limit, ✓ it does; where\n"
        "limits differ, those of each for themselves.\n"
        "未判：缺时间点或限值；异常：时间倒置，不计入用时。\n"
        "Unjudged: a point or the limit is not known. Anomalies: end before start, in no time.\n"
        "复核后：按裁定豁免、改判后的达标率。\n"
        "Adjusted: the share after what was waived or given to somebody else."
    )


_WIDEST = 400
_GROUPS = {
    "centre": "中心\nCentre",
    "crew": "班组\nCrew",
    "hour": "时\nHour",
    "party": "责任方\nParty",
}
_NUMBERS = (
    "限\nLimit",
    "要求\nAsked",
    "数\nCount",
    "达标\nWithin",
    "复核后\nAdjusted",
    "均值\nMean",
    "中位\nMedian",
    "p90",
    "p95",
    "p99",
    "异常\nAnomalies",
    "未判\nUnjudged",
)


_MET = {True: "✓", False: "✗", None: "–"}


def _key(line: Line) -> str:
    return line.key_zh if line.key_zh == line.key_en else f"{line.key_zh} {line.key_en}"


def _cells(line: Line) -> list[str]:
    found = line.figures
    share, after = (
        "–" if one is None else f"{one:.1%}" for one in (found.share, line.adjusted.share)
    )
    return [
        f"{line.code} {line.name_zh}\n{line.name_en}",
        clock(line.limit_s),
        f"{line.statistic} {_MET[found.met]}",
        str(found.count),
        share,
        after,
        *(clock(x) for x in (found.mean_s, found.median_s, found.p90_s, found.p95_s, found.p99_s)),
        str(found.anomalies),
        str(found.unjudged),
    ]
