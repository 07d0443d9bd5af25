"""What customers whom we call hear about recording, before they are connected."""

from uuid import UUID

from core.uow import UnitOfWork
from telephony import telling
from telephony.flow_files import flow_of
from telephony.recordings.policy import policy
from telephony.script import Gather, Say, Script, Step

STEP = "consent"


def called(
    uow: UnitOfWork, call_id: UUID, hotline: str, queue: str, language: str | None, step: Step
) -> Script:
    """The words, or the question, that the flow of the hotline's number has; empty where that says
    nothing of recording or the queue is never recorded. A question comes back with `STEP`.
    """
    flow = flow_of(hotline)
    if flow.consent == "none" or policy().rule(queue) == "never":
        return ()
    short = flow.short_of(language)
    voice = flow.language(short).code

    def say(words: str) -> Say:
        return Say(flow.said(words, short), voice)

    if flow.consent == "announce":
        telling.decided(uow, call_id, "consent", STEP, basis="announced")
        return (say("recorded"),)
    if step.name != STEP:
        return (Gather(STEP, (say("consent"),), digits=1, timeout_s=flow.answer_s),)
    agreed = step.digits == flow.consent_key
    telling.decided(uow, call_id, "consent", STEP, basis="agreed" if agreed else "refused")
    return () if agreed else (say("not_recorded"),)
