"""Signed requests to the product, with the carrier's rules of time and retry."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit, urlunsplit

from telephony.simulator.clock import Clock
from telephony.simulator.errors import DOCUMENT_BAD_HOST, DOCUMENT_NOT_FETCHED, DocumentFailed
from telephony.simulator.mischief import Mischief
from telephony.simulator.model import Hook, World
from telephony.simulator.trace import Trace
from telephony.simulator.wire import Client, Unanswered, Unconnected

TOTAL_S = 15.0
POLICIES = ("ct", "rt", "4xx", "5xx", "all")
KEPT_TIMES, KEPT_ERRORS = 10_000, 1_000


@dataclass(frozen=True, slots=True)
class Overrides:
    """How a request is made: seconds, and what is tried again how often."""

    retries: int = 1
    policies: tuple[str, ...] = ("ct",)
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = TOTAL_S

    def again(self, failure: str) -> bool:
        """Whether this failure is one that is tried again."""
        return failure in self.policies or ("all" in self.policies and failure != "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the product said."""

    status: int
    body: str
    content_type: str


def overrides_of(fragment: str) -> Overrides:
    """What the fragment of an address asks for; values out of range count as not given."""
    given = dict(parse_qsl(fragment))

    def number(name: str, low: int, high: int, default: float) -> float:
        text = given.get(name, "")
        return float(text) if text.isdigit() and low <= int(text) <= high else default

    policies = tuple(p for p in given.get("rp", "").split(",") if p in POLICIES)
    return Overrides(
        retries=int(number("rc", 0, 5, 1)),
        policies=policies or ("ct",),
        connect_s=number("ct", 100, 10_000, 5_000) / 1000,
        read_s=number("rt", 100, 15_000, 15_000) / 1000,
        total_s=number("tt", 100, 15_000, 15_000) / 1000,
    )


