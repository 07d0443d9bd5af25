"""Rules that need other rows, of the file or of the directory: judged in SQL over the whole stage.

Each kind has its list of steps, errors that one row has by itself before doubles, so that of two
rows of one key the first good one stays. Refused rows leave the stage before that.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from dispatch.directory.imports.kinds import Kind
from dispatch.directory.imports.quality import FAR_KM, HIGH, RULES, SHARED_PHONE
from dispatch.directory.imports.staging import STAGE

_HIGH = ", ".join(f"'{one}'" for one in HIGH)
_RANKS = {"substation": 0, "feeder": 1, "section": 2, "transformer": 3, "pole": 8, "cabinet": 8}
_STEPS_UP = 64


@dataclass(frozen=True, slots=True)
class Scope:
    """One run's stage. `given`: columns that the file has."""

    session: Session
    org_id: int
    run_id: UUID
    kind: Kind
    given: Collection[str]

    def execute(self, statement: str, **more: Any) -> CursorResult[Any]:
        values = {"org": self.org_id, "run": self.run_id, **more}
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        return cast("CursorResult[Any]", self.session.execute(text(statement), used))


Step = Callable[[Scope], None]


def judge_all(scope: Scope) -> None:
    """Run the steps of the kind; only rows without an error are left."""
    for step in STEPS[scope.kind.code]:
        step(scope)
    sweep(scope)


def sweep(scope: Scope) -> None:
    """Rows with an error leave the stage. Until then each further rule names them as well."""
    scope.execute(
        f"DELETE FROM {STAGE} s WHERE s.refused OR EXISTS (SELECT FROM import_problem p "
        "WHERE p.org_id = :org AND p.run_id = :run AND p.level = 'error' AND p.row = s.row)"
    )


def found(rule: str, field: str, query: str, *, needs: str = "") -> Step:
    """A step: rows that `query` gives (row, value, other) break `rule` at `field`.

    `needs`: a column without which the rule is not asked.
    """

    def step(scope: Scope) -> None:
        if not needs or needs in scope.given:
            note(scope, rule, field, query)

    return step


def note(scope: Scope, rule: str, field: str, query: str) -> int:
    """Record findings. Returns how many rows there were."""
    level = RULES[rule].level
    return scope.execute(
        "INSERT INTO import_problem (org_id, run_id, row, field, rule, level, value, other) "
        f"SELECT :org, :run, q.row, '{field}', '{rule}', '{level}', "
        "left(coalesce(q.value::text, ''), 200), left(coalesce(q.other::text, ''), 200) "
        f"FROM ({query}) AS q(row, value, other) ON CONFLICT DO NOTHING"
    ).rowcount


def _unknown(field: str, table: str, column: str = "code", also: str = "") -> str:
    """Rows whose reference is in no row of the directory."""
    return (
        f"SELECT s.row, s.{field}, '' FROM {STAGE} s LEFT JOIN {table} t ON t.org_id = :org "
        f"AND t.{column} = s.{field} {also} WHERE s.{field} IS NOT NULL AND t.id IS NULL"
    )


def _unknown_parent(table: str) -> str:
    return (
        f"SELECT s.row, s.parent, '' FROM {STAGE} s WHERE s.parent IS NOT NULL "
        f"AND NOT EXISTS (SELECT FROM {STAGE} q WHERE q.code = s.parent) "
        f"AND NOT EXISTS (SELECT FROM {table} t WHERE t.org_id = :org AND t.code = s.parent)"
    )


