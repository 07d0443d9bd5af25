"""A loop that fails at each try is told of once a minute, with what was left out."""

from structlog.testing import capture_logs

from core import trouble
from core.logging import logger
from core.trouble import Trouble


def test_each_kind_is_told_once_a_minute(monkeypatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(trouble, "monotonic", lambda: moment[0])
    loop = Trouble(logger("test"), "loop_failed", loop="serve")
    with capture_logs() as lines:
        for second in range(150):
            moment[0] = float(second)
            loop.failed(ConnectionRefusedError("nobody there\nat all"))
        loop.failed(ValueError("planted"))
    told = [(line["error"], line["before"]) for line in lines]
    assert told == [
        ("ConnectionRefusedError: nobody there", 0),
        ("ConnectionRefusedError: nobody there", 59),
        ("ConnectionRefusedError: nobody there", 59),
        ("ValueError: planted", 29),
    ]
    assert [line["exc_info"] is not None for line in lines] == [False, False, False, True]
    assert {line["loop"] for line in lines} == {"serve"}