def signature(url: str, params: Iterable[tuple[str, str]], token: str) -> str:
    """Base64 of HMAC-SHA1 over the address and the sorted names and values."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Tally:
    """How the product answered one kind of request; milliseconds are real."""

    answered: int = 0
    failed: int = 0
    times_ms: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TIMES))

    def shown(self) -> dict[str, float]:
        """Counts, and how long answers took: half of them, 99 of 100, the slowest."""
        times = sorted(self.times_ms) or [0.0]
        return {
            "answered": self.answered,
            "failed": self.failed,
            "p50_ms": times[len(times) // 2],
            "p99_ms": times[min(len(times) * 99 // 100, len(times) - 1)],
            "slowest_ms": times[-1],
        }


class Deliverer:
    """`rewrites`: public base addresses and where they are on this machine."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        mischief: Mischief,
        trace: Trace,
        rewrites: Mapping[str, str] | None = None,
    ) -> None:
        self.world, self.clock, self.mischief, self.trace = world, clock, mischief, trace
        self.rewrites = dict(rewrites or {})
        self._client = Client()
        self._tasks: set[asyncio.Task[None]] = set()
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.close()

    def tell(self, hook: Hook | None, params: dict[str, str], *, about: str) -> None:
        """Report something; nobody waits for the answer."""
        if hook is None or not hook.url:
            return
        copies = 2 if self.mischief.happens("duplicate") else 1
        for _ in range(copies):
            if self.mischief.happens("drop"):
                self.trace.add("dropped", about=about, url=hook.url, params=params)
                continue
            work = self._tell(hook, params, about, self.mischief.delay())
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, hook: Hook, params: dict[str, str], about: str, late: float) -> None:
        with self.clock.busy():
            await asyncio.sleep(late)
            try:
                answer = await self._request(hook, params, about)
            except DocumentFailed as failure:
                self.fail(failure, about=about, url=hook.url)
                return
        if answer.status >= 300:
            self.fail(_bad_status(answer.status), about=about, url=hook.url)

    async def ask(self, hook: Hook, params: dict[str, str], *, about: str) -> Answer:
        """Fetch a document. Raises DocumentFailed."""
        with self.clock.busy():
            if self.mischief.happens("duplicate"):
                await self._request(hook, params, about)
            answer = await self._request(hook, params, about)
        if answer.status >= 300:
            raise _bad_status(answer.status)
        return answer

    def fail(self, failure: DocumentFailed, **where: Any) -> None:
        """Keep an error where people look for it."""
        at = self.clock.now().isoformat()
        self.world.errors.append(
            {"at": at, "code": failure.code, "message": failure.message, **where}
        )
        del self.world.errors[:-KEPT_ERRORS]
        self.trace.add("error", code=failure.code, message=failure.message, **where)

    async def _request(self, hook: Hook, params: dict[str, str], about: str) -> Answer:
        address, fragment = urldefrag(hook.url)
        rules = overrides_of(fragment)
        token = str(uuid.uuid4())
        tries = 0
        try:
            async with asyncio.timeout(rules.total_s):
                while True:
                    answer, failure = await self._try(
                        address, hook.method, params, rules, token, (about, tries)
                    )
                    if not rules.again(failure) or tries >= rules.retries:
                        break
                    tries += 1
        except TimeoutError:
            raise DocumentFailed(DOCUMENT_NOT_FETCHED, f"No answer in {rules.total_s} s") from None
        if answer is None:
            raise DocumentFailed(DOCUMENT_NOT_FETCHED, f"No answer ({failure})")
        return answer

    async def _try(
        self,
        address: str,
        method: str,
        params: dict[str, str],
        rules: Overrides,
        token: str,
        what: tuple[str, int],
    ) -> tuple[Answer | None, str]:
        """One request. The answer, or the retry policy that its failure comes under."""
        if method == "GET":
            address += ("&" if urlsplit(address).query else "?") + urlencode(params)
        form = [] if method == "GET" else list(params.items())
        headers = {
            "X-Twilio-Signature": signature(address, form, self.world.token),
            "I-Twilio-Idempotency-Token": token,
            "Host": urlsplit(address).netloc,
            "User-Agent": "TwilioProxy/1.1",
        }
        if method != "GET":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        entry = {"about": what[0], "url": address, "params": params, "attempt": what[1]}
        tally, loop = self.tallies[what[0]], asyncio.get_running_loop()
        began = loop.time()
        try:
            got = await self._client.send(
                method,
                self.reachable(address),
                headers,
                urlencode(form).encode(),
                connect_s=rules.connect_s,
                read_s=rules.read_s,
            )
        except Unconnected:
            tally.failed += 1
            self.trace.add("webhook", **entry, failed="ct")
            return None, "ct"
        except Unanswered:
            tally.failed += 1
            self.trace.add("webhook", **entry, failed="rt")
            return None, "rt"
        took_ms = round((loop.time() - began) * 1000, 1)
        tally.times_ms.append(took_ms)
        tally.failed += got.status >= 300
        tally.answered += got.status < 300
        self.trace.add("webhook", **entry, status=got.status, ms=took_ms)
        answer = Answer(got.status, got.text, got.headers.get("content-type", ""))
        return answer, f"{got.status // 100}xx" if got.status >= 400 else ""

    def reachable(self, address: str) -> str:
        """Where an address is on this machine. Raises DocumentFailed: nothing leaves it."""
        for public, local in self.rewrites.items():
            if address.startswith(public.rstrip("/") + "/"):
                address = local.rstrip("/") + address[len(public.rstrip("/")) :]
                break
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
            raise DocumentFailed(
                DOCUMENT_BAD_HOST, f"{parts.scheme}://{parts.netloc} is not on this machine"
            )
        return urlunsplit(parts._replace(fragment=""))


def _bad_status(status: int) -> DocumentFailed:
    return DocumentFailed(DOCUMENT_NOT_FETCHED, f"Got HTTP {status} response")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
