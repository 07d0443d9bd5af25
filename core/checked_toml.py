"""TOML documents with a schema: the shipped one, or an installation's own in the data directory."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import FieldError, InvalidField, InvalidFields
from core.findings import Words, both
from core.toml_lines import line_of

Document = TypeVar("Document", bound=BaseModel)
Wrong = tuple[str | tuple[str | int, ...], str]
"""A field, and what is wrong with it. Keys and places in lists, one by one, get their line said."""


def read(
    kind: type[Document],
    text: str,
    file: str,
    problems: Callable[[Document], Iterable[Wrong]] = lambda _: (),
) -> Document:
    """The document of a text. Raises InvalidFields naming `file` and all that is wrong with it.

    `problems`: what is wrong beyond what the types say.
    """
    return checked(kind, values_of(text, file), file, text, problems)


def values_of(text: str, file: str) -> dict[str, Any]:
    """What a text says, unchecked. Raises InvalidField."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        what = str(error)
        raise InvalidField(file, what, f"不是有效的 TOML（{what}）") from None


def checked(
    kind: type[Document],
    values: Mapping[str, Any],
    file: str,
    text: str,
    problems: Callable[[Document], Iterable[Wrong]] = lambda _: (),
) -> Document:
    """The document of values; as `read`. `text`: where they, or some of them, are written."""
    try:
        found = kind.model_validate(values)
    except ValidationError as error:
        raise _refused(file, text, ((one["loc"], both(one)) for one in error.errors())) from None
    if wrong := [(place, (what, what)) for place, what in problems(found)]:
        raise _refused(file, text, wrong)
    return found


def _refused(
    file: str, text: str, wrong: Iterable[tuple[Sequence[str | int], Words]]
) -> InvalidFields:
    return InvalidFields([_error(file, text, place, words) for place, words in wrong])


def _error(file: str, text: str, place: Sequence[str | int], words: Words) -> FieldError:
    if isinstance(place, str):
        return FieldError(f"{file}: {place}", words[1], words[0])
    line = line_of(text, place)
    zh, en = (f"第 {line} 行 ", f"line {line}: ") if line else ("", "")
    name = ".".join(str(part) for part in place)
    return FieldError(f"{file}: {name}", en + words[1], zh + words[0])


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
    """The text of a file. Raises InvalidField naming it, and the line that is not UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise InvalidField(path.name, f"cannot be read ({why})", f"无法读取（{why}）") from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = (f"line {line} is not UTF-8", f"第 {line} 行不是 UTF-8 编码")
        raise InvalidField(path.name, *what) from None


def shipped(package: str, file: str) -> str:
    """The text of a file that comes with a package."""
    return (resources.files(package) / file).read_text(encoding="utf-8")
