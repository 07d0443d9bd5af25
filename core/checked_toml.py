"""TOML documents with a schema: the shipped one, or an installation's own in the data directory."""

import tomllib
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidField

Document = TypeVar("Document", bound=BaseModel)
Wrong = tuple[str, str]
"""A field, and what is wrong with it."""


def read(
    kind: type[Document],
    text: str,
    file: str,
    problems: Callable[[Document], Iterable[Wrong]] = lambda _: (),
) -> Document:
    """The document of a text. Raises InvalidField naming `file` and the first thing wrong with it.

    `problems`: what is wrong beyond what the types say.
    """
    try:
        found = kind.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidField(file, str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidField(f"{file}: {place}", first["msg"]) from None
    for place, what in problems(found):
        raise InvalidField(f"{file}: {place}", what)
    return found


def twice(kind: str, codes: Iterable[str]) -> Iterable[Wrong]:
    """What is wrong with codes that may be there once only; each is named once."""
    seen: dict[str, int] = {}
    for code in codes:
        seen[code] = seen.get(code, 0) + 1
        if seen[code] == 2:
            yield f"{kind}.{code}", "is there twice"


def text_of(folder: Path, package: str, file: str) -> str:
    """The text of the file in the folder; of the one that comes with the package without it.

    Raises InvalidField.
    """
    own = folder / file
    return text_in(own) if own.is_file() else shipped(package, file)


def text_in(path: Path) -> str:
    """The text of a file. Raises InvalidField naming it and the line that is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = (f"line {line} is not UTF-8", f"第 {line} 行不是 UTF-8 编码")
        raise InvalidField(path.name, *what) from None


def shipped(package: str, file: str) -> str:
    """The text of a file that comes with a package."""
    return (resources.files(package) / file).read_text(encoding="utf-8")
