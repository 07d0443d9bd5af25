"""Which flow a dialled number has: a file of the data directory, else the one that is shipped."""

from functools import lru_cache
from importlib import resources
from pathlib import Path

from core.errors import InvalidField
from core.settings import settings
from telephony.flow_document import Flow, parse_flow
from telephony.routing.queues import plan

FOLDER = "flows"
SHIPPED = "hotline.toml"


def flow_of(number: str) -> Flow:
    """The flow of a number: `flows/{number}.toml`, then `flows/hotline.toml`, then the shipped one.

    A changed file counts at once. Raises FlowInvalid.
    """
    folder = settings().data_dir / FOLDER
    for name in (f"{number}.toml", SHIPPED):
        path = folder / name
        if number_like(name) and path.is_file():
            return _read(path, path.stat().st_mtime_ns)
    return shipped()


def number_like(name: str) -> bool:
    """Whether a file may be called so: what the carrier says is never a path."""
    return name == SHIPPED or name.removesuffix(".toml").removeprefix("+").isalnum()


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> Flow:
    return checked(path.read_text(encoding="utf-8"), str(path.name))


@lru_cache(maxsize=1)
def shipped() -> Flow:
    """The flow that comes with Paidan."""
    text = (resources.files("telephony") / FOLDER / SHIPPED).read_text(encoding="utf-8")
    return parse_flow(text, SHIPPED)


def checked(text: str, file: str) -> Flow:
    """A flow whose queues exist. Raises FlowInvalid, or InvalidField naming the entry."""
    flow = parse_flow(text, file)
    known = {one.code for one in plan().queue}
    for number, one in enumerate(flow.entries):
        if one.queue not in known:
            raise InvalidField(f"entry.{number}.queue", f"there is no queue {one.queue}")
    return flow
