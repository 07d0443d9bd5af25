"""Terminals that do with orders whatever terminals do, and what must be true of the orders after.

A history is a random course of acts of desk, engine and terminals between two gateways. It ends
with every terminal connected and honest. `findings` compares what the database then says with what
the terminals really showed and confirmed.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from core.clock import now
from core.db import session_factory
from core.identity import system_actor
from core.uow import unit_of_work
from dispatch.orders.rules import OPEN_ASSIGNMENT
from gps import messages, service
from gps.jt808 import downlink, uplink
from gps.jt808.framing import MAX_BODY, Frame, Reassembler
from gps.server import Gateway
from gps.terminal import Disconnected, Refused, Terminal
from tests.acts import Acts, refused
from tests.office import turn

CREWS = ("1", "2")
OPEN_ORDERS = 5
MOODS = {"ok": 8, "twice": 3, "late": 5, "never": 4, "refuses": 2, "hangs up": 3}
AWAY = (OSError, Disconnected, Refused, TimeoutError)
FORMS = {form: message_id for message_id, form in messages.FORMS.items()}

RETURNS = 5
"""On a busy machine even an honest terminal may be too slow for its first tries."""

_WAITING = "SELECT 1 FROM terminal_message WHERE status IN ('queued', 'sent') LIMIT 1"
_GIVEN_UP = "SELECT 1 FROM terminal_message WHERE status = 'failed' AND cause = 'unanswered'"

Part = tuple[int, bytes]
"""Id and body of one frame: unlike its serial it says what was shown, whoever counts serials."""


class Wayward(Terminal):
    """`confirmed`: when each part was first acknowledged with 0, or answered by the driver."""

    def __init__(self, identity: str, dice: random.Random) -> None:
        super().__init__(identity)
        self.dice = dice
        self.honest = False
        self.confirmed: dict[Part, datetime] = {}
        self.shown: list[str] = []
        self._seen: list[Frame] = []
        self._unsaid: list[Frame] = []

    @property
    def connected(self) -> bool:
        return super().connected and not self._open_writer().is_closing()

    def _show(self, frame: Frame, parts: Reassembler) -> None:
        whole = parts.add(frame)
        message = downlink.parse(whole) if whole is not None else None
        if isinstance(message, downlink.Text | downlink.Question):
            self.shown.append(message.text)
        self._seen.append(frame)
        moods, weights = tuple(MOODS), tuple(MOODS.values())
        mood = "ok" if self.honest else self.dice.choices(moods, weights)[0]
        if mood in ("ok", "twice"):
            self._say(frame, downlink.OK)
        if mood == "twice":
            self._say(frame, downlink.OK)
        elif mood in ("late", "hangs up"):
            self._unsaid.append(frame)
        elif mood == "refuses":
            self._say(frame, self.dice.choice((1, 2, 3)))
        if mood == "hangs up":
            self._open_writer().close()

    def _say(self, frame: Frame, result: int) -> None:
        """Acknowledge; whether it arrives is another matter."""
        if not self.connected:
            return
        if result == downlink.OK:
            self.confirmed.setdefault((frame.message_id, frame.body), now())
        ack = uplink.TerminalAck(frame.serial, frame.message_id, result)
        self._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))

    def speak_late(self) -> None:
        """At last the answer to something, on whatever connection there is now."""
        if self._unsaid and self.connected:
            self._say(self._unsaid.pop(self.dice.randrange(len(self._unsaid))), downlink.OK)

    def repeat(self) -> None:
        """Acknowledge once more what was acknowledged, or was not."""
        done = [one for one in self._seen if (one.message_id, one.body) in self.confirmed]
        if done:
            self._say(self.dice.choice(done), self.dice.choice((0, 0, 1, 3)))

    def babble(self) -> None:
        """Acknowledge what was never sent: serials of nobody, and of another kind of message."""
        serials = [self.dice.randrange(20_000, 60_000)]
        serials += [one.serial for one in self._seen if one.message_id == downlink.EVENTS]
        if self.connected:
            ack = uplink.TerminalAck(self.dice.choice(serials), downlink.TEXT, downlink.OK)
            self._transmit(uplink.TERMINAL_ACK, uplink.build_terminal_ack(ack))

    async def choose(self) -> None:
        """The driver answers a question, new or old, or presses a key."""
        asked = [one for one in self._seen if one.message_id == downlink.QUESTION]
        if not self.connected:
            return
        with suppress(*AWAY):
            if asked:
                frame = self.dice.choice(asked)
                self.confirmed.setdefault((frame.message_id, frame.body), now())
                await self.reply(frame.serial, self.dice.choice((1, 1, 1, 2, 9)))
            else:
                await self.press(self.dice.choice((1, 2, 9)))

    async def breathe(self) -> None:
        if self.connected:
            with suppress(*AWAY):
                await self.heartbeat()


class History:
    """One course of things; everything that it decides follows from the seed."""

    def __init__(self, acts: Acts, seed: int) -> None:
        self.acts, self.dice = acts, random.Random(seed)
        identities = _query(
            "SELECT u.code, d.identity FROM device d JOIN vehicle v ON v.id = d.vehicle_id"
            " JOIN unit u ON u.id = v.crew_id"
        )
        terminal_of = {str(code): str(identity) for code, identity in identities}
        self.terminals = {crew: Wayward(terminal_of[f"east-{crew}"], self.dice) for crew in CREWS}
        self.orders: dict[UUID, list[str]] = {}
        """The crews that each was sent to: none twice, so that a number names one assignment."""

    async def play(self, gateways: Sequence[Gateway], acts: int) -> None:
        """So many acts, and then the honest end."""
        choices: dict[Callable[[], Any], int] = {
            self._send: 6,
            self._recall: 3,
            self._send_again: 4,
            self._hang_up: 3,
            lambda: self._come_back(gateways): 8,
            self._of_terminal(Wayward.speak_late): 5,
            self._of_terminal(Wayward.repeat): 3,
            self._of_terminal(Wayward.babble): 3,
            self._choose: 4,
            self._turn: 6,
            self._breathe: 8,
        }
        for _ in range(acts):
            (act,) = self.dice.choices(list(choices), list(choices.values()))
            done = act()
            if asyncio.iscoroutine(done):
                await done
        await self._end(gateways)

    async def _end(self, gateways: Sequence[Gateway]) -> None:
        """Everybody comes back, confirms what is shown, and the engine does what is due."""
        for one in self.terminals.values():
            one.honest = True
        for _ in range(RETURNS):
            for one in self.terminals.values():
                await one.close()
                await one.connect(*_at(self.dice.choice(gateways)))
            while await asyncio.to_thread(_query, _WAITING):
                await self._breathe()
            if not await asyncio.to_thread(_query, _GIVEN_UP):
                break
        for one in self.terminals.values():
            await one.close()
        await self._turn()

    async def _send(self) -> None:
        if len(self._open()) < OPEN_ORDERS:
            crew = self.dice.choice(CREWS)
            order_id, assignment_id = await asyncio.to_thread(self.acts.sent, f"east-{crew}")
            self.orders[order_id] = [crew]
            if self.dice.random() < 0.3:
                await asyncio.to_thread(self._explain, order_id, assignment_id)

    def _explain(self, order_id: UUID, assignment_id: UUID) -> None:
        """A text of three parts about the same order."""
        number = self.acts.order(order_id).number
        vehicle_id = self.acts.assignment(order_id).vehicle_id
        assert vehicle_id is not None
        with unit_of_work(system_actor(self.acts.org_id, "test")) as uow:
            service.send_text(
                uow,
                vehicle_id=vehicle_id,
                assignment_id=assignment_id,
                purpose="order",
                text=f"工单{number} " + "沿东侧小路进入配电室" * 110,
            )

    async def _recall(self) -> None:
        if wanted := self._open():
            order_id = self.dice.choice(wanted)
            crew = f"east-{self.orders[order_id][-1]}"
            assignment_id = self.acts.assignment(order_id).id
            await asyncio.to_thread(refused, self.acts.crew_act, "recall", assignment_id, crew)

    async def _send_again(self) -> None:
        """To a crew that did not have it yet."""
        free = [one for one, crews in self.orders.items() if len(crews) < len(CREWS)]
        free = [one for one in free if not self.acts.has_open_assignment(one)]
        if free:
            order_id = self.dice.choice(free)
            (crew,) = set(CREWS) - set(self.orders[order_id])
            act = self.acts.order_act
            if await asyncio.to_thread(refused, act, "dispatch", order_id, "east", crew) is None:
                self.orders[order_id].append(crew)

    async def _hang_up(self) -> None:
        await self.dice.choice(list(self.terminals.values())).close()

    async def _come_back(self, gateways: Sequence[Gateway]) -> None:
        """Often to another gateway than it was at, sometimes while it still is there."""
        one = self.dice.choice(list(self.terminals.values()))
        if not one.connected or self.dice.random() < 0.3:
            with suppress(*AWAY):
                await one.connect(*_at(self.dice.choice(gateways)))

    def _of_terminal(self, act: Callable[[Wayward], None]) -> Callable[[], None]:
        return lambda: act(self.dice.choice(list(self.terminals.values())))

    async def _choose(self) -> None:
        await self.dice.choice(list(self.terminals.values())).choose()

    async def _turn(self) -> None:
        await asyncio.to_thread(turn)

    async def _breathe(self) -> None:
        await asyncio.gather(*(one.breathe() for one in self.terminals.values()))
        await asyncio.sleep(self.dice.uniform(0, 0.1))

    def _open(self) -> list[UUID]:
        return [one for one in self.orders if self.acts.has_open_assignment(one)]

    def findings(self) -> list[str]:
        """Everything that is lost, invented or doubled; empty where all is well."""
        facts = Counter(
            (str(type_), UUID(str(message)))
            for type_, message in _query(
                "SELECT type, payload->>'message_id' FROM event WHERE type LIKE 'vehicle.message%%'"
            )
        )
        rows = [Row(*values) for values in _query(Row.QUERY)]
        found = [
            f"{row.form} {row.text[:24]}: {one}" for row in rows for one in self._of(row, facts)
        ]
        found += self._shown_after_recall()
        return found + list(self._of_stamps(rows))

    def _of(self, row: "Row", facts: Counter[tuple[str, UUID]]) -> Iterator[str]:
        terminal = self._terminal(row.identity)
        acked, failed = (facts[f"vehicle.message_{end}", row.id] for end in ("acked", "failed"))
        real = row.really(terminal)
        if row.acked_at is not None and (real is None or real > row.acked_at):
            yield "a receipt was invented"
        if acked != (row.status == "acked" and row.form != "menu"):
            yield f"{row.status}, and {acked} facts say that it was confirmed"
        if row.status == "acked" and row.form != "menu" and row.text not in terminal.shown:
            yield "confirmed and never shown"
        if row.status in ("queued", "sent"):
            yield "nobody sends it any more"
        if row.status == "failed" and row.cause == "unanswered":
            yield "given up although the terminal has come back"
        if row.status == "failed" and row.form == "text" and not failed:
            yield "failed, and nobody was told"
        if row.status == "cancelled" and row.assignment in OPEN_ASSIGNMENT:
            yield "an order that is still open was dropped"

    def _of_stamps(self, rows: Sequence["Row"]) -> Iterator[str]:
        stamped = _query(
            "SELECT assignment_id, point, source, at FROM stamp WHERE assignment_id IS NOT NULL"
        )
        points = Counter((one, point) for one, point, _, _ in stamped)
        yield from (
            f"{point} of {one} is there {n} times" for (one, point), n in points.items() if n > 1
        )
        reached = {one: at for one, point, _, at in stamped if point == "E"}
        recalls = _query(
            "SELECT subject_id FROM receipt WHERE purpose = 'recall' AND status = 'received'"
        )
        for purpose, told in (("order", set(reached)), ("recall", {one for (one,) in recalls})):
            about = [row for row in rows if row.purpose == purpose]
            confirmed = {row.assignment_id for row in about if row.status == "acked"}
            yield from (f"{purpose} of {one}: reached nobody" for one in told - confirmed)
            over = {row.assignment_id for row in about if row.assignment not in OPEN_ASSIGNMENT}
            missed = confirmed - told - (over if purpose == "order" else set())
            yield from (f"{purpose} of {one}: its receipt is missing" for one in missed)
        for one, at in reached.items():
            about = [row for row in rows if row.assignment_id == one]
            real = [row.really(self._terminal(row.identity)) for row in about]
            if not any(moment is not None and moment <= at for moment in real):
                yield f"E of {one} is earlier than any answer"

    def _shown_after_recall(self) -> Iterator[str]:
        """A crew must never read of an order after the recall."""
        for terminal in self.terminals.values():
            over = set()
            for text in terminal.shown:
                number = text.removeprefix("是否受理").removeprefix("工单").split()[0].rstrip("？")
                if "已召回" in text:
                    over.add(number)
                elif number in over:
                    yield f"{text[:24]}: shown after its recall"

    def _terminal(self, identity: str) -> Wayward:
        return next(one for one in self.terminals.values() if one.identity.endswith(identity))


class Row(NamedTuple):
    """One message to a terminal, and the state of its assignment."""

    id: UUID
    identity: str
    assignment_id: UUID | None
    assignment: str | None
    purpose: str
    form: str
    text: str
    status: str
    cause: str | None
    acked_at: datetime | None

    QUERY = """
        SELECT m.id, d.identity, m.assignment_id, a.state, m.purpose, m.form, m.text, m.status,
            m.cause, m.acked_at
        FROM terminal_message m JOIN device d ON d.id = m.device_id
        LEFT JOIN assignment a ON a.id = m.assignment_id
    """

    def really(self, terminal: Wayward) -> datetime | None:
        """When the terminal had confirmed all of it; None where it has not."""
        body = messages.body(self.form, self.text, None)
        cut = [body[begin : begin + MAX_BODY] for begin in range(0, len(body), MAX_BODY)]
        said = [terminal.confirmed.get((FORMS[self.form], part)) for part in cut]
        moments = [moment for moment in said if moment is not None]
        return max(moments) if len(moments) == len(cut) else None


def _at(gateway: Gateway) -> tuple[str, int]:
    return gateway.host, gateway.port


def _query(sql: str) -> list[tuple[Any, ...]]:
    with session_factory()() as session:
        cursor = session.connection().connection.cursor()
        rows: list[tuple[Any, ...]] = cursor.execute(sql).fetchall()
        return rows
