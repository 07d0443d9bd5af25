"""The report that the README shows is the one that its commands print."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboards.report_cli import app
from dispatch.history.service import import_history
from tests.history.organisations import make_organisation

ROOT = Path(__file__).resolve().parents[2]
FILE = "data/sf_fire_calls/dev_2016-12-31_2017-01-07.csv.gz"


@pytest.mark.shared
def test_the_readme_shows_true_figures(database, shared, tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (words,) = re.findall(r"paidan report (segments (?:.*\\\n)*.*)", readme)
    shown = re.findall(r"^ (?:[A-Z]{2} .*\d%.*)$", readme, re.MULTILINE)
    assert len(shown) == 4
    import_history(
        shared / FILE,
        ROOT / "docs/examples/sf_fire_calls.toml",
        make_organisation(),
        rejects=tmp_path / "rejects.csv",
    )
    printed = CliRunner().invoke(app, words.replace("\\\n", " ").split())
    assert printed.exception is None, printed.exception
    lines = [line.rstrip() for line in printed.stdout.splitlines()]
    assert [line for line in shown if line not in lines] == []
