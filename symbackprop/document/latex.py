r"""A document as LaTeX: a part to include, which needs amsmath, amssymb and longtable, or a whole document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symbackprop.document.model import (
    Block,
    Display,
    Document,
    Formula,
    Listing,
    Math,
    Matrix,
    Paragraph,
    Reference,
    Run,
    Runs,
    Step,
    Table,
)
from symbackprop.latex.breaking import fill
from symbackprop.latex.indices import BETWEEN_RANGES
from symbackprop.latex.names import text
from symbackprop.latex.width import visible

__all__ = ["fragment", "standalone"]

GAP = 4.0  # what a \qquad takes
LINE = 77.5  # letters, as `visible` estimates them, on a line of the standalone document beside the number

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

_CODE = 40  # characters of code that are never too long for a line
_FORMULAS = 8  # in a paragraph with more of them, which do not break, the lines end where they may
_WIDTHS = {  # of the columns, in parts of the line
    "sizes": (0.2, 0.74),
    "symbols": (0.2, 0.18, 0.14, 0.18, 0.25),
    "cost": (0.22, 0.72),
}


def fragment(document: Document) -> str:
    """The sections, to be included in a document that loads amsmath, amssymb and longtable."""
    writer = _Writer(document.title)
    lines = [f"% The gradients of {document.title}; needs amsmath, amssymb and longtable.", ""]
    for section in document.sections:
        lines += [f"\\subsection*{{{text(section.title)}}}", ""]
        for block, following in zip(section.blocks, [*section.blocks[1:], None], strict=True):
            written = writer.block(block)
            # without an empty line between, a sentence stays with the display that it leads to
            lines.append(written.rstrip("\n") if isinstance(following, Display) else written)
    return "\n".join(lines)


def standalone(document: Document) -> str:
    """A document that any LaTeX engine typesets."""
    title = f"\\section*{{The gradients of {text(document.title)}}}"
    return f"{PREAMBLE}\\begin{{document}}\n{title}\n\n{fragment(document).rstrip()}\n\n\\end{{document}}\n"


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
                left = max(visible(formula.left) for formula in formulas)
                rows = [row for formula in formulas for row in self.formula(formula, LINE - left)]
                return "\\begin{align*}\n  " + " \\\\\n  ".join(rows) + "\n\\end{align*}\n"
            case Listing(lines):
                return f"{LISTING}{''.join(map(_code_line, lines))}}}\n"

    # --- text --------------------------------------------------------------------------------------
    def runs(self, runs: Runs) -> str:
        return "".join(self.run(run) for run in runs)

    def run(self, run: Run) -> str:
        match run:
            case str():
                return text(run)
            case Math(latex):
                return f"${latex}$"
            case Reference(label):
                return rf"\eqref{{{self.key(label)}}}"

    def key(self, label: str) -> str:
        return f"{self.title}:{label}"

    def table(self, table: Table) -> str:
        columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{w}\linewidth}}" for w in _WIDTHS[table.kind])
        head = " & ".join(rf"\textit{{{self.run(title)}}}" for title in table.header)
        rows = [" & ".join(self.cell(table, place, cell) for place, cell in enumerate(row)) for row in table.rows]
        body = " \\\\\n".join([rf"{head} \\[2pt]" + "\n\\endhead\n" + rows[0], *rows[1:]])
        return f"{{\\small\n\\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}\n{body}\n\\end{{longtable}}}}\n"

    def cell(self, table: Table, place: int, runs: Runs) -> str:
        text = self.runs(runs)
        if table.header[place] == "in the code":
            return rf"\texttt{{{text}}}".replace(r"\_", r"\_\allowbreak{}")
        return re.sub(r"(?<=\$)\\mathrm\{[^{}]*\}", _breakable, text)

    # --- formulas ----------------------------------------------------------------------------------
    def formula(self, formula: Formula, room: float) -> list[str]:
        """The rows of one formula, none of whose right sides is wider than `room`."""
        rows = _Rows(formula.left, room)
        for step in formula.steps:
            rows.chain(step.relation, step.pieces)
            rows.behind(self._reason(step))
        rows.ranges(formula.ranges)
        out = rows.text()
        if formula.label:
            out[0] += rf" \tag{{{formula.label}}}\label{{{self.key(formula.label)}}}"
        if formula.matrix is not None:
            out += self._matrix(formula.matrix, room)
        return out

    def _reason(self, step: Step) -> str:
        return rf"\text{{({self.runs(step.reason)})}}" if step.reason else ""

    def _matrix(self, matrix: Matrix, room: float) -> list[str]:
        if matrix.step is None:
            return [rf"&\qquad \text{{\small no matrix form: {self.run(matrix.reason)}}}"] if matrix.reason else []
        rows = _Rows(matrix.left, room)
        rows.chain(matrix.step.relation, matrix.step.pieces)
        rows.ranges(matrix.ranges)
        return rows.text()


def _code_line(line: str) -> str:
    """A line of code; where it breaks, the rest hangs a little further in."""
    words = line.lstrip(" ")
    indent = len(line) - len(words)
    if not words:
        return "\\vspace{1ex}\n"
    hanging = f"\\hangindent={(indent + 8) * 0.525:g}em " if len(line) > _CODE else ""
    return f"{hanging}{'~' * indent}{text(words).replace('  ', '~ ')}\\par\n"


def _breakable(word: re.Match[str]) -> str:
    """A word in a narrow column may break at its underscores."""
    return word[0].replace(r"\_", r"\_}\allowbreak\mathrm{")


class _Rows:
    """The rows of a chain in an `align`: `left &= …`, and under it rows that start at the relation or are indented."""

    def __init__(self, left: str, room: float) -> None:
        self.left, self.room = left, room
        self.rights: list[str] = []

    def text(self) -> list[str]:
        first, *rest = self.rights
        return [f"{self.left} &{first}", *(f"&{right}" for right in rest)]

    def chain(self, relation: str, parts: Sequence[str]) -> None:
        """A step: behind the one before where there is room for both, else on rows of its own."""
        whole = f"{relation} {' '.join(parts)}"
        breaks = any(part.startswith("\n") for part in parts)
        if not breaks and len(self.rights) == 1 and visible(self.rights[0]) + visible(whole) <= self.room:
            self.rights[0] += f" {whole}"
        else:
            self._fill(relation, parts)

    def behind(self, note: str) -> None:
        """A remark behind the last row."""
        if note:
            if visible(self.rights[-1]) + visible(note) + GAP <= self.room:
                self.rights[-1] += rf" \qquad {note}"
            else:
                self.rights.append(rf"\qquad {note}")

    def ranges(self, ranges: str) -> None:
        if not ranges:
            return
        if visible(self.rights[-1]) + visible(ranges) + GAP <= self.room:
            self.rights[-1] += rf" \qquad {ranges}"
            return
        *some, last = ranges.split(BETWEEN_RANGES)
        each = [*(rf"{part},\ " for part in some), last]
        self._fill(r"\qquad \text{for }", each)

    def _fill(self, opening: str, parts: Sequence[str]) -> None:
        first, *rest = fill(opening, parts, self.room)
        self.rights += [first, *(rf"\qquad {line}" for line in rest)]
