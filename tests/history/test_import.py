"""Importing a file: rejects, idempotence, resumption after a kill, what stands afterwards."""

import csv
import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core.db import read_session
from core.errors import InvalidField
from core.eventlog import recorded
from core.models import Event
from dispatch.history.mapping import MapInvalid
from dispatch.history.models import HistoryName
from dispatch.history.reading import FileUnreadable
from dispatch.history.service import import_history
from dispatch.orders.models import Assignment, Location, Order, Stamp
from dispatch.orders.repository import assignment_state, order_state
from dispatch.orders.rules import evolve_assignment, evolve_order
from tests.history.organisations import make_organisation

MAP = """
[source]
system = "cad"
timezone = "Asia/Shanghai"
[order]
number = "工单号"
centre = "中心"
place = ["地址"]
lat = "lat"
lon = "lon"
[points]
A = "挂机"
B = "派发"
[[assignment]]
unit = "班组"
D = "发出"
H = "到达"
closed = "归档"
"""
HEADER = ["工单号", "中心", "地址", "lat", "lon", "挂机", "派发", "班组", "发出", "到达", "归档"]


def row(number: int, unit: str = "C1", minute: int = 0, **cells: str) -> list[str]:
    times = [f"2024-01-15 0{8 + number // 3600}:{minute + k:02d}:{number % 60:02d}" for k in (0, 1)]
    values = [str(number), "东城", "某街1号", "39.9", "116.4", *times, unit]
    values += [times[1], times[1].replace(" 0", " 1"), ""]
    return [cells.get(name, value) for name, value in zip(HEADER, values, strict=True)]


def write(folder: Path, rows: list[list[str]], name: str = "past.csv", encoding: str = "utf-8"):
    file, mapping = folder / name, folder / "map.toml"
    with file.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle).writerows([HEADER, *rows])
    mapping.write_text(MAP, encoding="utf-8")
    return file, mapping


def counts() -> dict[str, int]:
    tables = {"orders": Order, "assignments": Assignment, "stamps": Stamp, "events": Event}
    with read_session() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.items()
        }


@pytest.fixture
def org(database: str) -> int:
    return make_organisation()


def test_rows_become_orders_assignments_stamps_and_facts(org, tmp_path):
    file, mapping = write(tmp_path, [row(1), row(1, "C2", 2), row(2)])
    result = import_history(file, mapping, org)
    assert (result.rows, result.orders, result.assignments, result.rejected) == (3, 2, 3, 0)
    assert result.differing == 1  # the second row of order 1 has other times
    assert counts() == {"orders": 2, "assignments": 3, "stamps": 4 + 6, "events": 5}
    assert not result.rejects.exists()
    with read_session() as session:
        order = session.scalars(select(Order).where(Order.number == "1")).one()
        assert (order.state, order.system) == ("closed", "cad")
        place = session.get(Location, (org, order.location_id))
        assert place is not None
        assert (place.place, place.lat) == ("某街1号", 39.9)
        names = list(session.scalars(select(HistoryName.name)))
        assert names == ["东城"]
        payloads = str(list(session.scalars(select(Event.payload))))
        assert "某街" not in payloads
        assert "东城" not in payloads


def test_the_rows_are_what_the_facts_add_up_to(org, tmp_path):
    file, mapping = write(tmp_path, [row(n) for n in range(20)])
    import_history(file, mapping, org)
    with read_session() as session:
        orders = {one.id: one for one in session.scalars(select(Order))}
        assignments = {one.id: one for one in session.scalars(select(Assignment))}
        for event in session.scalars(select(Event)):
            if event.stream == "order":
                folded = evolve_order(None, recorded(event))
                assert order_state(orders[event.stream_id], []) == folded
            else:
                folded_one = evolve_assignment(None, recorded(event))
                assert assignment_state(assignments[event.stream_id]) == folded_one


def test_unusable_rows_are_set_aside_with_number_field_and_rule(org, tmp_path):
    rows = [row(1), row(2, 挂机="never"), row(3)[:-1], row(4, 挂机="0019-01-01 00:00:00"), row(5)]
    file, mapping = write(tmp_path, rows)
    result = import_history(file, mapping, org, chunk=2)
    assert (result.orders, result.rejected) == (2, 3)
    with result.rejects.open(encoding="utf-8", newline="") as handle:
        found = list(csv.DictReader(handle))
    assert [(one["reject_row"], one["reject_rule"]) for one in found] == [
        ("3", "time_format"),
        ("4", "column_count"),
        ("5", "time_range"),
    ]
    assert found[0]["reject_field"] == "挂机"
    assert found[0]["工单号"] == "2"


def test_a_second_run_adds_nothing(org, tmp_path):
    file, mapping = write(tmp_path, [row(n) for n in range(10)])
    first = import_history(file, mapping, org)
    before = counts()
    again = import_history(file, mapping, org)
    assert (first.already_done, again.already_done) == (False, True)
    assert counts() == before
    # Comments in the map change nothing; another file with the same orders finds them known.
    mapping.write_text(MAP + "\n# a remark\n", encoding="utf-8")
    assert import_history(file, mapping, org).already_done
    other, _ = write(tmp_path, [row(n) for n in range(12)], "more.csv")
    more = import_history(other, mapping, org)
    assert (more.orders, more.assignments, more.known) == (2, 2, 10)


