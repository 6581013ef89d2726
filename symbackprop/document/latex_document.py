r"""A document as LaTeX: a part to include, which needs amsmath, amssymb and longtable, or a whole document."""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.document.model import (
    Block,
    Display,
    Document,
    Formula,
    Listing,
    Math,
    Paragraph,
    Runs,
    Table,
    written,
)
from symbackprop.formula import tree
from symbackprop.formula.breaking import Piece, fill, total
from symbackprop.formula.latex import BETWEEN_RANGES, SIGNS, latex, line
from symbackprop.formula.latex import prose as text
from symbackprop.formula.tree import Sign
from symbackprop.formula.width import GAP, RELATION, letters, width
from symbackprop.picture.paper import PACKAGE

__all__ = ["fragment", "standalone"]

LINE = 77.5  # letters, as `width` estimates them, on a line of the standalone document beside the number

PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[a4paper,margin=20mm]{geometry}
\usepackage{amsmath,amssymb,longtable,array}
\usepackage[hidelinks]{hyperref}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\setlength{\emergencystretch}{3em}
\setlength{\tabcolsep}{3pt}
"""

# Lines of code in the letters of the typewriter font, which break at their spaces where the column is narrow
LISTING = r"""{\scriptsize\ttfamily\raggedright\frenchspacing\setlength{\parindent}{0pt}\setlength{\parskip}{0pt}
\def\_{\char95 }\def\{{\char123 }\def\}{\char125 }
"""

_REFERENCE, _COMMA = 3.5, 1.3  # the widths of a number of an equation, and of what stands between ranges
_CODE = 40  # characters of code that are never too long for a line
_FORMULAS = 8  # in a paragraph with more of them, which do not break, the lines end where they may
_WIDTHS = {  # of the columns, in parts of the line
    "sizes": (0.2, 0.74),
    "symbols": (0.2, 0.18, 0.14, 0.18, 0.25),
    "cost": (0.22, 0.72),
}


def fragment(document: Document, picture: str = "") -> str:
    """The sections, to be included in a document that loads amsmath, amssymb and longtable. `picture`: LaTeX behind the
    symbols, which may need more."""
    writer = _Writer(document.title)
    lines = [f"% The gradients of {document.title}; needs amsmath, amssymb and longtable.", ""]
    for section in document.sections:
        lines += [f"\\subsection*{{{text(section.title)}}}", ""]
        for block, following in zip(section.blocks, [*section.blocks[1:], None], strict=True):
            written = writer.block(block)
            # without an empty line between, a sentence stays with the display that it leads to
            lines.append(written.rstrip("\n") if isinstance(following, Display) else written)
        if section.key == "symbols" and picture:
            lines += ["\\subsection*{The network}", "", picture]
    return "\n".join(lines)


def standalone(document: Document, picture: str = "") -> str:
    """A document that any LaTeX engine typesets. `picture`: what `picture.paper.printed` gives, behind the symbols."""
    title = f"\\section*{{The gradients of {text(document.title)}}}"
    preamble = f"{PREAMBLE}{PACKAGE}\n" if picture else PREAMBLE
    return f"{preamble}\\begin{{document}}\n{title}\n\n{fragment(document, picture).rstrip()}\n\n\\end{{document}}\n"


class _Writer:
    def __init__(self, title: str) -> None:
        self.title = title

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(runs):
                words = self.runs(runs).strip()
                many = sum(isinstance(run, Math) for run in runs) > _FORMULAS
                return f"{{\\raggedright {words}\\par}}\n" if many else f"{words}\n"
            case Table():
                return self.table(block)
            case Display(formulas):
                left = max(width(formula.left) for formula in formulas)
                rows = [row for formula in formulas for row in self.formula(formula, LINE - left)]
                return "\\begin{align*}\n  " + " \\\\\n  ".join(rows) + "\n\\end{align*}\n"
            case Listing(lines):
                return f"{LISTING}{''.join(map(_code_line, lines))}}}\n"

    # --- text --------------------------------------------------------------------------------------
    def runs(self, runs: Runs) -> str:
        return "".join(written(runs, text, lambda formula: f"${latex(formula)}$", self.reference))

    def reference(self, label: str) -> str:
        return rf"\eqref{{{self.key(label)}}}"

    def key(self, label: str) -> str:
        return f"{self.title}:{label}"

    def table(self, table: Table) -> str:
        columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{w}\linewidth}}" for w in _WIDTHS[table.kind])
        head = " & ".join(rf"\textit{{{text(title)}}}" for title in table.header)
        rows = [" & ".join(self.cell(table, place, cell) for place, cell in enumerate(row)) for row in table.rows]
        body = " \\\\\n".join([rf"{head} \\[2pt]" + "\n\\endhead\n" + rows[0], *rows[1:]])
        return f"{{\\small\n\\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}\n{body}\n\\end{{longtable}}}}\n"

    def cell(self, table: Table, place: int, runs: Runs) -> str:
        if table.header[place] == "in the code":
            return rf"\texttt{{{self.runs(runs)}}}".replace(r"\_", r"\_\allowbreak{}")
        return "".join(written(runs, text, lambda formula: f"${_breakable(formula)}$", self.reference))

    # --- formulas ----------------------------------------------------------------------------------
    def formula(self, formula: Formula, room: float) -> list[str]:
        """The rows of a display, the right sides `room` wide."""
        rows = _Rows(formula.left, room)
        for step in formula.steps:
            rows.chain(step.sign, step.pieces)
            if step.reason:
                rows.behind(rf"\text{{({self.runs(step.reason)})}}", _runs_width(step.reason))
        rows.ranges(formula.ranges)
        out = rows.text()
        if formula.label:
            out[0] += rf" \tag{{{formula.label}}}\label{{{self.key(formula.label)}}}"
        if isinstance(formula.matrix, Formula):
            out += self.formula(formula.matrix, room)
        elif formula.matrix:
            out.append(rf"&\qquad \text{{\small no matrix form: {text(formula.matrix)}}}")
        return out


def _runs_width(runs: Runs) -> float:
    """Of a remark in parentheses."""
    return 2 * letters("(") + sum(written(runs, letters, width, lambda _: _REFERENCE))


def _code_line(line: str) -> str:
    """A line of code; where it breaks, the rest hangs a little further in."""
    words = line.lstrip(" ")
    indent = len(line) - len(words)
    if not words:
        return "\\vspace{1ex}\n"
    hanging = f"\\hangindent={(indent + 8) * 0.525:g}em " if len(line) > _CODE else ""
    return f"{hanging}{'~' * indent}{text(words).replace('  ', '~ ')}\\par\n"


def _breakable(formula: tree.Formula) -> str:
    """A formula in a narrow column: a word that it begins with may break at its underscores."""
    first = formula
    while isinstance(first, tree.Scripted | tree.Element):
        first = first.base if isinstance(first, tree.Scripted) else first.symbol
    written = latex(formula)
    if not isinstance(first, tree.Word):
        return written
    word = latex(first)
    return word.replace(r"\_", r"\_}\allowbreak\mathrm{") + written[len(word) :]


class _Rows:
    """The rows of a chain in an `align`: `left &= …`, and under it rows that start at the relation or are indented.
    `rights`: the right sides, each with its width."""

    def __init__(self, left: tree.Formula, room: float) -> None:
        self.left, self.room = latex(left), room
        self.rights: list[tuple[str, float]] = []

    def text(self) -> list[str]:
        (first, _), *rest = self.rights
        return [f"{self.left} &{first}", *(f"&{right}" for right, _ in rest)]

    def chain(self, sign: Sign, parts: Sequence[Piece]) -> None:
        """A step: behind the one before where there is room for both, else on rows of its own."""
        added = RELATION + total(parts)
        apart = any(part.apart for part in parts)
        if not apart and len(self.rights) == 1 and self._fits(added):
            self._add(f" {SIGNS[sign]} {line(parts)}", added)
        else:
            self._fill(SIGNS[sign], RELATION, parts)

    def behind(self, note: str, note_width: float) -> None:
        """A remark behind the last row."""
        if self._fits(note_width + GAP):
            self._add(rf" \qquad {note}", note_width + GAP)
        else:
            self.rights.append((rf"\qquad {note}", note_width + GAP))

    def ranges(self, ranges: Sequence[tree.Formula]) -> None:
        if not ranges:
            return
        widths = [width(range_) + _COMMA for range_ in ranges]
        if self._fits(sum(widths) - _COMMA + GAP):
            self.behind(BETWEEN_RANGES.join(map(latex, ranges)), sum(widths) - _COMMA)
            return
        row, at = [r"\qquad \text{for }"], GAP + letters("for")
        for place, (range_, wide) in enumerate(zip(ranges, widths, strict=True)):
            if at + wide > self.room and place:
                self.rights.append((" ".join(row), at))
                row, at = [r"\qquad"], GAP
            row.append(latex(range_) + (BETWEEN_RANGES if place + 1 < len(ranges) else ""))
            at += wide
        self.rights.append((" ".join(row), at))

    def _fits(self, added: float) -> bool:
        return self.rights[-1][1] + added <= self.room

    def _add(self, right: str, added: float) -> None:
        before, at = self.rights[-1]
        self.rights[-1] = (before + right, at + added)

    def _fill(self, opening: str, left: float, parts: Sequence[Piece]) -> None:
        first, *rest = fill(left, parts, self.room)
        self.rights.append((f"{opening} {line(first)}", left + total(first)))
        self.rights += [(rf"\qquad {line(parts, starts=True)}", GAP + total(parts)) for parts in rest]
