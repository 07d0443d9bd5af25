"""What a caller hears where nothing else is set up: a greeting, then the queue.

It needs no database, so that it is heard even while nothing can be written.
"""

from typing import TYPE_CHECKING

from telephony.purposes import Leg
from telephony.script import Enqueue, HangUp, Pause, Say, Script, Step

if TYPE_CHECKING:
    from core.uow import UnitOfWork

QUEUE = "hotline"
WELCOME: Script = (
    Say("您好，这里是供电抢修热线，正在为您转接坐席，请稍候。", "cmn-CN"),
    Say("Welcome to the power repair hotline. Please hold for an agent.", "en-US"),
    Enqueue(QUEUE),
)
WAITING: Script = (
    Say("您的来电对我们很重要，请不要挂机。", "cmn-CN"),
    Say("Please stay on the line; an agent will be with you.", "en-US"),
    Pause(15),
)
NO_AGENT: Script = (
    Say("抱歉，现在无法接通坐席，请稍后再拨。", "cmn-CN"),
    Say("Sorry, no agent can be reached. Please call again in a moment.", "en-US"),
    HangUp(),
)
WHILE_WAITING = ("wait", "waiting")
"""Steps of which the answer is heard in the queue: no other queue may be in it."""
FAILED = ("error", "queue-full", "system-error")


def caller(_uow: "UnitOfWork | None", _leg: Leg | None, step: Step) -> Script:
    """The purpose of a caller's leg."""
    if step.name.partition(".")[0] in WHILE_WAITING:
        return WAITING
    if step.name in ("queue", "left"):
        result = (step.more or {}).get("QueueResult", "")
        return NO_AGENT if result in FAILED else (HangUp(),)
    return WELCOME
