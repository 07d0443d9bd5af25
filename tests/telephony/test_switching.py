"""The rhythm of the switchboard: at once where one caller comes, in turns where many do."""

from hypothesis import given
from hypothesis import strategies as st

from api.switching import CREDIT_S, Credit

TURNS = st.lists(
    st.tuples(st.floats(0.0, 2.0), st.floats(0.001, CREDIT_S)), min_size=1, max_size=60
)


def test_what_comes_alone_is_followed_by_no_rest() -> None:
    credit = Credit(0.0)
    assert credit.spent(10.0, 10.04) == 0.0
    assert credit.spent(10.05, 10.09) == 0.0


@given(st.floats(0.01, 0.2))
def test_on_and_on_it_rests_as_long_as_it_works(turn_s: float) -> None:
    credit, at, worked = Credit(0.0), 0.0, 0.0
    for _ in range(200):
        rest = credit.spent(at, at + turn_s)
        at, worked = at + turn_s + rest, worked + turn_s
    assert worked - CREDIT_S - turn_s <= at / 2 <= worked


@given(TURNS)
def test_it_never_rests_long_and_never_works_more_than_its_share(
    turns: list[tuple[float, float]],
) -> None:
    credit, at, worked, idle = Credit(0.0), 0.0, 0.0, 0.0
    for pause, turn in turns:
        at, idle = at + pause, idle + pause
        rest = credit.spent(at, at + turn)
        assert 0.0 <= rest <= CREDIT_S
        at, idle, worked = at + turn + rest, idle + rest, worked + turn
        assert worked <= idle + CREDIT_S + len(turns) * 1e-9
