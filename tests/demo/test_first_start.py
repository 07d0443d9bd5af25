"""The clock of a first start: it has a past, catches up in time, and spares a busy machine."""

from datetime import timedelta

import pytest

from api.demo.first_start import BUSY, CATCH_UP, past_of, speed_for
from core.clock import Pace, real_now


@pytest.mark.parametrize("load", [0.1, BUSY, 20.0])
def test_it_has_caught_up_after_the_time_that_is_told(load: float) -> None:
    real, speed = real_now(), speed_for(load)
    pace = Pace(real - past_of(speed), real, speed, catch_up=True)
    assert pace.meets_in(real) == pytest.approx(CATCH_UP.total_seconds())
    assert past_of(speed) >= timedelta(minutes=20)


def test_a_busy_machine_lives_more_slowly() -> None:
    assert speed_for(20.0) < speed_for(0.1)
