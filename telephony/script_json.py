"""Scripts as JSON, for a command that has to keep one until the carrier is asked."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

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

_NODES: dict[str, type[Node]] = {
    kind.__name__: kind
    for kind in (Say, Play, Pause, Gather, Enqueue, Join, Record, Leave, Reject, HangUp)
}


def to_json(script: Script) -> list[dict[str, Any]]:
    """The nodes as JSON values, for `commands.ask(…, params={"script": …})`."""
    return [_written(node) for node in script]


def from_json(nodes: Sequence[dict[str, Any]]) -> Script:
    """The script again. Raises ValueError for what `to_json` did not write."""
    return tuple(_read(node) for node in nodes)


def _written(node: Node) -> dict[str, Any]:
    values = {one.name: getattr(node, one.name) for one in fields(node)}
    if isinstance(node, Gather):
        values["prompts"] = [_written(prompt) for prompt in node.prompts]
    return {"node": type(node).__name__, **values}


def _read(values: dict[str, Any]) -> Node:
    rest = dict(values)
    kind = _NODES.get(rest.pop("node", ""))
    if kind is None:
        raise ValueError(f"no such node: {values}")
    if kind is Gather:
        rest["prompts"] = tuple(_read(prompt) for prompt in rest.get("prompts", ()))
    try:
        return kind(**rest)
    except TypeError as error:
        raise ValueError(str(error)) from None
