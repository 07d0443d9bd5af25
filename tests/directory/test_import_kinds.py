"""Each kind comes in, a second time changes nothing, and what differs is changed."""

from pathlib import Path

import pytest

from core.db import session_factory
from core.eventlog import read_streams
from dispatch.directory.imports.kinds import CODES
from dispatch.starter import ORG_ID
from tests.directory.imports import (
    CUSTOMERS,
    EVERY,
    bring,
    bring_all,
    counts,
    directory,
    findings,
    write_csv,
)


def test_a_town_comes_in(organisation: int, tmp_path: Path) -> None:
    runs = bring_all(tmp_path)
    assert {kind: (run.state, findings(run)) for kind, run in runs.items()} == {
        kind: ("done", []) for kind in CODES
    }
    town = directory()
    nodes = {row["code"]: row for row in town["network_node"]}
    assert nodes["T1"]["parent_id"] == nodes["S1"]["id"]
    regions = {row["code"]: row for row in town["region"]}
    assert regions["110105001"]["parent_id"] == regions["110105"]["id"]
    assert regions["110105001"]["name_en"] == "建外街道"
    customers = {row["number"]: row for row in town["customer"]}
    assert customers["1001"]["voltage"] == "0.4"
    assert customers["1002"]["importance"] == "first"
    phones = {row["number"]: row["used_by"] for row in town["customer_phone"]}
    assert phones == {"+8613800000001": "owner", "+861065000002": "duty_room"}
    points = {row["meter"]: row for row in town["service_point"]}
    assert points["M2"]["transformer_id"] == nodes["F1"]["id"]


def test_the_same_files_again_change_nothing(organisation: int, tmp_path: Path) -> None:
    bring_all(tmp_path)
    before = directory()
    again = bring_all(tmp_path)
    assert {kind: counts(run) for kind, run in again.items()} == {
        kind: {"rows": len(rows) - 1, "same": len(rows) - 1} for kind, rows in EVERY.items()
    }
    assert directory() == before


def test_what_differs_is_changed_and_what_is_not_told_stays(
    organisation: int, tmp_path: Path
) -> None:
    bring_all(tmp_path)
    rows = [("户号", "户名", "账户状态"), ("1001", "张三", "欠费"), ("1002", "第一医院", "")]
    run = bring("customers", write_csv(tmp_path / "states.csv", rows))
    assert counts(run) == {"rows": 2, "changed": 1, "same": 1}
    customers = {row["number"]: row for row in directory()["customer"]}
    assert customers["1001"]["account_state"] == "in_arrears"
    assert customers["1001"]["contract_kva"] == 8
    assert customers["1002"]["importance"] == "first"


@pytest.mark.parametrize("kind", CODES)
def test_a_dry_run_counts_alike_and_writes_nothing(
    organisation: int, tmp_path: Path, kind: str
) -> None:
    bring_all(tmp_path, leave_out=kind)
    before = directory()
    path = write_csv(tmp_path / "file.csv", EVERY[kind])
    tried = bring(kind, path, dry_run=True)
    assert directory() == before
    assert (
        counts(tried)
        == counts(bring(kind, path))
        == {
            "rows": len(EVERY[kind]) - 1,
            "added": len(EVERY[kind]) - 1,
        }
    )


def test_the_log_tells_of_the_import_without_names(organisation: int, tmp_path: Path) -> None:
    bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS), dry_run=True)
    run = bring("customers", write_csv(tmp_path / "c.csv", CUSTOMERS))
    with session_factory()() as session:
        streams = list(read_streams(session, ORG_ID, ["directory"]))
    assert [(stream_id, [row.type for row in rows]) for _, stream_id, rows in streams] == [
        (run.id, ["directory.import_began", "directory.imported"])
    ]
    told = streams[0][2][-1].payload
    assert (told["kind"], told["outcome"], told["added"]) == ("customers", "done", 2)
    assert "张三" not in str(streams)
