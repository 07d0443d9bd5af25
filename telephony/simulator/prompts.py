"""Verbs that are heard or asked: Say, Play, Pause, Gather, Record, Redirect, Reject, Hangup."""

import asyncio

from telephony.simulator.errors import DOCUMENT_BAD_VERB, DocumentFailed
from telephony.simulator.line import HangUp, LeftQueue, Line
from telephony.simulator.model import Hook
from telephony.simulator.twiml import Verb

PLAY_S = 10.0
WIDE_S = 0.25  # a Chinese syllable
NARROW_S = 0.07  # a Latin letter
FOREVER = 1000  # what `loop="0"` means
KEYS = "0123456789*#"


def spoken_s(verb: Verb) -> float:
    """How long a prompt takes, in seconds."""
    if verb.name == "Pause":
        return float(verb.number("length", 1, 1))
    loop = verb.number("loop", 1) or FOREVER
    if verb.name == "Play":
        return loop * PLAY_S
    return loop * sum(WIDE_S if ord(letter) > 0x2E80 else NARROW_S for letter in verb.text)


async def prompt(line: Line, verb: Verb, base: str) -> None:
    """Say, Play, Pause: the call is answered and time passes."""
    if verb.name == "Say" and not verb.text:
        raise DocumentFailed(DOCUMENT_BAD_VERB, "Schema validation: Say holds no words")
    if verb.name == "Play" and not verb.text and not verb.get("digits"):
        raise DocumentFailed(DOCUMENT_BAD_VERB, "Schema validation: Play holds no address")
    # A pause before anything else lets the phone ring on.
    if verb.name != "Pause":
        line.answer()
    line.exchange.trace.add(
        "heard", call=line.call.sid, verb=verb.name, text=verb.text, language=verb.get("language")
    )
    await line.exchange.clock.sleep(spoken_s(verb))


async def gather(line: Line, verb: Verb, base: str) -> None:
    """Ask for keys; what is not pressed in time falls through to the next verb."""
    line.answer()
    pressed = await _listen(line, verb, base)
    if pressed is None and not verb.yes("actionOnEmptyResult"):
        return
    action = verb if verb.get("action") else _with_action(verb, base)
    line.jump(action, base, Digits=pressed or "")


async def _listen(line: Line, verb: Verb, base: str) -> str | None:
    """The keys, "" where only the finishing key came; None where none did."""
    wanted = verb.number("numDigits", 0, 1)
    last = verb.get("finishOnKey", "#")
    timeout = verb.get("timeout", "5")
    pause = 5.0 if timeout == "auto" else float(verb.number("timeout", 5))
    line.keys = asyncio.Queue()
    line.listening = True
    line.asked()
    prompts = line.exchange.spawn(_prompts(line, verb, base))
    pressed, finished = "", False
    try:
        while not wanted or len(pressed) < wanted:
            key = await _key(line, pause, None if pressed else prompts)
            finished = finished or key == last
            if key is None or key == last:
                break
            pressed += key
    finally:
        line.listening = False
    return pressed if pressed or finished else None


async def _prompts(line: Line, verb: Verb, base: str) -> None:
    for child in verb.children:
        await prompt(line, child, base)


async def _key(line: Line, pause: float, prompts: asyncio.Task[None] | None) -> str | None:
    """The next key; None `pause` seconds after the prompts or the last key."""
    key = line.exchange.spawn(line.keys.get())

    async def give_up() -> None:
        if prompts is not None:
            await prompts
        await line.exchange.clock.sleep(pause)

    silence = line.exchange.spawn(give_up())
    try:
        await asyncio.wait({key, silence}, return_when=asyncio.FIRST_COMPLETED)
        if key.done():
            return key.result()
        silence.result()
        return None
    finally:
        key.cancel()
        silence.cancel()


def _with_action(verb: Verb, base: str) -> Verb:
    """A verb without an action asks the address of its own document."""
    return Verb(verb.name, {**verb.attributes, "action": base}, verb.text, verb.children)


async def record(line: Line, verb: Verb, base: str) -> None:
    """Record what the phone says, until a key, the limit, or the end of the call."""
    line.answer()
    exchange = line.exchange
    recording = exchange.recorder.start(
        "RecordVerb", call_sid=line.call.sid, callback=_recording_hook(verb)
    )
    line.keys = asyncio.Queue()
    line.listening = True
    line.asked()
    try:
        limit = float(verb.number("maxLength", 3600, 1))
        speech = min(limit, float(verb.number("timeout", 5)) + 5.0)
        key = await _key(line, speech, None)
    finally:
        line.listening = False
        exchange.recorder.stop(recording)
    action = verb if verb.get("action") else _with_action(verb, base)
    line.jump(
        action,
        base,
        RecordingUrl=exchange.recorder.address(recording),
        RecordingSid=recording.sid,
        RecordingDuration=str(recording.duration),
        Digits=key or "",
    )


def _recording_hook(verb: Verb) -> Hook:
    events = tuple(verb.get("recordingStatusCallbackEvent", "completed").split())
    method = verb.get("recordingStatusCallbackMethod", "POST")
    return Hook(verb.get("recordingStatusCallback"), method, events)


async def redirect(line: Line, verb: Verb, base: str) -> None:
    """Go on elsewhere."""
    target = Verb(verb.name, {**verb.attributes, "action": verb.text or base}, "")
    line.jump(target, base)


async def reject(line: Line, verb: Verb, base: str) -> None:
    """Do not answer."""
    reason = verb.get("reason", "rejected")
    if reason not in ("rejected", "busy"):
        raise DocumentFailed(DOCUMENT_BAD_VERB, "Schema validation: Reject.reason is unknown")
    if line.call.answered_at is None:
        line.end("busy" if reason == "busy" else "no-answer", by="document", sip=486)
    raise HangUp


async def hang_up(line: Line, verb: Verb, base: str) -> None:
    """End the call."""
    raise HangUp


async def leave(line: Line, verb: Verb, base: str) -> None:
    """Leave the queue."""
    raise LeftQueue
