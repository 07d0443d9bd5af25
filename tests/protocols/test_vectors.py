"""Captured messages of real devices decode as a peer decodes them, or the difference is listed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gps.decode import decoded
from gps.protocols.registry import PROTOCOLS
from gps.protocols.seam import Conversation
from tests.protocols.listed import DIFFERENCES
from tests.protocols.vectors import Method, differences, line_of, methods, sound

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def told(protocol: str, method: Method) -> list[dict[str, Any]]:
    """What we make of the messages of one connection."""
    conversation = Conversation(lambda: AT)
    found = []
    for one in method.vectors:
        state = one.get("state") or {}
        conversation.model = state.get("model_override") or ""
        conversation.extended = bool(state.get("extended"))
        found += decoded(PROTOCOLS[protocol], [line_of(one)], conversation)
    return found


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_devices_have_sent_means_the_same(protocol: str) -> None:
    unlike = {}
    for method in methods(protocol):
        for vector, mine in zip(method.vectors, told(protocol, method), strict=True):
            if not sound(vector):
                assert mine["error"], f"{vector['id']}: broken, and not refused"
            elif found := differences(vector, mine):
                unlike[vector["id"]] = found
    listed = {one for one in DIFFERENCES if one.startswith(f"{protocol_of(protocol)}/")}
    assert {key: why for key, why in unlike.items() if key not in listed} == {}
    assert listed <= unlike.keys(), "what is listed as different is the same"


def protocol_of(name: str) -> str:
    """The word by which the messages are filed."""
    return {"nmea": "t55_nmea"}.get(name, name)
