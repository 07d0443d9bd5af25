"""What a story tells that the facts of its call do not tell yet: pure."""

from collections.abc import Mapping
from dataclasses import fields

from core.events import (
    CallBridged,
    CallConcluded,
    CallGreeted,
    CallHeld,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    CallResumed,
    Payload,
)
from telephony.rules import CallState
from telephony.story import Story
from telephony.story_stays import Stay

STAGE_NEWS: Mapping[str, type[Payload]] = {
    "menu": CallGreeted,
    "offered": CallOffered,
    "held": CallHeld,
}


def news(call: CallState, stays: Mapping[int, bool], story: Story) -> list[Payload]:
    """The facts to add. `stays`: number of each known stay → whether it is known to be over."""
    found: list[Payload] = []
    stage = call.stage
    for number, stay in enumerate(story.stays, start=1):
        if number not in stays:
            found.append(_queued(number, stay))
            stage = "queued"
        if stay.left_at is not None and not stays.get(number, False):
            found.append(_left(number, stay))
    if call.state != "ended" and story.stage != stage:
        found += _moved(stage, story)
    if story.outcome is not None and call.state == "ended":
        concluded = conclusion(story)
        if concluded != call.concluded:
            found.append(concluded)
    return found


def conclusion(story: Story) -> CallConcluded:
    """What became of a call that has ended."""
    return CallConcluded(**{one.name: getattr(story, one.name) for one in fields(CallConcluded)})


def _moved(stage: str, story: Story) -> list[Payload]:
    if story.stage == "talking":
        return [CallResumed() if stage == "held" else CallBridged()]
    if story.stage == "queued":
        return [_queued(len(story.stays), story.stays[-1])]
    return [STAGE_NEWS[story.stage]()] if story.stage in STAGE_NEWS else []


def _queued(number: int, stay: Stay) -> CallQueued:
    return CallQueued(
        number=number, queue=stay.queue, priority=stay.priority, language=stay.language
    )


def _left(number: int, stay: Stay) -> CallLeftQueue:
    assert stay.left_at is not None
    assert stay.result is not None
    return CallLeftQueue(
        number=number,
        queue=stay.queue,
        result=stay.result,
        wait_s=round((stay.left_at - stay.entered_at).total_seconds(), 3),
    )
