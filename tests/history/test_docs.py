"""docs/import.md says what the code does."""

import re
from pathlib import Path

from dispatch.history.mapping import parse_map

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_example_map_is_valid():
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    mapping = parse_map(example, "docs/import.md")
    assert mapping.order.number == "工单编号"
    assert set(mapping.assignment[0].columns()) == set("DEFGH") | {"restored", "closed"}


def test_every_rule_is_described():
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "dispatch" / "history").glob("*.py")
    )
    rules = set(re.findall(r'BadCell\(\s*[^"]*?"?[^"]*?"?,\s*"([a-z_]+)"', sources))
    assert len(rules) >= 9
    assert {rule for rule in rules if f"`{rule}`" not in PAGE} == set()


def test_the_examples_are_counted():
    assert len(list((ROOT / "docs" / "examples").glob("*.toml"))) == 6
    assert "`docs/examples/` has six maps" in PAGE
