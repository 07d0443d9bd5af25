"""For whom a step is: the person named where on duty, the next one otherwise, nobody off duty."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.escalation.rules import Chosen, Sides, choose
from dispatch.roster.rules import OnDuty, Person

DESK, CREW, ABOVE = (UUID(int=n) for n in (1, 2, 3))
SIDES = Sides(sender=DESK, receiver=CREW, crew=CREW)
RECIPIENTS = ("sender", "receiver", "crew", "leader_1", "leader_2", "supervisor")


def person(number: int, unit: UUID = CREW, rank: int | None = None, user: int = 0) -> Person:
    user_id = UUID(int=user) if user else None
    return Person(UUID(int=number), unit, f"人{number}", leader_rank=rank, user_id=user_id)


ONE, TWO, THREE = person(11, rank=1), person(12, rank=2), person(13)


def duty(*present: Person, unit: UUID = CREW, on_duty: bool = True, leaders=(ONE, TWO)):
    return {unit: OnDuty(unit, on_duty, always=False, members=present, leaders=tuple(leaders))}


def test_a_leader_on_duty_is_told():
    assert choose("leader_1", SIDES, duty(ONE, TWO), ()) == Chosen(CREW, ONE)
    assert choose("leader_2", SIDES, duty(ONE, TWO), ()) == Chosen(CREW, TWO)


def test_who_is_off_duty_has_a_stand_in():
    assert choose("leader_1", SIDES, duty(TWO, THREE), ()) == Chosen(CREW, TWO, instead=True)
    assert choose("leader_2", SIDES, duty(THREE), ()) == Chosen(CREW, THREE, instead=True)


def test_nobody_stands_in_twice_but_the_person_named_is_told_again():
    found = choose("leader_1", SIDES, duty(TWO, THREE), (), told={TWO.id})
    assert found == Chosen(CREW, THREE, instead=True)
    assert choose("leader_1", SIDES, duty(TWO), (), told={TWO.id}) is None
    assert choose("leader_2", SIDES, duty(TWO), (), told={TWO.id}) == Chosen(CREW, TWO)


def test_leaders_of_the_unit_above_answer_where_the_crew_has_none():
    chief = person(21, ABOVE, rank=1)
    roster = duty(THREE, leaders=(chief,)) | duty(chief, unit=ABOVE)
    assert choose("leader_1", SIDES, roster, ()) == Chosen(ABOVE, chief)
    off = duty(THREE, leaders=(chief,)) | duty(unit=ABOVE, on_duty=False)
    assert choose("leader_1", SIDES, off, ()) == Chosen(CREW, THREE, instead=True)


def test_whoever_sent_it_is_told_else_the_next_at_that_desk():
    me, other = person(31, DESK, user=7), person(32, DESK, user=8)
    mine = Sides(DESK, CREW, CREW, sender_user=me.user_id)
    assert choose("sender", mine, duty(other, me, unit=DESK), ()) == Chosen(DESK, me)
    assert choose("sender", mine, duty(other, unit=DESK), ()) == Chosen(DESK, other, instead=True)
    assert choose("sender", SIDES, duty(unit=DESK), ()) == Chosen(DESK, None)


def test_a_unit_that_is_off_duty_or_missing_is_nobody():
    assert choose("receiver", SIDES, duty(on_duty=False), ()) is None
    assert choose("crew", Sides(DESK, CREW, None), duty(ONE), ()) is None


def test_a_supervisor_who_was_not_told_comes_first():
    first, second = Chosen(DESK, ONE), Chosen(DESK, TWO)
    assert choose("supervisor", SIDES, {}, (first, second)) == first
    assert choose("supervisor", SIDES, {}, (first, second), told={ONE.id}) == second
    assert choose("supervisor", SIDES, {}, (first,), told={ONE.id}) == first
    assert choose("supervisor", SIDES, {}, ()) is None


@given(
    st.sampled_from([one for one in RECIPIENTS if one != "supervisor"]),
    st.sets(st.sampled_from([ONE, TWO, THREE])),
    st.sets(st.sampled_from([ONE.id, TWO.id, THREE.id])),
    st.booleans(),
)
def test_nobody_off_duty_is_ever_told(recipient, present, told, open_):
    here = tuple(sorted(present, key=lambda one: one.id)) if open_ else ()
    roster = duty(*here, on_duty=open_) | duty(unit=DESK, on_duty=False)
    found = choose(recipient, SIDES, roster, (), told)
    if found is not None and found.person is not None:
        assert found.person in here
    if recipient == "sender" or not open_:
        assert found is None


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_every_recipient_of_a_policy_is_known_here(recipient):
    choose(recipient, SIDES, duty(ONE), ())
