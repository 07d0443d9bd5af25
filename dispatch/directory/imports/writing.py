"""From the stage into the directory: new rows are added, rows that differ are changed.

A row that says what is known already is not touched, so the same file twice changes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from dispatch.directory.imports.kinds import Kind
from dispatch.directory.imports.staging import STAGE


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows of a kind go. `values`: column of the table → what the stage (`s`) says.

    `told`: columns of the table that stand for another column of the file. `match`: which row of
    the table (`t`) it is. `conflict`: its unique key.
    """

    values: Mapping[str, str]
    match: str
    conflict: tuple[str, ...]
    joins: str = ""
    told: Mapping[str, str] | None = None
    has_id: bool = True
    is_tree: bool = False


def _tree(table: str, more: str = "") -> str:
    return (
        f"LEFT JOIN {STAGE} q ON q.code = s.parent "
        f"LEFT JOIN {table} p ON p.org_id = :org AND p.code = s.parent {more}"
    )


_PARENT = "coalesce(q.id, p.id)"
_NAME_EN = "coalesce(nullif(s.name_en, ''), s.name_zh)"
TARGETS: Mapping[str, Target] = {
    "regions": Target(
        values={
            "code": "s.code",
            "parent_id": _PARENT,
            "name_zh": "s.name_zh",
            "name_en": _NAME_EN,
            "centre_id": "u.id",
            "outline": "s.outline",
        },
        match="t.code = s.code",
        conflict=("code",),
        joins=_tree("region", "LEFT JOIN unit u ON u.org_id = :org AND u.code = s.centre"),
        told={"parent_id": "parent", "centre_id": "centre"},
        is_tree=True,
    ),
    "nodes": Target(
        values={
            "code": "s.code",
            "parent_id": _PARENT,
            "kind": "s.kind",
            "name_zh": "s.name_zh",
            "name_en": _NAME_EN,
            "lat": "s.lat",
            "lon": "s.lon",
        },
        match="t.code = s.code",
        conflict=("code",),
        joins=_tree("network_node"),
        told={"parent_id": "parent"},
        is_tree=True,
    ),
    "premises": Target(
        values={
            "code": "s.code",
            "region_id": "r.id",
            "address_zh": "s.address_zh",
            "address_en": "s.address_en",
            "area_class": "coalesce(s.area_class, 'urban')",
            "lat": "s.lat",
            "lon": "s.lon",
        },
        match="t.code = s.code",
        conflict=("code",),
        joins="JOIN region r ON r.org_id = :org AND r.code = s.region",
        told={"region_id": "region"},
    ),
    "customers": Target(
        values={
            "number": "s.number",
            "name_zh": "s.name_zh",
            "name_en": "s.name_en",
            "importance": "coalesce(s.importance, 'ordinary')",
            "account_state": "coalesce(s.account_state, 'active')",
            "category": "coalesce(s.category, 'residential')",
            "voltage": "coalesce(s.voltage, '0.4')",
            "contract_kva": "s.contract_kva",
            "running_kva": "s.running_kva",
            "commissioned_on": "s.commissioned_on",
        },
        match="t.number = s.number",
        conflict=("number",),
    ),
    "phones": Target(
        values={
            "customer_id": "c.id",
            "number": "s.number",
            "verified": "coalesce(s.verified, false)",
            "used_by": "coalesce(s.used_by, 'owner')",
            "position": "coalesce(s.position, 0)",
        },
        match="t.customer_id = c.id AND t.number = s.number",
        conflict=("customer_id", "number"),
        joins="JOIN customer c ON c.org_id = :org AND c.number = s.customer",
        told={"customer_id": "customer"},
        has_id=False,
    ),
    "service_points": Target(
        values={
            "meter": "s.meter",
            "customer_id": "c.id",
            "premise_id": "p.id",
            "transformer_id": "n.id",
        },
        match="t.meter = s.meter",
        conflict=("meter",),
        joins=(
            "JOIN customer c ON c.org_id = :org AND c.number = s.customer "
            "JOIN premise p ON p.org_id = :org AND p.code = s.premise "
            "LEFT JOIN network_node n ON n.org_id = :org AND n.code = s.transformer"
        ),
        told={"customer_id": "customer", "premise_id": "premise", "transformer_id": "transformer"},
    ),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows that were, or would be, added and changed."""

    added: int
    changed: int


def adopt_ids(session: Session, org_id: int, kind: Kind) -> None:
    """Rows of a tree that are known keep their id, so that the file's children find them."""
    session.execute(
        text(
            f"UPDATE {STAGE} s SET id = t.id FROM {kind.table} t "
            "WHERE t.org_id = :org AND t.code = s.code AND t.id <> s.id"
        ),
        {"org": org_id},
    )


def write(
    session: Session,
    org_id: int,
    kind: Kind,
    given: Collection[str],
    rows: tuple[int, int],
    *,
    dry: bool,
) -> Counts:
    """Bring the stage's rows of a range of row numbers (from, to, inclusive) into the directory.

    `dry`: only count.
    """
    statement = _statement(kind, TARGETS[kind.code], given, dry=dry)
    values = {"org": org_id, "first": rows[0], "last": rows[1]}
    added, changed = session.execute(text(statement), values).one()
    return Counts(added, changed)


def _statement(kind: Kind, target: Target, given: Collection[str], *, dry: bool) -> str:
    told = target.told or {}
    updated = [
        column
        for column in target.values
        if column not in target.conflict and told.get(column, column) in given
    ]
    differs = "false"
    if updated:
        ours = ", ".join(f"t.{column}" for column in updated)
        theirs = ", ".join(target.values[column] for column in updated)
        differs = f"(ROW({ours}) IS DISTINCT FROM ROW({theirs}))"
    chosen = ", ".join(f"{said} AS {column}" for column, said in target.values.items())
    part = (
        f"WITH part AS (SELECT s.id, {chosen}, t.org_id IS NOT NULL AS known "
        f"FROM {STAGE} s {target.joins} "
        f"LEFT JOIN {kind.table} t ON t.org_id = :org AND {target.match} "
        "WHERE s.row BETWEEN :first AND :last "
        f"AND (t.org_id IS NULL OR {differs}))"
    )
    if not dry:
        part += f", written AS ({_insert(kind, target, updated)})"
    return (
        f"{part} SELECT count(*) FILTER (WHERE NOT known), count(*) FILTER (WHERE known) FROM part"
    )


def _insert(kind: Kind, target: Target, updated: list[str]) -> str:
    columns: list[str] = [*(["id"] if target.has_id else []), *target.values]
    names = ", ".join(columns)
    if not updated:
        then = "NOTHING"
    else:
        changes = ", ".join(f"{column} = excluded.{column}" for column in updated)
        then = f"UPDATE SET {changes}"
    conflict = ", ".join(("org_id", *target.conflict))
    return (
        f"INSERT INTO {kind.table} (org_id, {names}) SELECT :org, {names} FROM part "
        f"ON CONFLICT ({conflict}) DO {then}"
    )
