"""Writes into docs/reference/layers.md what can be counted: each call's signature, and its lines of code.

    python benchmarks/layer_lines.py

The tests hold the page against the same counts.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from layers.test_docs import PUBLIC, lines_of, signature_of  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "layers.md"


def line(text):
    name = re.match(r"\| `(\w+)\(", text)
    if name is None or name.group(1) not in PUBLIC:
        return text
    function = PUBLIC[name.group(1)]
    _, *cells, _ = re.split(r"(?<!\\)\|", text)
    return "|".join(["", f" `{signature_of(function)}` ", *cells[1:-1], f" {lines_of(function)} ", ""])


def main():
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text("\n".join(map(line, text.split("\n"))), encoding="utf-8")


if __name__ == "__main__":
    main()
