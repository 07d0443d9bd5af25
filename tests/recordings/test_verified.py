"""`paidan verify` of recordings: what the row says and the facts do not is named."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from core.db import session_factory
from core.ids import new_id
from telephony.recordings import listening
from telephony.recordings.models import Recording, RecordingAccess
from tests.office import user_id
from tests.recordings.studio import Studio

SID = "RE" + "b" * 32
Plant = Callable[[Recording, Any], Any]


@pytest.fixture
def studio(organisation: int) -> Studio:
    return Studio(organisation)


def heard(studio: Studio) -> Recording:
    """A conversation that somebody keeps and has listened to."""
    tape = studio.recorded()
    with studio.work(user_id("supervisor")) as uow:
        listening.listen(uow, tape.id, "complaint", conversations=True)
        listening.keep(uow, tape.id, "案卷 7")
    return tape


def set_to(**values: Any) -> Plant:
    return lambda tape, _who: update(Recording).where(Recording.id == tape.id).values(**values)


def without_access(tape: Recording, _who: Any) -> Any:
    return delete(RecordingAccess).where(RecordingAccess.recording_id == tape.id)


def with_another_access(tape: Recording, who: Any) -> Any:
    return insert(RecordingAccess).values(
        org_id=tape.org_id, id=new_id(), recording_id=tape.id, user_id=who, at=tape.begun_at,
        reason="complaint",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "field"),
    [
        (set_to(state="deleted"), "state"),
        (set_to(seconds=3), "seconds"),
        (set_to(kept_by=None), "kept_by"),
        (set_to(gone_why="person"), "gone_why"),
        (set_to(basis="agreed"), "basis"),
        (without_access, "heard"),
        (with_another_access, "heard"),
    ],
)
def test_a_row_that_was_changed_beside_the_facts_is_named(
    studio: Studio, plant: Plant, field: str
) -> None:
    tape = heard(studio)
    assert studio.findings() == []
    with session_factory()() as session:
        session.execute(plant(tape, user_id("agent")))
        session.commit()
    (finding,) = studio.findings()
    assert finding.startswith(f"recording {tape.id}.{field}:")


def test_a_recording_without_facts_is_named(studio: Studio) -> None:
    tape = studio.recorded()
    row = {name: getattr(tape, name) for name in Recording.__table__.columns.keys()}  # noqa: SIM118
    with session_factory()() as session:
        session.execute(insert(Recording).values(row | {"id": new_id(), "carrier_recording": None}))
        session.commit()
    assert studio.findings() == ["recording: 1 rows have no events"]


def test_what_the_carrier_records_without_being_asked_has_facts_too(studio: Studio) -> None:
    _, call_id = studio.talking()
    studio.tells(call_id, SID, "failed")
    assert studio.findings() == []
    studio.tells(call_id, SID, "completed", recording_s=7)
    studio.tells(call_id, SID, "completed", recording_s=9)
    tape = studio.tape(call_id)
    assert (tape.state, tape.seconds) == ("ready", 9)
    assert studio.findings() == []