def doubles(scope: Scope) -> None:
    """Of rows with one key the first stays; one that says the same is left out without blame."""
    sweep(scope)
    key = ", ".join(scope.kind.key)
    same_key = " AND ".join(f"f.{name} = s.{name}" for name in scope.kind.key)
    every = [one.name for one in scope.kind.columns]
    alike = " AND ".join(f"f.{name} IS NOT DISTINCT FROM s.{name}" for name in every)
    value = "concat_ws(' ', " + ", ".join(f"s.{name}" for name in scope.kind.key) + ")"
    pairs = (
        f"SELECT s.row, {value}, f.row FROM (SELECT {key}, min(row) AS row FROM {STAGE} "
        f"GROUP BY {key} HAVING count(*) > 1) d JOIN {STAGE} f ON f.row = d.row "
        f"JOIN {STAGE} s ON {same_key} AND s.row > f.row WHERE "
    )
    field = scope.kind.key[-1]
    if note(scope, "repeated_row", field, pairs + alike):
        scope.execute(
            f"DELETE FROM {STAGE} s USING import_problem p WHERE p.org_id = :org "
            "AND p.run_id = :run AND p.rule = 'repeated_row' AND p.row = s.row"
        )
    note(scope, "duplicate", field, pairs + f"NOT ({alike})")
    sweep(scope)


def tree(scope: Scope) -> None:
    """Circles, and rows whose parent's row was refused. Parents may come later in the file."""
    if "parent" not in scope.given:
        return
    sweep(scope)
    table = scope.kind.table
    # The nearest row of the file above each row: the way up may lead through known rows.
    scope.execute("DROP TABLE IF EXISTS import_above")
    scope.execute(
        "CREATE TEMP TABLE import_above AS WITH RECURSIVE up AS ("
        f"SELECT s.code, s.parent AS at, 0 AS n FROM {STAGE} s WHERE s.parent IS NOT NULL "
        "UNION ALL "
        f"SELECT up.code, p.code, n + 1 FROM up JOIN {table} t ON t.org_id = :org "
        f"AND t.code = up.at JOIN {table} p ON p.org_id = :org AND p.id = t.parent_id "
        f"WHERE n < {_STEPS_UP} AND NOT EXISTS (SELECT FROM {STAGE} x WHERE x.code = up.at)) "
        "SELECT code, at AS above FROM up "
        f"WHERE EXISTS (SELECT FROM {STAGE} x WHERE x.code = at)"
    )
    scope.execute("DROP TABLE IF EXISTS import_placed")
    scope.execute("CREATE TEMP TABLE import_placed (code text PRIMARY KEY, level int)")
    level = 0
    placed = scope.execute(
        f"INSERT INTO import_placed SELECT code, 0 FROM {STAGE} s "
        "WHERE NOT EXISTS (SELECT FROM import_above a WHERE a.code = s.code)"
    ).rowcount
    while placed:
        level += 1
        placed = scope.execute(
            "INSERT INTO import_placed SELECT DISTINCT a.code, CAST(:level AS int) "
            "FROM import_above a JOIN import_placed p ON p.code = a.above AND p.level = :level - 1 "
            "ON CONFLICT DO NOTHING",
            level=level,
        ).rowcount
    note(
        scope,
        "parent_circle",
        "parent",
        f"SELECT s.row, s.parent, '' FROM {STAGE} s "
        "WHERE NOT EXISTS (SELECT FROM import_placed p WHERE p.code = s.code)",
    )
    sweep(scope)
    while note(scope, "unknown_parent", "parent", _unknown_parent(table)):
        sweep(scope)


def _parent_order() -> str:
    """Supply comes from a device of the same or an earlier place in the order."""
    rank = " ".join(f"WHEN '{kind}' THEN {place}" for kind, place in _RANKS.items())
    parent = "coalesce(q.kind, t.kind)"
    return (
        f"SELECT s.row, s.parent, {parent} FROM {STAGE} s "
        f"LEFT JOIN {STAGE} q ON q.code = s.parent "
        "LEFT JOIN network_node t ON t.org_id = :org AND t.code = s.parent "
        f"WHERE s.parent IS NOT NULL AND {parent} IS NOT NULL AND "
        f"((CASE {parent} {rank} END) > (CASE s.kind {rank} END) "
        f"OR (s.kind = 'transformer' AND {parent} = 'transformer'))"
    )


_POINT = (
    f"FROM {STAGE} s JOIN customer c ON c.org_id = :org AND c.number = s.customer "
    "LEFT JOIN network_node n ON n.org_id = :org AND n.code = s.transformer "
)
_NOTHING = (
    "s.transformer IS NULL AND NOT EXISTS (SELECT FROM service_point k WHERE k.org_id = :org "
    "AND k.meter = s.meter AND k.transformer_id IS NOT NULL AND NOT {given})"
)
_KM = "111.2 * sqrt(power(p.lat - n.lat, 2) + power((p.lon - n.lon) * cos(radians(p.lat)), 2))"


