"""`paidan sla policies` on a database in which nobody has begun yet."""

import json

import pytest

from api.cli import main
from sla.documents import policy_names

pytestmark = pytest.mark.usefixtures("database")


def test_what_comes_with_paidan_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sla", "policies", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["code"] for one in found} == {name.split("@")[0] for name in policy_names()}
    assert main(["sla", "policies", "show", "beijing"]) == 0
    assert main(["sla", "policies", "calendars"]) == 0
    assert "china" in capsys.readouterr().out


def test_keeping_something_needs_an_organisation(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    main(["sla", "policies", "show", "beijing"])
    file = tmp_path_factory.mktemp("own") / "beijing.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["sla", "policies", "import", str(file)]) != 0
    assert "--org" in capsys.readouterr().err
    assert main(["sla", "policies", "--org", "nobody"]) != 0
