"""Which flow a dialled number has: a file of the data directory, else the one that is shipped."""

from functools import lru_cache
from importlib import resources
from pathlib import Path

from core.logging import logger
from core.settings import settings
from telephony.flow_document import Flow, FlowInvalid, parse_flow, refused
from telephony.routing.queues import plan
from telephony.rules import NUMBER

FOLDER = "flows"
SHIPPED = "hotline.toml"
log = logger(__name__)


def flow_of(number: str) -> Flow:
    """The flow of a number: `flows/{number}.toml`, then `flows/hotline.toml`, then the shipped one.

    What is no number has no file of its own. A changed file counts at once; one that cannot be
    used is in the log, once. Raises FlowInvalid.
    """
    folder = settings().data_dir / FOLDER
    own = [f"{number}.toml"] if NUMBER.fullmatch(number) else []
    for name in (*own, SHIPPED):
        path = folder / name
        if path.is_file():
            found = _read(path, path.stat().st_mtime_ns)
            if isinstance(found, FlowInvalid):
                raise FlowInvalid(errors=found.errors, **found.params)
            return found
    return shipped()


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> Flow | FlowInvalid:
    try:
        return parse_flow(_content(path), path.name, {one.code for one in plan().queue})
    except FlowInvalid as wrong:
        what = [f"{one.field}: {one.message}" for one in wrong.errors]
        log.error("flow_invalid", file=path.name, wrong=what)
        return wrong


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        said = (f"无法读取（{why}）", f"cannot be read ({why})")
        raise refused(path.name, [("document", None, said)]) from None


@lru_cache(maxsize=1)
def shipped() -> Flow:
    """The flow that comes with Paidan."""
    text = (resources.files("telephony") / FOLDER / SHIPPED).read_text(encoding="utf-8")
    return parse_flow(text, SHIPPED)
