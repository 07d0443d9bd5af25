"""docker-compose.yml names commands and settings that exist."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.cli import app
from api.jobs import queue_of
from api.supervisor import PROCESSES
from api.wiring import JOBS
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"PAIDAN_DB_PASSWORD"}  # compose's own, the password inside both URLs


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_runs_the_processes_of_paidan_up(compose: dict[str, Any]) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    ours = {name: s for name, s in compose["services"].items() if s["image"] == "paidan"}
    assert ours.keys() == {"migrate", *PROCESSES}
    for name, process in PROCESSES.items():
        assert tuple(ours[name]["command"]) == process.words
    for service in ours.values():
        known = commands[service["command"][0]].params
        options = {word for parameter in known for word in parameter.opts}
        assert {word for word in service["command"][1:] if word.startswith("-")} <= options


def test_every_job_has_a_process_and_no_urgent_one_waits_behind_a_long_one() -> None:
    takes = {one.words[-1] for one in PROCESSES.values() if one.words[0] == "worker"}
    assert {queue_of(job) for job in JOBS} == takes
    assert queue_of("notice.send") != queue_of("directory.import")


def test_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    known = {f"PAIDAN_{name.upper()}" for name in Settings.model_fields}
    text = (ROOT / "docker-compose.yml").read_text()
    assert set(re.findall(r"PAIDAN_[A-Z_]+", text)) <= known | SECRETS
    ours = [s["environment"] for s in compose["services"].values() if s["image"] == "paidan"]
    assert all(set(environment) <= known for environment in ours)


def test_processes_wait_for_the_schema(compose: dict[str, Any]) -> None:
    for name in PROCESSES:
        waits = compose["services"][name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"


def test_published_ports_are_the_ones_listened_on(compose: dict[str, Any]) -> None:
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    assert compose["services"]["api"]["ports"] == [f"{settings.port}:{settings.port}"]
    jt808 = settings.port + 1
    assert compose["services"]["gps"]["ports"] == [f"{jt808}:{jt808}"]


def test_compose_itself_agrees() -> None:
    docker = shutil.which("docker")
    if docker is None or _fails([docker, "compose", "version"]):
        pytest.skip("no docker compose on this machine")
    secrets = {"PAIDAN_DB_PASSWORD": "x", "PAIDAN_SECRET_KEY": "x", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [docker, "compose", "config", "-q"], cwd=ROOT, env=secrets, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _fails(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0
