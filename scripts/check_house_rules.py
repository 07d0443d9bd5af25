"""House rules that no linter knows. Prints each offence; exit code 1 when there is one."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "telephony", "gps", "sla", "dispatch", "dashboards", "api")
CLOCK = Path("core/clock.py")
# The simulator of the carrier is a world of its own, with its own time.
CLOCKS = (CLOCK, Path("telephony/simulator/clock.py"))
MAX_LINES = 500
# Attribute calls that read the wall clock, whatever the module is called locally.
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
}


def product_files() -> list[Path]:
    """All Python files of the product, relative to the root."""
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts
    )


def clock_readers(path: Path, source: str) -> Iterator[str]:
    """Places beside the clocks that read the clock."""
    if path in CLOCKS:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in CLOCK_CALLS:
                yield f"{path}:{node.lineno}: only core/clock.py reads the clock"


def bad_shape(path: Path, source: str) -> Iterator[str]:
    """File names and lengths."""
    if "utils" in path.stem:
        yield f"{path}: a file is named by what it holds, not utils"
    lines = source.count("\n")
    # A migration is one step of history: split, it would be two steps.
    if lines > MAX_LINES and "versions" not in path.parts:
        yield f"{path}: {lines} lines, more than {MAX_LINES}; split it"


def undocumented_settings() -> Iterator[str]:
    """Settings that docs/settings.md does not name, and names that are no settings."""
    from core.settings import Settings

    text = (ROOT / "docs/settings.md").read_text()
    named = set(re.findall(r"`PAIDAN_([A-Z0-9_]+)`", text))
    known = {name.upper() for name in Settings.model_fields}
    for name in sorted(known - named):
        yield f"docs/settings.md: PAIDAN_{name} is missing"
    for name in sorted(named - known):
        yield f"docs/settings.md: PAIDAN_{name} is not a setting"


def offences() -> list[str]:
    """Everything that is wrong."""
    found: list[str] = []
    for path in product_files():
        source = (ROOT / path).read_text()
        found += [*clock_readers(path, source), *bad_shape(path, source)]
    return [*found, *undocumented_settings()]


if __name__ == "__main__":
    problems = offences()
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))
