"""Which protocols the settings ask for."""

from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings, WrongSetting
from gps.listeners import listeners
from gps.protocols.registry import PROTOCOLS


def found(text: str, **more: Any) -> list[tuple[str, int]]:
    own = Settings(gps_protocols=text, port=8700, **more)
    return [(one.speaks.name, one.port) for one in listeners(own)]


def test_names_have_their_usual_ports_or_others() -> None:
    assert found("") == []
    told = " gt06, Teltonika:6000,osmand ,"
    assert found(told) == [("gt06", 5023), ("teltonika", 6000), ("osmand", 5055)]


def test_all_protocols_may_stand_together() -> None:
    names = [name for name in PROTOCOLS if name != "jt808"]
    assert [name for name, _ in found(",".join(names))] == names


@pytest.mark.parametrize(
    "text",
    [
        "jt808",
        "gt07",
        "gt06:0",
        "gt06:70000",
        "gt06:x",
        "gt06 h02",
        "gt06:8700",
        "gt06:8701",
        "gt06:6000, h02:6000",
        "gt06+ssl",
        "gt06:٥٠٢٣",
    ],
)
def test_what_cannot_be_is_named(text: str) -> None:
    with pytest.raises(WrongSetting, match="PAIDAN_GPS_PROTOCOLS"):
        found(text)


def test_tls_needs_certificate_and_key(tmp_path: Path) -> None:
    nothing = tmp_path / "none.pem"
    for text, more in (
        ("gt06+tls", {}),
        ("", {"gps_tls_certificate": nothing}),
        ("", {"gps_tls_key": nothing}),
        ("gt06", {"gps_tls_certificate": nothing, "gps_tls_key": nothing}),
    ):
        with pytest.raises(WrongSetting, match="PAIDAN_GPS_TLS"):
            found(text, **more)
