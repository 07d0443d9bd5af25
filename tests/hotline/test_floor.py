"""A hotline at work with a carrier that loses, repeats and delays: the real product, judged."""

import pytest

from bench.hotline import run
from tests.hotline.floor import Wish


@pytest.mark.timeout(240)  # it starts all of Paidan and the carrier
def test_every_call_of_a_chaotic_hotline_has_one_end_and_nobody_is_forgotten() -> None:
    found = run(Wish(calls=12, agents=5, over_s=40, talk_s=(10, 30), speed=4))
    assert found["faults"] == {}
    assert found["calls"] == 12
    assert sum(found["outcomes"].values()) == 12
    assert found["outcomes"].get("answered", 0) > 0
    assert found["pop_ms"]["count"] == 12, "each call is at a screen"
