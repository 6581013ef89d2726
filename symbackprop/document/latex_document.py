r"""A document as LaTeX: a part to include, which needs amsmath and amssymb, or a whole document.

How its parts are set is said by macros of TeX, which both carry with them (`templates/latex`): a paper may have columns
of any width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from symbackprop.document.breakable import breakable, chained
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
    Verbatim,
    written,
)
from symbackprop.formula import tree
from symbackprop.formula.latex import SIGNS, latex
from symbackprop.formula.latex import prose as text
from symbackprop.picture.paper import PACKAGE
from symbackprop.resources import templates

__all__ = ["fragment", "standalone"]

_FORMULAS = 8  # in a paragraph with more of them, which do not break, the lines end where they may


def fragment(document: Document) -> str:
    """A section of a paper that loads amsmath and amssymb, with a subsection for each of the document's."""
    said = [part for part in (document.author, document.date) if part]
    head = [
        f"% The gradients of {document.name}; needs amsmath and amssymb.",
        _template("macros"),
        f"\\section[{{{text(document.title)}}}]{{\\raggedright {text(document.title)}}}\n",
    ]
    if said:
        head.append(f"\\noindent\\textit{{{text(', '.join(said))}}}\\par\n")
    return "\n".join([*head, *_Writer(document.name).parts(document, "subsection")])


def standalone(document: Document, picture: str = "") -> str:
    """A document that any LaTeX engine typesets. `picture`: what `picture.paper.printed` gives, behind the symbols."""
    writer = _Writer(document.name)
    title = "\n".join(f"\\{key}{{{text(getattr(document, key))}}}" for key in ("title", "author", "date"))
    title += "\n\\maketitle"
    body = "\n".join(writer.parts(document, "section", picture)).rstrip()
    drawn = f"{PACKAGE}\n" if picture else ""
    head = f"{_template('preamble')}{drawn}\n{_template('macros')}\\begin{{document}}\n"
    return f"{head}{title}\n\n{body}\n\n\\end{{document}}\n"


def _template(name: str) -> str:
    return (templates() / "latex" / f"{name}.tex").read_text(encoding="utf-8")


class _Writer:
    """`name`: that of the network, which its labels begin with."""

    def __init__(self, name: str) -> None:
        self.name = name

    def parts(self, document: Document, command: str, picture: str = "") -> Iterator[str]:
        """What is said of the network, and the sections, each under the `command` of a heading; the `picture` stands
        behind the symbols."""
        yield from map(self.block, document.about)
        for section in document.sections:
            yield f"\\{command}{{{text(section.title)}}}\n"
            for block, following in zip_longest(section.blocks, section.blocks[1:]):
                lines = self.block(block)
                # without an empty line between, a sentence stays with the display that it leads to
                yield lines.rstrip("\n") if isinstance(following, Display) else lines
            if section.key == "symbols" and picture:
                yield f"\\{command}{{The network}}\n\n{picture}"

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(runs):
                many = sum(isinstance(run, Math) for run in runs) > _FORMULAS
                return f"{{\\sbp{'loose' if many else 'prose'} {self.runs(runs).strip()}\\par}}\n"
            case Table():
                return self.table(block)
            case Display(formulas):
                rows = [row for formula in formulas for row in self.formula(formula)]
                return "\\sbpdisplay{%\n" + "%\n".join(rows) + "}\n"
            case Listing(lines):
                return _lines(r"\sbpcode", lines)
            case Verbatim(lines):
                return _lines(r"\sbpverbatim", lines)

    # --- text --------------------------------------------------------------------------------------
    def runs(self, runs: Runs) -> str:
        return "".join(written(runs, text, _inline, self.reference))

    def reference(self, label: str) -> str:
        return rf"\eqref{{{self.key(label)}}}"

    def key(self, label: str) -> str:
        return f"{self.name}:{label}"

    def table(self, table: Table) -> str:
        rows = [tuple(rf"\textit{{{text(title)}}}" for title in table.header)]
        rows += [tuple(self.cell(table, place, cell) for place, cell in enumerate(row)) for row in table.rows]
        command, whole = (r"\sbpsymbol", r"\sbpsymbols") if table.kind == "symbols" else (r"\sbppair", r"\sbppairs")
        return f"{whole}{{%\n" + "%\n".join(command + "".join(f"{{{cell}}}" for cell in row) for row in rows) + "}\n"

    def cell(self, table: Table, place: int, runs: Runs) -> str:
        if table.header[place] == "in the code":
            return rf"\texttt{{{self.runs(runs)}}}".replace(r"\_", r"\_\allowbreak{}")
        return self.runs(runs)

    # --- formulas ----------------------------------------------------------------------------------
    def formula(self, formula: Formula) -> Iterator[str]:
        """The rows of a display."""
        right = ""
        for step in formula.steps:
            right += rf"\sbpstep{{{SIGNS[step.sign]}}}{{{chained(step.pieces)}}}"
            if step.reason:
                right += rf"\sbpnote{{{self.runs(step.reason)}}}"
        ranges = r"\sbpnext ".join(map(_inline, formula.ranges))
        over = rf"\sbpfor{{{ranges}}}" if ranges else ""
        number = rf"\sbpnumber{{{formula.label}}}{{{self.key(formula.label)}}}" if formula.label else ""
        yield rf"\sbprow{{{latex(formula.left)}}}{{{right}}}{{{over}}}{{{number}}}"
        if isinstance(formula.matrix, Formula):
            yield from self.formula(formula.matrix)
        elif formula.matrix:
            yield rf"\sbpsay{{{{\small no matrix form: {text(formula.matrix)}}}}}"


def _inline(formula: tree.Formula) -> str:
    """Mathematics in a line of text."""
    found = breakable(formula)
    return f"${found}$" if found == latex(formula) else rf"\sbpi{{{found}}}"


def _lines(command: str, lines: Iterable[str]) -> str:
    return f"{command}{{%\n" + "%\n".join(map(_code_line, lines)) + "}\n"


def _code_line(line: str) -> str:
    """A line of code; where it breaks, the rest hangs a little further in."""
    words = line.lstrip(" ")
    shown = re.sub(" {2,}", lambda found: rf"\sbpspaces{{{len(found[0])}}}", text(words))
    return rf"\sbpline{{{len(line) - len(words)}}}{{{shown}}}"
