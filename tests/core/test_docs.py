"""The documents say what the product does: events, rights, problems."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import api
import core
import dispatch
import sla
import telephony
from core.errors import Conflict, Problem
from core.events import REGISTRY
from core.rights import Right, Role, rights_of
from tests.api.rights import LIVE, TABLE

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
ROLES = dict(zip("ALDCSM", Role, strict=True))


def table(file: str) -> dict[str, list[str]]:
    """First cell (a code) → the other cells, of every table of a document."""
    text = (DOCS / file).read_text(encoding="utf-8")
    return {name: cells.split(" | ") for name, cells in ROW.findall(text)}


def test_every_event_type_is_described_with_its_payload() -> None:
    described = {name: cells for name, cells in table("events.md").items() if "." in name}
    assert set(described) == set(REGISTRY)
    for name, cls in REGISTRY.items():
        payload, words = described[name][0], described[name][-1]
        assert re.findall(r"`(\w+)`", payload) == [one.name for one in fields(cls)]  # type: ignore[arg-type]
        assert len(words) > 15


def test_the_rights_of_each_role_are_described() -> None:
    described = table("rights.md")
    for right in Right:
        cells = ["yes" if right in rights_of(role) else "–" for role in Role]
        assert described[right.value] == cells, right


def test_every_route_and_topic_is_described_with_who_may() -> None:
    described = table("rights.md")
    specified = {**TABLE, **{f"live {topic}": cells for topic, cells in LIVE.items()}}
    rows = {name for name in described if name.startswith(("GET ", "POST ", "live "))}
    assert rows == set(specified)
    for name, letters in specified.items():
        assert described[name] == ["yes" if one in letters else "–" for one in ROLES], name


# What only the command line says, to the person who typed it.
AT_THE_TERMINAL = (
    "api.cli",
    "api.demo.headless",
    "core.engines",
    "core.settings",
    "dispatch.directory",
    "dispatch.history",
    "sla.policy",
)


def problems() -> Iterator[type[Problem]]:
    for package in (api, core, dispatch, sla, telephony):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)
    waiting = [Problem]
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if cls not in (Problem, Conflict) and not cls.__module__.startswith(AT_THE_TERMINAL):
            yield cls


def test_every_problem_is_described_and_speaks_both_languages() -> None:
    described = table("api.md")
    found = list(problems())
    assert len(found) > 15
    for cls in found:
        assert cls.code in described, cls
        assert cls.code == "http" or str(cls.status) == described[cls.code][0], cls
        assert re.search(r"[\u4e00-\u9fff]", cls.zh), cls
        assert not re.search(r"[\u4e00-\u9fff]", cls.en), cls
        assert set(re.findall(r"\{(\w+)\}", cls.zh.replace("_zh", ""))) == set(
            re.findall(r"\{(\w+)\}", cls.en.replace("_en", ""))
        ), cls


@pytest.mark.parametrize("file", ["api.md", "events.md", "rights.md"])
def test_links_lead_somewhere(file: str) -> None:
    text = (DOCS / file).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (DOCS / target).exists(), target
