"""A hall whose conversations are recorded: what the carrier does and tells is said by hand."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.verify import verify
from core.db import read_session
from core.eventlog import read_stream
from core.ids import new_id
from telephony import service, settling, telling
from telephony.command_models import CarrierCommand
from telephony.recordings import recorder
from telephony.recordings.models import Recording
from tests.office import query
from tests.switchboard.hall import Hall


class Studio(Hall):
    """Calls with a consent, commands of the recorder, reports of recordings."""

    def consents(self, call_id: UUID, basis: str = "announced") -> None:
        with self.work() as uow:
            telling.decided(uow, call_id, "consent", f"{basis}:{new_id()}", basis=basis)

    def spoken(self, basis: str | None = "announced") -> tuple[UUID, UUID]:
        """An agent who speaks with a caller who was told, asked, or neither: (agent, call)."""
        agent, call_id = self.talking()
        if basis is not None:
            self.consents(call_id, basis)
        return agent, call_id

    def records(self) -> int:
        """Turns of the recorder until nothing is to do."""
        done = 0
        while more := recorder.turn(self.org_id, self.clock):
            done += more
        return done

    def acts(self, call_id: UUID) -> list[str]:
        """What the carrier was asked for, in order."""
        return [one.params["act"] for one in self.asked("record", call_id)]

    def waiting(self) -> list[CarrierCommand]:
        wanted = select(CarrierCommand).where(
            CarrierCommand.org_id == self.org_id,
            CarrierCommand.purpose == "recording",
            CarrierCommand.state == "waiting",
        )
        return query(lambda session: list(session.scalars(wanted)))

    def answers(self, state: str = "done", ref: str = "", code: str = "") -> None:
        """The carrier did what it was asked for, or would not."""
        for one in self.waiting():
            with self.work() as uow:
                row = uow.session.get_one(CarrierCommand, (self.org_id, one.id))
                if state == "done":
                    settling.done(uow, row, "twilio", ref)
                else:
                    settling.end(uow, row, state, code)

    def tells(self, call_id: UUID, recording: str, event: str, **more: Any) -> None:
        """The carrier tells of a recording of the caller's telephone."""
        told = {"recorded": "conversation", **more}
        sid = self.numbers[call_id]
        service.receive(
            self.event(
                "recording", sid, "", event=event, recording=recording, leg_id=call_id, **told
            )
        )

    def recorded(self, seconds: int = 61, sid: str = "") -> Recording:
        """A conversation that is over and can be heard."""
        _, call_id = self.spoken()
        self.records()
        sid = sid or f"RE{new_id().hex}"
        self.answers(ref=sid)
        self.records()
        self.ends(call_id)
        self.tells(call_id, sid, "completed", recording_s=seconds, recording_at=self.clock)
        return self.tape(call_id)

    def message(self, sid: str = "") -> Recording:
        """A caller has left a message and hung up."""
        call_id = self.caller()
        sid = sid or f"RE{new_id().hex}"
        self.tells(call_id, sid, "completed", recording_s=12, recorded="message")
        self.ends(call_id)
        return self.tape(call_id)

    def tapes(self, call_id: UUID) -> list[Recording]:
        wanted = select(Recording).where(Recording.call_id == call_id).order_by(Recording.id)
        return query(lambda session: list(session.scalars(wanted)))

    def tape(self, call_id: UUID) -> Recording:
        [found] = self.tapes(call_id)
        return found

    def facts(self, recording_id: UUID) -> list[str]:
        def read(session: Any) -> Iterable[Any]:
            return read_stream(session, self.org_id, "recording", recording_id)

        return [one.payload.TYPE.partition(".")[2] for one in query(lambda s: list(read(s)))]

    def findings(self) -> list[str]:
        """What `paidan verify` has to say of recordings."""
        with read_session() as session:
            return [one for one in verify(session, self.org_id) if one.startswith("recording")]

    def days(self, count: float) -> None:
        self.clock += timedelta(days=count)
