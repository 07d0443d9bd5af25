"""Writes docs/openapi.json, from which the screens' types are made; `--check` compares."""

import json
import sys
from pathlib import Path

from api.app import create_app

FILE = Path(__file__).parent.parent / "docs" / "openapi.json"


def document() -> str:
    """The OpenAPI document as committed."""
    return json.dumps(create_app().openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """0, or 1 where `--check` finds the committed document out of date."""
    if "--check" in arguments:
        if FILE.exists() and FILE.read_text(encoding="utf-8") == document():
            return 0
        sys.stderr.write("docs/openapi.json is out of date: python -m api.openapi\n")
        return 1
    FILE.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
