"""Real divisions and circuits, as others wrote them down: what comes in, and what is named."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from core.db import session_factory
from tests.directory.imports import bring, counts, directory, findings, write_csv

pytestmark = pytest.mark.shared


def rows_of(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    return list(csv.DictReader(content.decode("utf-8").splitlines()))


def test_beijing_comes_in_as_it_is(organisation: int, shared: Path, tmp_path: Path) -> None:
    """Districts with outlines, streets below them, communities below those: by own headers."""
    folder = shared / "data" / "beijing_divisions"
    features = json.loads((folder / "districts_wgs84.geojson").read_text(encoding="utf-8"))[
        "features"
    ]
    districts = [("code", "name", "outline")]
    districts += [
        (one["properties"]["code"], one["properties"]["name"], json.dumps(one["geometry"]))
        for one in features
    ]
    run = bring("regions", write_csv(tmp_path / "districts.csv", districts))
    assert counts(run) == {"rows": 16, "added": 16, "warned": 1}
    [(row, field, rule)] = findings(run)
    assert (districts[row - 1][1], field, rule) == ("顺义区", "outline", "outline_mended")
    run = bring("regions", folder / "streets.csv")
    assert counts(run) == {"rows": 349, "added": 349}
    assert run.ignored == ["district", "pinyin", "initials"]
    communities = [("code", "parent", "name")]
    communities += [
        (one["code"], one["street_code"], one["name"])
        for one in rows_of(folder / "communities.csv.gz")
    ]
    run = bring("regions", write_csv(tmp_path / "communities.csv", communities))
    assert counts(run) == {"rows": 7535, "added": 7535}
    with session_factory()() as session:
        depth = session.scalar(
            text(
                "SELECT count(*) FROM region c JOIN region s ON s.id = c.parent_id "
                "JOIN region d ON d.id = s.parent_id WHERE d.outline IS NOT NULL"
            )
        )
    assert depth == 7535


@pytest.mark.parametrize(
    ("circuit", "buses", "customers"), [("ckt5", 2998, 1379), ("ckt7", 1255, 906)]
)
def test_a_circuit_and_its_customers(
    organisation: int, shared: Path, tmp_path: Path, circuit: str, buses: int, customers: int
) -> None:
    """Every bus becomes a device; low-voltage lines below transformers are passed over."""
    folder = shared / "data" / "epri_feeders"
    nodes = rows_of(folder / f"dev_{circuit}_nodes.csv.gz")
    loads = rows_of(folder / f"dev_{circuit}_customers.csv.gz")
    serving = {one["transformer_bus"] for one in loads}
    kept = {one["bus"]: one for one in nodes}

    def above(bus: str) -> str:
        """The next device upwards that is no low-voltage line."""
        parent = kept[bus]["parent_bus"]
        while parent in serving:
            parent = kept[parent]["parent_bus"]
        return parent

    table = [("code", "type", "parent", "name")]
    for one in nodes:
        bus = one["bus"]
        kind = "transformer" if bus in serving else "section" if one["parent_bus"] else "substation"
        table.append((bus, kind, above(bus) if one["parent_bus"] else "", bus))
    run = bring("nodes", write_csv(tmp_path / "nodes.csv", [table[0], *reversed(table[1:])]))
    assert (run.rows, run.added, run.rejected) == (buses, buses, 0), findings(run)[:5]
    bring("regions", write_csv(tmp_path / "r.csv", [("code", "name"), ("R", "区")]))
    numbers = [f"{circuit}-{place}" for place in range(len(loads))]
    for kind, rows in (
        ("premises", [("code", "region", "address"), *((n, "R", n) for n in numbers)]),
        ("customers", [("account", "name", "voltage"), *((n, n, "0.4") for n in numbers)]),
        (
            "service_points",
            [
                ("meter", "account", "premise", "transformer"),
                *((n, n, n, one["transformer_bus"]) for n, one in zip(numbers, loads, strict=True)),
            ],
        ),
    ):
        run = bring(kind, write_csv(tmp_path / f"{kind}.csv", rows))
        assert counts(run) == {"rows": customers, "added": customers}
    on = {row["transformer_id"] for row in directory()["service_point"]}
    assert len(on) == len(serving)