def _on_nothing(rule: str, condition: str) -> Step:
    """A file without the column leaves a known point on what it hangs on."""

    def step(scope: Scope) -> None:
        nothing = _NOTHING.format(given=str("transformer" in scope.given).lower())
        query = (
            f"SELECT s.row, '', c.voltage {_POINT} "
            f"WHERE NOT s.refused AND {condition} AND {nothing}"
        )
        note(scope, rule, "transformer", query)

    return step


STEPS: dict[str, tuple[Step, ...]] = {
    "regions": (
        found("unknown_centre", "centre", _unknown("centre", "unit", also="AND t.kind = 'centre'")),
        found("unknown_parent", "parent", _unknown_parent("region")),
        doubles,
        tree,
    ),
    "nodes": (
        found(
            "kind_changed",
            "kind",
            f"SELECT s.row, s.code, t.kind FROM {STAGE} s JOIN network_node t "
            "ON t.org_id = :org AND t.code = s.code WHERE t.kind <> s.kind",
        ),
        found("unknown_parent", "parent", _unknown_parent("network_node")),
        doubles,
        found("parent_order", "parent", _parent_order()),
        tree,
    ),
    "premises": (found("unknown_region", "region", _unknown("region", "region")), doubles),
    "customers": (
        doubles,
        found(
            "closed_with_meter",
            "account_state",
            f"SELECT s.row, s.number, min(k.meter) FROM {STAGE} s JOIN customer c "
            "ON c.org_id = :org AND c.number = s.number JOIN service_point k "
            "ON k.org_id = :org AND k.customer_id = c.id WHERE s.account_state = 'closed' "
            "GROUP BY s.row, s.number",
            needs="account_state",
        ),
        found(
            "account_renamed",
            "name_zh",
            f"SELECT s.row, s.name_zh, '' FROM {STAGE} s JOIN customer c "
            "ON c.org_id = :org AND c.number = s.number WHERE c.name_zh <> s.name_zh",
        ),
    ),
    "phones": (
        found("unknown_customer", "customer", _unknown("customer", "customer", "number")),
        doubles,
        found(
            "phone_shared",
            "number",
            f"SELECT min(row), number, count(*) FROM {STAGE} GROUP BY number "
            f"HAVING count(*) >= {SHARED_PHONE}",
        ),
    ),
    "service_points": (
        found("unknown_customer", "customer", _unknown("customer", "customer", "number")),
        found("unknown_premise", "premise", _unknown("premise", "premise")),
        found("unknown_transformer", "transformer", _unknown("transformer", "network_node")),
        found(
            "not_a_transformer",
            "transformer",
            f"SELECT s.row, s.transformer, n.kind {_POINT} WHERE n.kind <> 'transformer' "
            f"AND (c.voltage NOT IN ({_HIGH}) OR n.kind IN ('pole', 'cabinet'))",
        ),
        _on_nothing("high_voltage_on_nothing", f"c.voltage IN ({_HIGH})"),
        doubles,
        _on_nothing("low_voltage_on_nothing", f"c.voltage NOT IN ({_HIGH})"),
        found(
            "meter_moves",
            "meter",
            f"SELECT s.row, s.meter, o.number FROM {STAGE} s JOIN service_point k "
            "ON k.org_id = :org AND k.meter = s.meter JOIN customer o "
            "ON o.org_id = :org AND o.id = k.customer_id WHERE o.number <> s.customer",
        ),
        found(
            "closed_with_meter",
            "customer",
            f"SELECT s.row, s.customer, s.meter {_POINT} WHERE c.account_state = 'closed'",
        ),
        found(
            "far_from_transformer",
            "premise",
            f"SELECT s.row, s.premise, round(({_KM})::numeric, 1) {_POINT} "
            "JOIN premise p ON p.org_id = :org AND p.code = s.premise "
            f"WHERE {_KM} > {FAR_KM}",
        ),
    ),
}
