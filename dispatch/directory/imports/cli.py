"""`paidan directory import KIND FILE`."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.correlation import correlated
from core.db import session_factory
from core.errors import InvalidField
from core.identity import system_actor
from core.uow import unit_of_work
from dispatch.directory.imports import repository, service
from dispatch.directory.imports.execute import execute
from dispatch.directory.imports.heart import Heart
from dispatch.directory.imports.kinds import CODES
from dispatch.directory.imports.models import ImportRun
from dispatch.directory.imports.quality import Finding
from dispatch.directory.imports.service import Begun
from dispatch.history.organisation import organisation_id
from dispatch.history.service import rejects_beside

app = typer.Typer(no_args_is_help=True, help="The directory 用户与电网档案")
SHOWN = 12
_STATES = {
    "queued": "排队 queued",
    "checking": "检查 checking",
    "writing": "写入 writing",
    "indexing": "建索引 indexing",
    "done": "完成 done",
    "cancelled": "已取消 cancelled",
    "failed": "失败 failed",
}


@app.callback()
def _group() -> None:
    """The directory 用户与电网档案."""


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help=" | ".join(CODES))],
    file: Annotated[Path, typer.Argument(help="CSV or XLSX 数据文件", exists=True, dir_okay=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and count only 只检查不写入")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Refused rows 被拒行 (default FILE.rejects.csv)")
    ] = None,
    org: Annotated[str | None, typer.Option(help="Organisation code 组织代码")] = None,
) -> None:
    """Import regions, network nodes, premises, customers, phones or service points 导入档案.

    Exit code 1: rows were refused, or the file could not be used.
    """
    if kind not in CODES:
        raise InvalidField("KIND", f"one of {' '.join(CODES)}", f"应为以下之一：{' '.join(CODES)}")
    wanted = rejects.absolute() if rejects else rejects_beside(file)
    if wanted.resolve() == file.resolve():
        raise InvalidField("--rejects", "it is the input file", "不能是输入文件")
    org_id = organisation_id(org)
    with correlated():
        run_id = _run(org_id, kind, file, dry_run=dry_run)
    with session_factory()() as session:
        run = service.one(session, org_id, run_id)
        lines = _summary(run)
        for level, rule, field, count in repository.problems_by_rule(session, org_id, run_id)[
            :SHOWN
        ]:
            lines.append(f"  {level:<7} {rule:<24} {field:<16} {count}")
        for row in repository.problems(session, org_id, run_id, after=0, limit=SHOWN, rule=None):
            lines.append(_said(service.finding(row)))
        if run.rejected:
            with wanted.open("w", encoding="utf-8-sig", newline="") as target:
                service.write_rejects(session, run, file, target)
            lines.append(f"被拒行 Refused rows: {wanted}")
    for line in lines:
        typer.echo(line)
    raise typer.Exit(int(run.state != "done" or run.rejected > 0))


def _run(org_id: int, kind: str, file: Path, *, dry_run: bool) -> UUID:
    """Execute it under a progress bar; the id of the run."""
    actor = system_actor(org_id, "import")
    with file.open("rb") as content:
        digest, size = repository.digest_of(content)
    with unit_of_work(actor) as uow:
        begun = Begun(file.name, digest, size)
        run_id = service.begin_here(uow, kind, begun, dry_run=dry_run).id
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with bar, Heart(org_id, run_id):
        task = bar.add_task(_STATES["queued"], total=None)

        def progress(state: str, done: int, rows: int) -> None:
            bar.update(
                task, description=_STATES[state], completed=min(done, rows), total=rows or None
            )

        execute(actor, run_id, file, progress=progress)
    return run_id


def _summary(run: ImportRun) -> list[str]:
    """What a person reads at the end."""
    if run.state == "failed":
        return [f"{run.failure_zh}", f"{run.failure_en}"]
    if run.state == "cancelled":
        return [_STATES["cancelled"]]
    lines = []
    if run.dry_run:
        lines.append("试运行，未写入任何数据。 A dry run: nothing was written.")
    if run.ignored:
        lines.append(f"未用的列 Columns not used: {', '.join(run.ignored)}")
    lines.append(
        f"行 rows {run.rows} · 新增 added {run.added} · 修改 changed {run.changed} · "
        f"相同 same {run.same} · 被拒 rejected {run.rejected} · 提示 warned {run.warned}"
    )
    return lines


def _said(found: Finding) -> str:
    return (
        f"  {found.row} {found.field} {found.rule}: {found.sentence('zh')} / {found.sentence('en')}"
    )
