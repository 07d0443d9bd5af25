"""Facts about the directory: who changed how much of it. Part of `core.events`."""

from dataclasses import dataclass

from core.facts import Payload, fact


@fact("directory.import_began")
@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryImportBegan(Payload):
    """The first row of a checked file is about to be written. `digest`: SHA-256 of the file."""

    kind: str
    digest: str
    rows: int


@fact("directory.imported")
@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryImported(Payload):
    """An import ended. `outcome`: done, cancelled or failed; what was counted stays."""

    kind: str
    digest: str
    outcome: str
    rows: int
    added: int
    changed: int
    same: int
    rejected: int
    warned: int
