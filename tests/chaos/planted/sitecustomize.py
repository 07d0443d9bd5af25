"""Mistakes for the kill tests to catch; loaded by processes whose PYTHONPATH names this folder.

The file that `CHAOS_PLANT` names holds the name of the one mistake that is made at present, so
that a mistake can begin in the middle of work. Nothing of this is in the product.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

PAUSE_S = 0.6  # whoever kills may be slow
ROOT = Path(__file__).resolve().parents[3]


def made(name: str) -> bool:
    """Whether this mistake is made now."""
    try:
        return Path(os.environ["CHAOS_PLANT"]).read_text() == name
    except OSError:
        return False


def plant_in_gateway() -> None:
    """`gateway_confirms_early`: positions are acknowledged before they are committed."""
    from gps.fix import Fix
    from gps.intake import Intake, Pending
    from gps.pipeline import Written

    put, write, acknowledge = Intake.put, Intake._write, Intake._acknowledge
    confirmed: dict[int, Pending] = {}

    def early_put(self: Intake, pending: Pending) -> None:
        if made("gateway_confirms_early"):
            acknowledge(self, [pending], set())
            confirmed[id(pending)] = pending
        put(self, pending)

    async def slow_write(self: Intake, org_id: int, fixes: Sequence[Fix]) -> Written | None:
        if made("gateway_confirms_early"):
            await asyncio.sleep(PAUSE_S)
        return await write(self, org_id, fixes)

    def acknowledge_rest(self: Intake, messages: Sequence[Pending], refused: set[int]) -> None:
        """Those that came before the mistake began."""
        rest = [one for one in messages if confirmed.pop(id(one), None) is None]
        acknowledge(self, rest, refused if len(rest) == len(messages) else set())

    Intake.put, Intake._write = early_put, slow_write  # type: ignore[method-assign]
    Intake._acknowledge = acknowledge_rest  # type: ignore[method-assign]


def plant_in_api() -> None:
    """`api_answers_early`: answered before the commit. `keys_forgotten`: a retry is done again."""
    from importlib import import_module

    from core.clock import now
    from core.db import session_factory
    from core.identity import Actor
    from core.uow import UnitOfWork

    deps: Any = import_module("api.deps")
    idempotency: Any = import_module("core.idempotency")
    right, claim, run = deps.unit_of_work, idempotency.claim, deps.Writer.run

    def commit_later(uow: UnitOfWork) -> None:
        time.sleep(PAUSE_S)
        with uow.session as session:
            uow._finish()
            session.commit()

    @contextmanager
    def late(actor: Actor) -> Iterator[UnitOfWork]:
        if not made("api_answers_early"):
            with right(actor) as uow:
                yield uow
            return
        uow = UnitOfWork(session_factory()(), actor, now())
        try:
            yield uow
        except BaseException:
            uow.session.close()
            raise
        threading.Thread(target=commit_later, args=(uow,)).start()

    def forget(*arguments: Any) -> Any:
        return None if made("keys_forgotten") else claim(*arguments)

    def run_slowly(*arguments: Any, **named: Any) -> Any:
        answer = run(*arguments, **named)
        if made("keys_forgotten"):
            time.sleep(PAUSE_S)
        return answer

    deps.unit_of_work, idempotency.claim = late, forget
    deps.Writer.run = run_slowly


def plant_in_phones_door() -> None:
    """`phones_answered_early`: a phone is answered before its positions are committed."""
    from importlib import import_module

    route: Any = import_module("api.routes.positions")
    write = route._write

    def write_later(*arguments: Any) -> None:
        time.sleep(2 * PAUSE_S)
        write(*arguments)

    def early(org_id: int, phone: Any, positions: Sequence[Any], *times: Any) -> list[str]:
        arguments = (org_id, phone, positions, *times)
        if not made("phones_answered_early"):
            codes: list[str] = write(*arguments)
            return codes
        threading.Thread(target=write_later, args=arguments).start()
        return ["ok"] * len(positions)

    route._write = early


def plant_in_relay() -> None:
    """`relay_drops`: a row of the outbox is struck off before its work is done."""
    from sqlalchemy import select, update

    from core import outbox
    from core.clock import now
    from core.db import session_factory
    from core.eventlog import recorded
    from core.identity import system_actor
    from core.models import Event, Outbox
    from core.uow import unit_of_work
    from core.wiring import wiring

    deliver = outbox._deliver

    def drop(org_id: int, ids: Sequence[UUID]) -> None:
        if not made("relay_drops"):
            deliver(org_id, ids)
            return
        with session_factory()() as session:
            struck = update(Outbox).where(Outbox.id.in_(ids)).values(done_at=now())
            rows = session.execute(struck.returning(Outbox.name, Outbox.body)).all()
            session.commit()
        time.sleep(PAUSE_S)
        with unit_of_work(system_actor(org_id, "engine")) as uow:
            for row in rows:
                query = select(Event).where(Event.id == UUID(row.body["event_id"]))
                wiring().subscribers[row.name](uow, recorded(uow.session.scalars(query).one()))

    outbox._deliver = drop


PLANTS: tuple[Callable[[], None], ...] = (
    plant_in_gateway,
    plant_in_api,
    plant_in_phones_door,
    plant_in_relay,
)

if "CHAOS_PLANT" in os.environ and "api.cli" in sys.orig_argv:
    sys.path.insert(0, str(ROOT))
    for plant in PLANTS:
        plant()
