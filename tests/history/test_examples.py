"""The map files in docs/examples against the real records that they are for."""

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.db import read_session
from dispatch.history.mapping import load_map
from dispatch.history.service import import_history
from dispatch.orders.models import Assignment, Order, Stamp
from tests.history.organisations import make_organisation

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HEAD = 1500
SETS = [
    ("pge_outages_2019", "pge_outages/dev_2019_08_outages.csv.gz", {"A", "D", "G", "H"}),
    ("pge_outages_2019", "pge_outages/dev_2019_11_outages.csv.gz", {"A", "D", "G", "H"}),
    ("pge_outages_2024", "pge_outages/dev_2024_03_outages.csv.gz", {"A", "C", "G", "H"}),
    (
        "sf_fire_calls",
        "sf_fire_calls/dev_2016-12-31_2017-01-07.csv.gz",
        {"A", "B", "D", "G", "H", "closed"},
    ),
    (
        "lancaster",
        "lancaster_county_rural_fire/dev_2010_2017.csv.gz",
        {"D", "G", "H", "closed"},
    ),
    ("boone", "boone_mo_ems/dev_2016.csv.gz", {"A", "D", "G", "H", "closed"}),
    ("baltimore_311", "baltimore_311/dev_sample.csv.gz", {"A", "closed"}),
]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_loads(path):
    load_map(path)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "file", "points"), SETS, ids=[one[1] for one in SETS])
def test_an_example_reads_its_real_file(database, shared, tmp_path, name, file, points):
    org = make_organisation()
    with gzip.open(shared / "data" / file, "rt", encoding="utf-8", newline="") as source:
        records = list(islice(csv.reader(source), HEAD + 1))
    head = tmp_path / "head.csv"
    with head.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(records)
    number = records[0].index(load_map(EXAMPLES / f"{name}.toml")[0].order.number)
    result = import_history(head, EXAMPLES / f"{name}.toml", org)
    rules = []
    if result.rejected:
        with result.rejects.open(encoding="utf-8", newline="") as handle:
            rules = [row["reject_rule"] for row in csv.DictReader(handle)]
    assert set(rules) <= ({"no_time"} if name == "lancaster" else set())
    with read_session() as session:
        assert set(session.scalars(select(Stamp.point).distinct())) == points
        numbers = set(session.scalars(select(Order.number)))
        assignments = session.scalar(select(func.count()).select_from(Assignment))
    assert assignments == result.assignments
    written = {record[number] for record in records[1:]}
    assert numbers <= written
    assert len(written) - len(numbers) <= result.rejected


@pytest.mark.shared
def test_the_year_19_is_refused_and_nothing_else(database, shared, tmp_path):
    org = make_organisation()
    file = shared / "data" / SETS[0][1]
    rejects = tmp_path / "rejects.csv"
    result = import_history(file, EXAMPLES / "pge_outages_2019.toml", org, rejects=rejects)
    assert (result.rows, result.orders, result.rejected) == (18783, 18782, 1)
    with rejects.open(encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert (row["reject_rule"], row["reject_field"]) == ("time_range", "outage_start")
    assert (row["reject_row"], row["outage_start"][:4]) == ("7394", "0019")
