"""The dialler: asks the carrier for what was written down, each wish once, however often it dies.

One dialler works at a time, so that the carrier's limits hold; others stand by and take over when
its connection to the database ends. A try is written down before the carrier is asked; a try whose
end nobody knows is looked up at the carrier before it is made again.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import psycopg

from core.clock import monotonic, real_now
from core.correlation import correlated
from core.db import read_session, session_factory
from core.identity import system_actor
from core.listen import DIAL, listening
from core.logging import logger
from core.trouble import Trouble
from core.uow import UnitOfWork, unit_of_work
from telephony import dialling_repository as repository
from telephony import settling, silence
from telephony.command_models import CarrierCommand
from telephony.commands import MASS
from telephony.dialling_acts import Wish, ask, look_up, wish_of
from telephony.dialling_rules import (
    CREATES,
    UNSURE,
    Next,
    Pace,
    Times,
    Tried,
    after_failure,
    not_found,
    unseen,
)
from telephony.gateway import CarrierFailed, Gateway, Refused, Unsure

AT_ONCE = 16
POLL_S = 0.5
STAND_BY_S = 1.0
LEG_S = 0.25
"""Until it is looked again whether the carrier has told the leg that a command is about."""
LOOKING = timedelta(seconds=60)
BATCH = 100
PROMPT = (
    "redirect", "hang_up", "take_from_queue", "hold", "mode", "remove", "record",
    "delete_recording",
)  # fmt: skip
ABOUT_LEGS = ("redirect", "hang_up", "take_from_queue", "hold", "mode", "remove", "record")
NOT_SET_UP = "not_set_up"
log = logger(__name__)


class Dialler:
    """One dialler. `gateway`: None where no carrier is set up; every command fails then."""

    def __init__(self, gateway: Gateway | None, times: Times | None = None) -> None:
        self.stopping = threading.Event()
        self._gateway = gateway
        self._times = times or Times()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dial")
        self._running: dict[UUID, int] = {}
        self._calls = Pace(gateway.can.calls_per_second if gateway else 1.0)
        self._senders: dict[str, Pace] = {}
        self._silent: set[int] | None = None

    def run(self) -> None:
        """Work until `stopping` is set; a fault is logged, and the loop begins anew."""
        trouble = Trouble(log, "dialler_interrupted")
        while not self.stopping.is_set():
            try:
                self._run_connected()
            except Exception as error:
                trouble.failed(error)
                self.stopping.wait(STAND_BY_S)
        self._pool.shutdown(wait=True)

    def _run_connected(self) -> None:
        with listening(DIAL, name="paidan-dial") as connection:
            while not self.stopping.is_set():
                if _leads(connection):
                    break
                self.stopping.wait(STAND_BY_S)
            while not self.stopping.is_set():
                self.turn()
                for _ in connection.notifies(timeout=self._pause(), stop_after=1):
                    pass

    def turn(self) -> None:
        """Take up what is due."""
        with correlated():
            self._expire()
            self._find_orphans()
            if self._gateway is None:
                self._refuse_all()
                return
            self._take("waiting", PROMPT, self._free())
            self._take(UNSURE, CREATES, self._free())
            self._take_calls()
            self._take_messages(self._gateway)

    def wait_idle(self) -> None:
        """Until nothing is being asked of the carrier."""
        self._pool.shutdown(wait=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="dial")

    def _free(self) -> int:
        return AT_ONCE - len(self._running)

    def _take_calls(self) -> None:
        moment = monotonic()
        taken = self._take("waiting", ("place_call",), self._calls.room(moment))
        self._calls.go(moment, len(taken))

    def _take_messages(self, gateway: Gateway) -> None:
        """What each sender may send; those to thousands leave half of the threads to others."""
        per_second = gateway.can.messages_per_second
        while self._free() > 0:
            moment = monotonic()
            rooms = {number: pace.room(moment) for number, pace in self._senders.items()}
            room = min(
                [one for one in rooms.values() if one], default=Pace(per_second).room(moment)
            )
            masses = sum(priority >= MASS for priority in list(self._running.values()))
            for_masses = AT_ONCE // 2 - masses
            taken = self._take(
                "waiting",
                ("send_message",),
                min(room, for_masses) if for_masses > 0 else room,
                spent=[number for number, room in rooms.items() if room == 0],
                below=None if for_masses > 0 else MASS,
            )
            if not taken:
                return
            for sender, count in Counter(taken).items():
                self._senders.setdefault(sender, Pace(per_second)).go(moment, count)

    def _take(
        self,
        state: str,
        kinds: Sequence[str],
        limit: int,
        *,
        spent: Iterable[str] = (),
        below: int | None = None,
    ) -> list[str]:
        """Write the tries of commands that are due, then begin them; the numbers they come from."""
        if limit <= 0:
            return []
        real = real_now()
        wishes: list[Wish] = []
        legless: list[tuple[int, UUID]] = []
        with session_factory()() as session:
            rows = repository.due(
                session,
                real,
                kinds=kinds,
                state=state,
                running=list(self._running),
                spent=list(spent),
                below=below,
                limit=min(limit, self._free()),
            )
            for row in rows:
                leg, may_come = "", False
                if row.kind in ABOUT_LEGS and row.leg_id is not None:
                    known, may_come = repository.leg_of(session, row.org_id, row.leg_id)
                    leg = known or ""
                if may_come:
                    row.due_at = real + timedelta(seconds=LEG_S)
                elif row.kind in ABOUT_LEGS and not leg:
                    legless.append((row.org_id, row.id))
                else:
                    wishes.append(_taken_up(row, leg))
            session.commit()
        self._running |= {wish.id: wish.priority for wish in wishes}
        self._end(legless, "failed", "no_leg")
        for wish in wishes:
            self._pool.submit(self._work, wish)
        return [wish.from_number for wish in wishes]

    def _work(self, wish: Wish) -> None:
        """One try, or one look-up, in a thread of the pool."""
        try:
            with correlated(str(wish.call_id or wish.id)):
                if wish.state == UNSURE:
                    self._look(wish)
                else:
                    self._try(wish)
        except Exception:  # its row says `sending`, so it is found as an orphan
            log.exception("dial_failed", command=str(wish.id), kind=wish.kind)
        finally:
            self._running.pop(wish.id, None)

    def _try(self, wish: Wish) -> None:
        assert self._gateway is not None
        try:
            ref = ask(self._gateway, wish)
        except CarrierFailed as error:
            failure = error
            self._write(wish, lambda tried: self._after(tried, failure), failure)
        else:
            self._write_done(wish, ref)

    def _after(self, tried: Tried, failure: CarrierFailed) -> Next:
        return after_failure(tried, failure, real_now(), self._times)

    def _look(self, wish: Wish) -> None:
        """Ask what became of a try; what is found belongs to nobody else."""
        assert self._gateway is not None
        try:
            found = look_up(self._gateway, wish)
        except CarrierFailed as failure:
            unknown = Unsure(failure.code) if isinstance(failure, Refused) else failure

            def again(tried: Tried) -> Next:
                return unseen(tried, unknown, real_now(), self._times)

            self._write(wish, again, failure)
        else:
            self._write_found(wish, found)

    def _write_found(self, wish: Wish, found: Sequence[str]) -> None:
        assert self._gateway is not None
        with unit_of_work(system_actor(wish.org_id, "dial")) as uow:
            repository.match_alone(uow.session)
            row = self._mine(uow, wish)
            self._answers(uow)
            if row is None:
                return
            known = repository.known(uow.session, self._gateway.name, found)
            mine = next((ref for ref in found if ref not in known), None)
            if mine is not None:
                settling.done(uow, row, self._gateway.name, mine)
            else:
                _apply(uow, row, not_found(_tried(row), real_now(), self._times))

    def _write_done(self, wish: Wish, ref: str) -> None:
        assert self._gateway is not None
        with unit_of_work(system_actor(wish.org_id, "dial")) as uow:
            if (row := self._mine(uow, wish)) is not None:
                settling.done(uow, row, self._gateway.name, ref)
                uow.notify(DIAL, "")
            self._answers(uow)

    def _write(self, wish: Wish, decide: "Decision", failure: CarrierFailed) -> None:
        with unit_of_work(system_actor(wish.org_id, "dial")) as uow:
            row = self._mine(uow, wish)
            if not silence.is_silent(failure):
                self._answers(uow)
            elif row is not None:
                silence.began(uow, row)
            if row is not None:
                _apply(uow, row, decide(_tried(row)))
                uow.notify(DIAL, "")
        if silence.is_silent(failure):
            self._known_silent().add(wish.org_id)

    def _answers(self, uow: UnitOfWork) -> None:
        """The carrier has just answered."""
        if uow.org_id in self._known_silent():
            self._known_silent().discard(uow.org_id)  # before: what comes meanwhile adds it again
            silence.answered(uow)

    def _known_silent(self) -> set[int]:
        """Organisations for which the carrier may be silent; of a dialler that died too."""
        if self._silent is None:
            with read_session() as session:
                self._silent = repository.silent_organisations(session)
        return self._silent

    def _mine(self, uow: UnitOfWork, wish: Wish) -> CarrierCommand | None:
        """The row of a try, locked; None where somebody else has settled or tried it since."""
        row = repository.locked(uow.session, wish.org_id, wish.id)
        open_still = row.state in ("sending", UNSURE)
        return row if open_still and row.tries == wish.tries else None

    def _expire(self) -> None:
        with read_session() as session:
            found = repository.expired(session, real_now(), BATCH)
        self._end(found, "expired", "expired", only="waiting")

    def _find_orphans(self) -> None:
        """Tries of a dialler that died, and those whose end could not be written."""
        with read_session() as session:
            found = repository.orphans(session, list(self._running))
        for org_id, id_ in found:
            with unit_of_work(system_actor(org_id, "dial")) as uow:
                row = repository.locked(uow.session, org_id, id_)
                if row.state == "sending" and row.id not in self._running:
                    _apply(uow, row, self._after(_tried(row), Unsure("interrupted")))

    def _refuse_all(self) -> None:
        with read_session() as session:
            found = repository.open_ones(session, real_now(), BATCH)
        self._end(found, "failed", NOT_SET_UP)

    def _end(
        self, ids: Iterable[tuple[int, UUID]], state: str, code: str, only: str | None = None
    ) -> None:
        """End commands that nobody tries; `only`: where they still are in this state."""
        for org_id, group in groupby(sorted(ids), key=lambda one: one[0]):
            with unit_of_work(system_actor(org_id, "dial")) as uow:
                for _, id_ in group:
                    row = repository.locked(uow.session, org_id, id_)
                    if row.state in (only,) if only else row.state in settling.OPEN:
                        settling.end(uow, row, state, code)

    def _pause(self) -> float:
        """Seconds until the next command is due or may go, at most the poll interval."""
        if self._free() <= 0:
            return POLL_S
        with read_session() as session:
            due_at = repository.next_due(session, list(self._running))
        if due_at is None:
            return POLL_S
        moment = monotonic()
        paced = [self._calls, *self._senders.values()]
        gaps = [wait_s for pace in paced if (wait_s := pace.wait_s(moment)) > 0]
        until_due = (due_at - real_now()).total_seconds()
        return max(0.01, min(POLL_S, until_due if until_due > 0 else min(gaps, default=POLL_S)))


Decision = Callable[[Tried], Next]


def _leads(connection: psycopg.Connection) -> bool:
    """Whether this is the dialler that works; it is until its connection ends."""
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", (repository.LEADER,)).fetchone()
    return found is not None and bool(found[0])


def _taken_up(row: CarrierCommand, leg: str) -> Wish:
    """Write the try, or that a look-up runs, before the carrier is asked."""
    real = real_now()
    if row.state == UNSURE:
        row.due_at = real + LOOKING
        return wish_of(row, leg, row.tried_at or real)
    row.state, row.tried_at = "sending", real
    row.tries += 1
    return wish_of(row, leg, real)


def _tried(row: CarrierCommand) -> Tried:
    return Tried(row.kind, row.tries, row.tried_at or real_now(), row.expires_at, row.failure)


def _apply(uow: UnitOfWork, row: CarrierCommand, step: Next) -> None:
    if step.due_at is None:
        settling.end(uow, row, step.state, step.code)
        return
    row.state, row.failure, row.due_at = step.state, step.code or None, step.due_at
    log.info("command_again", command=str(row.id), kind=row.kind, state=row.state, code=step.code)
