"""Kinds of facts about messages that leave the house; core/events.py gives them to all."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Payload, fact


@fact("message.asked")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAsked(Payload):
    """A short message is to be sent: from which text, in which language, about what.

    `version`: of the template, by its texts. `campaign_id`: the mass notice that it is part of.
    """

    template: str
    version: str
    category: str
    channel: str
    language: str
    segments: int
    about: str
    about_id: UUID
    campaign_id: UUID | None = None


@fact("message.moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageMoved(Payload):
    """A message has come to another state. `code`: why, the carrier's number or a word of ours."""

    state: str
    code: str | None = None


@fact("suppression.began")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionBegan(Payload):
    """A number gets no more messages of a scope (`notice`, `marketing`). `how`: word or agent."""

    scope: str
    how: str


@fact("suppression.ended")
@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionEnded(Payload):
    """The number gets them again. `how`: word or agent."""

    how: str
