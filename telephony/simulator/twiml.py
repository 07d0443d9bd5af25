"""Reads documents. What is not documented fails: a typing error must not pass unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from telephony.simulator.attributes import ATTRIBUTES
from telephony.simulator.errors import (
    DOCUMENT_BAD_VERB,
    DOCUMENT_NO_TYPE,
    DOCUMENT_UNREADABLE,
    DocumentFailed,
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MAX_LENGTH = 64 * 1024
VOICE = _set("Say Play Pause Gather Enqueue Dial Record Redirect Leave Reject Hangup")
WAIT = _set("Play Say Pause Hangup Redirect Leave Gather")
HOLD = _set("Play Say Pause Redirect")
MESSAGING = frozenset(("Message", "Redirect"))
CHILDREN: Mapping[str, frozenset[str]] = {
    "Gather": frozenset(("Say", "Play", "Pause")),
    "Dial": frozenset(("Number", "Conference", "Queue")),
    "Message": frozenset(("Body",)),
}
_TYPES = ("text/xml", "application/xml", "text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Verb:
    """One element of a document."""

    name: str
    attributes: Mapping[str, str]
    text: str
    children: tuple["Verb", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """An attribute's value."""
        return self.attributes.get(name, default)

    def yes(self, name: str, *, default: bool = False) -> bool:
        """An attribute that says true or false. Raises DocumentFailed."""
        value = self.attributes.get(name)
        if value is None:
            return default
        if value.lower() not in ("true", "false"):
            raise _bad(f"{self.name}.{name} must be true or false, not {value!r}")
        return value.lower() == "true"

    def number(self, name: str, default: int, low: int = 0) -> int:
        """An attribute that is a whole number. Raises DocumentFailed."""
        value = self.attributes.get(name)
        if value is None:
            return default
        if not value.isdigit() or int(value) < low:
            raise _bad(f"{self.name}.{name} must be a number from {low}, not {value!r}")
        return int(value)


Document = tuple[Verb, ...]


def read(body: str, content_type: str, allowed: frozenset[str] = VOICE) -> Document:
    """The verbs of a document. Raises DocumentFailed naming what is wrong in it."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/plain" and allowed is MESSAGING:
        return (Verb("Message", {}, body),) if body else ()
    if kind not in _TYPES:
        raise DocumentFailed(DOCUMENT_NO_TYPE, f"Invalid Content-Type {kind!r}")
    if len(body.encode()) > MAX_LENGTH:
        raise DocumentFailed(DOCUMENT_UNREADABLE, "Document is longer than 64 KB")
    if "<!DOCTYPE" in body or "<!ENTITY" in body:
        raise DocumentFailed(DOCUMENT_UNREADABLE, "A document type is not allowed")
    try:
        root = ElementTree.fromstring(body.strip())  # noqa: S314 - without a document type
    except ElementTree.ParseError as error:
        raise DocumentFailed(DOCUMENT_UNREADABLE, f"Document parse failure: {error}") from None
    if root.tag != "Response":
        raise DocumentFailed(DOCUMENT_UNREADABLE, f"Root must be Response, not {root.tag}")
    if (root.text or "").strip():
        raise _bad("Response holds words outside of a verb")
    return tuple(_verb(element, allowed) for element in root)


def _verb(element: ElementTree.Element, allowed: frozenset[str]) -> Verb:
    name = str(element.tag)
    if name not in allowed:
        raise _bad(f"{name} is not allowed here")
    unknown = sorted(set(element.attrib) - ATTRIBUTES[name])
    if unknown:
        raise _bad(f"{name} has no attribute {', '.join(unknown)}")
    inner = CHILDREN.get(name, frozenset())
    children = tuple(_verb(child, inner) for child in element)
    return Verb(name, dict(element.attrib), (element.text or "").strip(), children)


def _bad(message: str) -> DocumentFailed:
    return DocumentFailed(DOCUMENT_BAD_VERB, f"Schema validation: {message}")
