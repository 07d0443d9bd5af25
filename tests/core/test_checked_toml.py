"""Documents with a schema: all that is wrong is named with file, line and field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from core import checked_toml
from core.errors import InvalidField


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str
    weight: int = Field(ge=1)


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    part: tuple[Part, ...] = ()

    def problems(self) -> Iterator[checked_toml.Wrong]:
        yield from checked_toml.twice("part", (one.code for one in self.part))


GOOD = '[[part]]\ncode = "a"\nweight = 1\n'


def read(text: str) -> Document:
    return checked_toml.read(Document, text, "parts.toml", Document.problems)


def test_a_good_one_is_read() -> None:
    assert read(GOOD).part == (Part(code="a", weight=1),)


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("part = [", "parts.toml", "Invalid value"),
        (GOOD.replace("1", "0"), "parts.toml: part.0.weight", "greater than or equal to 1"),
        ("other = 1", "parts.toml: other", "not permitted"),
        (GOOD * 3, "parts.toml: part.a", "is there twice"),
    ],
)
def test_what_is_wrong_is_named(text: str, field: str, message: str) -> None:
    with pytest.raises(InvalidField, match=message) as raised:
        read(text)
    assert [error.field for error in raised.value.errors] == [field]


def test_all_that_is_wrong_is_named_in_both_languages() -> None:
    with pytest.raises(InvalidField) as raised:
        read("other = 1\n[[part]]\nweight = 0\n")
    assert {one.field: one.sentence("zh") for one in raised.value.errors} == {
        "parts.toml: part.0.code": "第 2 行 必填",
        "parts.toml: part.0.weight": "第 3 行 不得小于 1",
        "parts.toml: other": "第 1 行 没有此字段",
    }
    assert all(one.field in raised.value.sentence("en") for one in raised.value.errors)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidField, match=r"gone\.toml: cannot be read \(No such file"):
        checked_toml.text_in(tmp_path / "gone.toml")


def test_what_is_there_more_than_once_is_named_once_and_in_order() -> None:
    assert [place for place, _ in checked_toml.twice("x", "cabacaa")] == ["x.a", "x.c"]


def test_the_folders_own_text_comes_before_the_shipped_one(tmp_path: Path) -> None:
    package, file = "telephony.routing", "queues.toml"
    shipped = checked_toml.text_of(tmp_path, package, file)
    assert shipped == checked_toml.shipped(package, file) != ""
    (tmp_path / file).write_text("# 自己的", encoding="utf-8")
    assert checked_toml.text_of(tmp_path, package, file) == "# 自己的"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "a = 1\n# 自己的".encode("gbk")])
def test_what_is_not_utf_8_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.toml").write_bytes(content)
    line = content.count(b"\n") + 1
    with pytest.raises(InvalidField, match=f"line {line} is not UTF-8") as raised:
        checked_toml.text_of(tmp_path, "telephony.routing", "own.toml")
    [error] = raised.value.errors
    assert (error.field, error.sentence("zh")) == ("own.toml", f"第 {line} 行不是 UTF-8 编码")


def test_what_editors_elsewhere_write_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2")
    assert checked_toml.text_in(tmp_path / "own.toml") == "a = 1\nb = 2"
