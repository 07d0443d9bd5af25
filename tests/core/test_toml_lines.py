"""Line numbers of keys: documents are made with every way of writing TOML, and the line of each
value is known from the making.
"""

import tomllib
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from core.toml_lines import line_of

KEYS = ("code", "limit", "a-b", "x_1", "zh")
Path = tuple[str | int, ...]


@dataclass
class Made:
    """A document under way: its text, and the line of each path."""

    text: str = ""
    lines: dict[Path, int] = field(default_factory=dict)

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)


scalars = st.sampled_from(
    [
        "1", "-2.5", "true", "2024-01-31", "12:30:00", '"text"', "'raw # [x]'",
        '"with \\" and # and ]"', '"""two\nlines = [ "yes" ]"""', "'''three\n\nlines'''", '""',
    ]
)  # fmt: skip
gaps = st.sampled_from(["", " ", "\n", "\n\n", " # a comment = [1, 2]\n", "\n# {x}\n  "])
notes = st.sampled_from(["", "# nothing\n", "\n", "  # [[no]]\n\n"])


def _quoted(key: str, draw: st.DrawFn) -> str:
    return draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))


def _value(made: Made, path: Path, draw: st.DrawFn, depth: int) -> None:
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth else "scalar"
    if kind == "scalar":
        made.text += draw(scalars)
    elif kind == "list":
        made.text += "["
        for number in range(draw(st.integers(0, 3))):
            made.text += draw(gaps)
            made.note((*path, number))
            _value(made, (*path, number), draw, depth - 1)
            made.text += draw(gaps) + ","
        made.text += draw(gaps) + "]"
    else:
        made.text += "{ "
        keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
        for number, key in enumerate(keys):
            made.text += ", " if number else ""
            _pair(made, path, key, draw, depth - 1)
        made.text += " }"


def _pair(made: Made, table: Path, key: str, draw: st.DrawFn, depth: int) -> None:
    made.note((*table, key))
    made.text += _quoted(key, draw) + draw(st.sampled_from([" = ", "=", " ="]))
    _value(made, (*table, key), draw, depth)


def _table(made: Made, table: Path, draw: st.DrawFn) -> None:
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4)):
        made.text += draw(notes)
        _pair(made, table, key, draw, 2)
        made.text += draw(st.sampled_from(["\n", "  # = end\n", "\n\n"]))


@st.composite
def documents(draw: st.DrawFn) -> Made:
    made = Made(draw(notes))
    _table(made, (), draw)
    for name in draw(st.lists(st.sampled_from(["total", "parties"]), unique=True)):
        made.text += draw(notes)
        made.note((name,))
        made.text += f"[{_quoted(name, draw)}]\n"
        _table(made, (name,), draw)
    for number in range(draw(st.integers(0, 3))):
        made.text += draw(notes)
        made.note(("segments",))
        made.note(("segments", number))
        made.text += "[[segments]]\n"
        _table(made, ("segments", number), draw)
    return made


@given(documents())
@settings(max_examples=300, deadline=None)
def test_every_key_and_element_is_found_in_the_line_where_it_stands(made):
    tomllib.loads(made.text)
    assert {path: line_of(made.text, path) for path in made.lines} == made.lines


@given(documents())
@settings(max_examples=50, deadline=None)
def test_what_is_not_written_has_the_line_of_what_it_would_stand_in(made):
    for path, line in made.lines.items():
        assert line_of(made.text, (*path, "nowhere")) == line
    assert line_of(made.text, ("nowhere",)) is None
