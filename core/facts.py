"""What a kind of fact is, and the register of all of them."""

from collections.abc import Callable
from typing import ClassVar, TypeVar


class Payload:
    """Base of all event payloads. `TYPE` and `STREAM` are set by `fact`."""

    TYPE: ClassVar[str]
    STREAM: ClassVar[str]


P = TypeVar("P", bound=Payload)
REGISTRY: dict[str, type[Payload]] = {}


def fact(type_: str) -> Callable[[type[P]], type[P]]:
    """Register a payload class under `stream.what_happened`."""

    def register(cls: type[P]) -> type[P]:
        if type_ in REGISTRY:
            raise ValueError(f"event type {type_} is defined twice")
        cls.TYPE = type_
        cls.STREAM = type_.split(".", 1)[0]
        REGISTRY[type_] = cls
        return cls

    return register
