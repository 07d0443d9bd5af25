"""Scripts as TwiML, the documents that Twilio pulls. All addresses in them are whole."""

import base64
import json
import zlib
from functools import singledispatch
from typing import NamedTuple
from uuid import UUID

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import VoiceResponse

from core.errors import InvalidField
from telephony.script import (
    Enqueue,
    Gather,
    HangUp,
    Join,
    Leave,
    Node,
    Pause,
    Play,
    Record,
    Reject,
    Say,
    Script,
)
from telephony.script_json import from_json, to_json
from telephony.twilio import addresses

CONFERENCE_EVENTS = "start end join leave mute hold modify"
RECORDING_EVENTS = "in-progress completed absent"
MAX_NODES = 16 * 1024  # bytes of a document that stands in its own address


class Turn(NamedTuple):
    """For whom a script is written. `leg_id`: None where it is not known (the fallback).

    `turn` goes into every address of the document, see `reports.Place`.
    """

    leg_id: UUID | None
    turn: str = ""

    def step(self, name: str) -> str:
        """Where the leg asks what is next."""
        assert self.leg_id is not None, "a leg without a name is asked nothing"
        return addresses.step(self.leg_id, name, self.turn)


def render(script: Script, turn: Turn) -> str:
    """The document of a script."""
    response = VoiceResponse()
    for node in script:
        _add(node, response, turn)
    return str(response)


@singledispatch
def _add(node: Node, _response: VoiceResponse, _turn: Turn) -> None:
    raise TypeError(f"no such node: {node}")


@_add.register
def _say(node: Say, response: VoiceResponse, _turn: Turn) -> None:
    response.say(node.text, language=node.language)


@_add.register
def _play(node: Play, response: VoiceResponse, _turn: Turn) -> None:
    response.play(node.url, loop=node.loop)


@_add.register
def _pause(node: Pause, response: VoiceResponse, _turn: Turn) -> None:
    response.pause(length=node.seconds)


@_add.register
def _gather(node: Gather, response: VoiceResponse, turn: Turn) -> None:
    limit = {"finish_on_key": "#"} if node.digits is None else {"num_digits": node.digits}
    gather = response.gather(
        input="dtmf",
        action=turn.step(node.step),
        method="POST",
        timeout=node.timeout_s,
        action_on_empty_result=True,
        **limit,
    )
    for prompt in node.prompts:
        _add(prompt, gather, turn)


@_add.register
def _enqueue(node: Enqueue, response: VoiceResponse, turn: Turn) -> None:
    known = turn.leg_id is not None
    response.enqueue(
        node.queue,
        action=turn.step("queue") if known else addresses.queue(),
        method="POST",
        wait_url=turn.step(node.step) if known else addresses.wait(),
        wait_url_method="POST",
    )


@_add.register
def _join(node: Join, response: VoiceResponse, turn: Turn) -> None:
    more: dict[str, str] = {}
    if node.coach:
        more["coach"] = node.coach
    if turn.leg_id is not None:
        more["participant_label"] = str(turn.leg_id)
    response.dial().conference(
        node.conference,
        beep="false",
        muted=node.mode == "listen",
        start_conference_on_enter=node.starts,
        end_conference_on_exit=node.ends,
        status_callback=addresses.conference(),
        status_callback_method="POST",
        status_callback_event=CONFERENCE_EVENTS,
        **more,
    )


@_add.register
def _record(node: Record, response: VoiceResponse, turn: Turn) -> None:
    response.record(
        action=turn.step(node.step),
        method="POST",
        max_length=node.max_s,
        play_beep=True,
        recording_status_callback=addresses.recording(leg_id=turn.leg_id, kind="message"),
        recording_status_callback_method="POST",
        recording_status_callback_event=RECORDING_EVENTS,
    )


@_add.register
def _leave(_node: Leave, response: VoiceResponse, _turn: Turn) -> None:
    response.leave()


@_add.register
def _reject(node: Reject, response: VoiceResponse, _turn: Turn) -> None:
    response.reject(reason=node.reason)


@_add.register
def _hang_up(_node: HangUp, response: VoiceResponse, _turn: Turn) -> None:
    response.hangup()


def asked_again(address: str, seconds: int) -> str:
    """Silence, then the same question: for a leg whose answer is not ready yet."""
    response = VoiceResponse()
    response.pause(length=seconds)
    response.redirect(address, method="POST")
    return str(response)


def encoded(script: Script) -> str:
    """A script as a word of an address, see `addresses.script`."""
    nodes = json.dumps(to_json(script), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(zlib.compress(nodes.encode())).decode().rstrip("=")


def decoded(word: str) -> Script:
    """The script of such a word. Raises InvalidField for another."""
    try:
        packed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        nodes = unpacking.decompress(packed, MAX_NODES)
        return from_json(json.loads(nodes))
    except (ValueError, zlib.error, TypeError, AttributeError):
        raise InvalidField("query.nodes", "not a script of ours") from None


def reply(text: str) -> str:
    """TwiML that answers a short message."""
    response = MessagingResponse()
    response.message(text)
    return str(response)
