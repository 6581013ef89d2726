"""Docstrings, which are plain text, as reStructuredText: `code` in single backticks, formulas as they stand."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

_CODE = re.compile(r"(`+[^`]+`+)")


def marked(line: str) -> str:
    """A line of prose: what is in backticks is code, and what would be markup elsewhere is a character."""
    parts = _CODE.split(line)
    parts[::2] = [re.sub(r"([*|\\])", r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"``{part.strip('`')}``" for part in parts[1::2]]
    return "".join(parts)


def restructured(lines: list[str]) -> list[str]:
    """A docstring's lines: prose, prompts as they stand, and indented formulas as blocks of text."""
    out: list[str] = []
    for paragraph in re.split(r"\n(?:[ ]*\n)+", "\n".join(lines).strip("\n")):
        rows = paragraph.split("\n")
        if rows[0].lstrip().startswith(">>>"):
            out += rows
        elif all(row.startswith("    ") for row in rows):
            out += [".. code-block:: text", "", *rows]
        else:
            # one line, so that no line's indentation or first character means something
            out.append(" ".join(marked(row).strip() for row in rows))
        out.append("")
    return out


def process(_app: Sphinx, _what: str, _name: str, _object: object, _options: object, lines: list[str]) -> None:
    lines[:] = restructured(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
