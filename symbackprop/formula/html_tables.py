"""Tables for notebooks: HTML that reads in light and in dark, in Jupyter, in editors and on a page.

No colours, so that those around hold; formulas are MathML, which browsers draw themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from xml.etree.ElementTree import tostring

from symbackprop.errors import UnknownNotation
from symbackprop.formula.latex import latex
from symbackprop.formula.mathml import element
from symbackprop.formula.tree import Formula

__all__ = ["Cell", "formula", "html_table", "note"]

Cell = str | Formula
_LEFT = "text-align:left;vertical-align:baseline;padding:0.25em 0.7em"
_RIGHT = "text-align:right;vertical-align:baseline;padding:0.25em 0.7em;white-space:nowrap"


def html_table(
    title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], numbers: Collection[int] = (), strong: str = ""
) -> str:
    """A table under a title. `numbers`: the columns set flush right; `strong`: a text that is set in bold."""
    lines = [f"<p><b>{escape(title)}</b></p>"] if title else []
    lines += ['<table class="dataframe">', "<thead>", _row("th", head, numbers, ""), "</thead>", "<tbody>"]
    lines += [_row("td", row, numbers, strong) for row in rows]
    return "\n".join([*lines, "</tbody>", "</table>"])


def _row(tag: str, cells: Sequence[Cell], numbers: Collection[int], strong: str) -> str:
    parts = []
    for place, cell in enumerate(cells):
        text = f"<b>{escape(cell)}</b>" if isinstance(cell, str) and cell and cell == strong else _shown(cell)
        parts.append(f'<{tag} style="{_RIGHT if place in numbers else _LEFT}">{text}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"


def _shown(cell: Cell) -> str:
    return escape(cell).replace("\n", "<br/>") if isinstance(cell, str) else formula(cell)


def formula(shown: Formula) -> str:
    """The formula as MathML; in dollars where its author chose LaTeX that MathML lacks."""
    try:
        root = element(shown, display=True)
    except UnknownNotation:
        return escape(f"${latex(shown)}$")
    root.set("displaystyle", "true")  # large sums, and fractions of full size
    return tostring(root, encoding="unicode")


def note(text: str) -> str:
    """A paragraph under a table; "" for no text."""
    return f"<p>{escape(text)}</p>" if text else ""
