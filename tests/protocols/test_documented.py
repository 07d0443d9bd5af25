"""The protocol that docs/protocols.md adds from nothing is one."""

import re
import sys
from types import ModuleType

import pytest

from gps.decode import decoded
from gps.protocols.registry import PROTOCOLS
from tests.harness import ROOT
from tests.protocols.stream import talk

TEXT = (ROOT / "docs/protocols.md").read_text()
CODE = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
LINE = "#P,7,260301040506,A,31.2304,121.4737,36.5*28"


def run(code: str, name: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(code, name, "exec"), module.__dict__)
    return module


def test_the_example_works(monkeypatch: pytest.MonkeyPatch) -> None:
    protocol, tests = CODE
    beacon = run(protocol, "gps.protocols.beacon")
    monkeypatch.setitem(sys.modules, "gps.protocols.beacon", beacon)
    found = [one for name, one in vars(run(tests, "beacon")).items() if name.startswith("test_")]
    assert len(found) == 2
    for test in found:
        test()
    assert LINE in TEXT
    (told,) = decoded(beacon.WIRE, [LINE], talk())
    assert told["error"] is None
    assert told["positions"][0]["time"] == "2026-03-01T04:05:06Z"
    assert bytes.fromhex(told["response_hex"]) == b"#OK\n"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_has_a_section(name: str) -> None:
    (port,) = re.findall(rf"^## .* · `{name}` · port (\d+)$", TEXT, re.MULTILINE)
    assert int(port) == PROTOCOLS[name].port
