"""A real exchange, real phones, and Paidan beside them; skipped where there is no Asterisk."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import monotonic
from core.settings import settings
from scripts import asterisk
from telephony.asterisk import client
from telephony.asterisk.adapter import Adapter, lead
from telephony.dialling import Dialler
from tests.asterisk import exchange, phones
from tests.asterisk.exchange import PASSWORD, USER, Exchange
from tests.engine_fixtures import forget_settings
from tests.office import organisation, starter
from tests.switching import switch

__all__ = ["organisation", "starter"]
PATIENCE_S = 60.0
NAMES = ("trunk", "agent", "lead", "crew")


@dataclass
class House:
    """The exchange with its phones, and the parts of Paidan that work with it."""

    exchange: Exchange
    folder: Path
    stack: ExitStack

    def phone(self, name: str, scenario: str) -> phones.Phone:
        """The telephone `name` of the exchange, switched on."""
        port = self.exchange.phones[name]
        phone = phones.Phone(scenario, self.exchange.sip, port, self.folder)
        return self.stack.enter_context(phone)

    def dialler(self) -> None:
        """`paidan dial`, until the test ends."""
        gateway = client.gateway_of(settings())
        assert gateway is not None
        dialler = Dialler(gateway)
        thread = threading.Thread(target=dialler.run)
        thread.start()

        def stop() -> None:
            dialler.stopping.set()
            thread.join()
            gateway.close()

        self.stack.callback(stop)

    @contextmanager
    def adapter(self) -> Iterator[None]:
        """`paidan asterisk`, while this lasts."""
        gateway = client.gateway_of(settings())
        assert gateway is not None
        listening = threading.Event()
        stop: list[Callable[[], None]] = []

        async def work() -> None:
            own = Adapter(settings(), gateway)
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(own.stopping.set) and None)
            ready = asyncio.create_task(own.taken_up.wait())
            ready.add_done_callback(lambda _: listening.set())
            await lead(own.stopping, own)

        thread = threading.Thread(target=lambda: asyncio.run(work()))
        thread.start()
        try:
            assert listening.wait(PATIENCE_S), "the exchange was not reached"
            yield
        finally:
            stop[0]()
            thread.join()
            gateway.close()


def until(fits: Callable[[], object]) -> None:
    """Wait until it is so, while the switchboard does what is due."""
    end = monotonic() + PATIENCE_S
    again = threading.Event()
    while not fits():
        assert monotonic() < end, "it did not come to that"
        switch()
        again.wait(0.05)


@pytest.fixture(scope="session")
def asterisk_exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """One exchange for all tests."""
    if not asterisk.is_here():
        pytest.skip("no Asterisk: scripts/setup --asterisk brings one")
    with exchange.running(tmp_path_factory.mktemp("exchange"), NAMES) as running:
        yield running


@pytest.fixture
def house(
    asterisk_exchange: Exchange,
    organisation: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """The exchange is set up as the carrier; words have no voice but a short tone."""
    monkeypatch.setenv("PAIDAN_ASTERISK_URL", asterisk_exchange.url)
    monkeypatch.setenv("PAIDAN_ASTERISK_USER", USER)
    monkeypatch.setenv("PAIDAN_ASTERISK_PASSWORD", PASSWORD)
    monkeypatch.setenv("PAIDAN_ASTERISK_SOUNDS", str(tmp_path / "sounds"))
    monkeypatch.setenv("PAIDAN_ASTERISK_VOICE", "")
    monkeypatch.setenv("PAIDAN_CALLS_PER_SECOND", "20")
    forget_settings()
    with ExitStack() as stack:
        yield House(asterisk_exchange, tmp_path, stack)
    forget_settings()
