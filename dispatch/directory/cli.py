"""`paidan import map FILE.geojson`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from core.db import session_factory
from core.errors import Problem
from dispatch.directory.mapfile import checked_map
from dispatch.directory.service import keep_map
from dispatch.history.organisation import organisation_id


class MapUnreadable(Problem):
    """The file is not there, or no JSON in UTF-8."""

    status = 422
    code = "map_unreadable"
    zh = "地图文件 {file} 无法读取：{reason}"
    en = "The map {file} cannot be read: {reason}"


def import_map(
    file: Annotated[Path, typer.Argument(help="GeoJSON FeatureCollection 地图文件")],
    org: Annotated[str | None, typer.Option(help="Organisation code 组织代码")] = None,
) -> None:
    """Replace the ground map 更换底图."""
    document = checked_map(_read(file))
    org_id = organisation_id(org)
    with session_factory()() as session:
        keep_map(session, org_id, document)
        session.commit()
    typer.echo(f"要素 features {len(document['features'])}")


def _read(file: Path) -> Any:
    """The document; NaN and infinities are no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise MapUnreadable(file=file.name, reason=str(error) or type(error).__name__) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