def test_a_stored_fact_is_not_overwritten(org, tmp_path):
    file, mapping = write(tmp_path, [row(1), row(1, minute=5), row(1)])
    result = import_history(file, mapping, org, chunk=1)
    assert (result.assignments, result.known, result.rejected) == (1, 1, 1)
    assert "differs_from_stored" in result.rejects.read_text(encoding="utf-8")


class Crash(Exception):
    pass


def test_a_broken_import_goes_on_where_it_stopped(org, tmp_path):
    rows = [row(n, 挂机="bad") if n % 7 == 0 else row(n) for n in range(100)]
    file, mapping = write(tmp_path, rows)

    def crash(done: int, _rows: int) -> None:
        if done == 40:
            raise Crash

    with pytest.raises(Crash):
        import_history(file, mapping, org, chunk=10, progress=crash)
    assert counts()["orders"] == 34
    rejects = tmp_path / "past.csv.rejects.csv"
    with rejects.open("a", encoding="utf-8") as handle:
        handle.write("lines whose commit never came\n" * 500)
    result = import_history(file, mapping, org, chunk=10)
    assert result.resumed_from == 40
    assert (result.orders, result.rejected) == (85, 15)
    with rejects.open(encoding="utf-8", newline="") as handle:
        numbers = [int(one["reject_row"]) for one in csv.DictReader(handle)]
    assert numbers == [n + 2 for n in range(100) if n % 7 == 0]


def test_refusals_that_were_not_committed_do_not_stay(org, tmp_path):
    file, mapping = write(tmp_path, [row(n) for n in range(20)])
    rejects = tmp_path / "past.csv.rejects.csv"
    rejects.write_text("from an import that never committed\n", encoding="utf-8")
    assert import_history(file, mapping, org).rejected == 0
    assert not rejects.exists()
    with pytest.raises(InvalidField, match="input file"):
        import_history(file, mapping, org, rejects=file)


def test_a_read_only_folder_gets_no_rejects_file(org, tmp_path, monkeypatch):
    folder, here = tmp_path / "records", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    file, mapping = write(folder, [row(1, 挂机="never")])
    folder.chmod(0o555)
    monkeypatch.chdir(here)
    assert import_history(file, mapping, org).rejects == here / "past.csv.rejects.csv"
    assert sorted(one.name for one in folder.iterdir()) == ["map.toml", "past.csv"]


KILLED = """
import os, signal, sys
from pathlib import Path
from dispatch.history.service import import_history
def die(done, rows):
    if done >= 60:
        os.kill(os.getpid(), signal.SIGKILL)
import_history(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), chunk=20, progress=die)
"""


@pytest.mark.chaos
def test_a_killed_import_loses_and_doubles_nothing(org, tmp_path):
    file, mapping = write(tmp_path, [row(n) for n in range(200)])
    command = [sys.executable, "-c", KILLED, str(file), str(mapping), str(org)]
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=root, env=os.environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert counts()["orders"] == 60
    result = import_history(file, mapping, org, chunk=20)
    assert (result.resumed_from, result.orders, result.assignments) == (60, 200, 200)
    assert counts() == {"orders": 200, "assignments": 200, "stamps": 800, "events": 400}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_recognised(org, tmp_path, encoding):
    file, mapping = write(tmp_path, [row(1)], encoding=encoding)
    assert import_history(file, mapping, org).orders == 1
    with read_session() as session:
        assert session.scalar(select(Location.place)) == "某街1号"


def test_gzip_is_the_same_file(org, tmp_path):
    file, mapping = write(tmp_path, [row(1), row(2)])
    import_history(file, mapping, org)
    packed = tmp_path / "past.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert import_history(packed, mapping, org).already_done


def test_files_that_cannot_be_read_say_so(org, tmp_path):
    file, mapping = write(tmp_path, [row(1)])
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(gzip.compress(file.read_bytes())[:-12])
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    for bad in (torn, empty):
        with pytest.raises(FileUnreadable, match=bad.name):
            import_history(bad, mapping, org)
    mapping.write_text(MAP.replace("到达", "抵达"), encoding="utf-8")
    with pytest.raises(MapInvalid, match=r"assignment\.0\.H"):
        import_history(file, mapping, org)
    assert counts()["events"] == 0


def test_two_organisations_do_not_meet(org, tmp_path):
    file, mapping = write(tmp_path, [row(1)])
    other = make_organisation(2)
    assert import_history(file, mapping, org).orders == 1
    assert import_history(file, mapping, other).orders == 1
    with read_session() as session:
        assert len(set(session.scalars(select(Order.id)))) == 2
        session.execute(text("SELECT 1"))


def test_the_rejects_file_can_be_mended_and_imported(org, tmp_path):
    file, mapping = write(tmp_path, [row(1), row(2, 挂机="never"), row(3)])
    rejects = import_history(file, mapping, org).rejects
    mended = rejects.read_text(encoding="utf-8").replace(",never,", ",2024-01-15 08:00:02,")
    rejects.write_text(mended, encoding="utf-8")
    result = import_history(rejects, mapping, org)
    assert (result.orders, result.rejected) == (1, 0)
    assert counts()["orders"] == 3
