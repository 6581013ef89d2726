r"""A document as LaTeX: a part to include, which needs amsmath and amssymb (in Chinese, ctex as well), or a whole
document.

How its parts are set is said by macros of TeX, which both carry with them (`templates/latex`): a paper may have columns
of any width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
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
from symbackprop.formula.latex import SIGNS, latex, prose
from symbackprop.picture.paper import PACKAGE
from symbackprop.resources import templates

__all__ = ["fragment", "standalone"]

LETTERS = {  # the packages, by name, of letters that the engine's own fonts lack
    "": "",
    "ctex": "\\usepackage[UTF8,scheme=plain]{ctex}\n\\linespread{1.15}\n",
}
_TABLES = {"symbols": (r"\sbpsymbol", 5), "records": (r"\sbprecord", 4)}  # the command of a row, and its columns
_FORMULAS = 8  # in a paragraph with more of them, which do not break, the lines end where they may


def fragment(document: Document) -> str:
    """A section of a paper that loads amsmath and amssymb, with a subsection for each of the document's."""
    writer, words = _Writer(document), document.words
    title = writer.text(document.title)
    head = [
        f"% {words.needs.text(name=document.name)}",
        _macros(writer),
        f"\\section[{{{title}}}]{{\\raggedright {title}}}\n",
    ]
    if document.signed:
        head.append(f"\\noindent\\textit{{{writer.text(document.signed)}}}\\par\n")
    return "\n".join([*head, *writer.parts(document, "subsection")])


def standalone(document: Document, picture: str = "") -> str:
    """A document that any LaTeX engine typesets; in Chinese, XeLaTeX or LuaLaTeX with ctex. `picture`: what
    `picture.paper.printed` gives, behind the symbols."""
    writer = _Writer(document)
    title = "\n".join(f"\\{key}{{{writer.text(getattr(document, key))}}}" for key in ("title", "author", "date"))
    title += "\n\\maketitle"
    body = "\n".join(writer.parts(document, "section", picture)).rstrip()
    drawn = f"{PACKAGE}\n" if picture else ""
    head = f"{_template('preamble')}{LETTERS[document.words.latex_package]}{drawn}\n{_macros(writer)}"
    head += "\\begin{document}\n"
    return f"{head}{title}\n\n{body}\n\n\\end{{document}}\n"


def _macros(writer: _Writer) -> str:
    words = writer.words
    before, between = (_last_space(writer.text(said)) for said in (words.before_ranges, words.between_cells))
    return f"{_template('macros')}\\def\\sbpover{{{before}}}\\def\\sbpand{{{between}}}\n"


def _last_space(said: str) -> str:
    """With a space at its end that TeX keeps, behind a Chinese letter as well."""
    return f"{said.rstrip()}\\ " if said.endswith(" ") else said


def _template(name: str) -> str:
    return (templates() / "latex" / f"{name}.tex").read_text(encoding="utf-8")


_OPENING = re.compile(r"""(?:(?<=[\s(\[{–—/-])|^)"(?=[^\s.,;:!?)\]}])""")  # a straight quote before what it quotes


class _Writer:
    """`name`: that of the network, which its labels begin with."""

    def __init__(self, document: Document) -> None:
        self.name, self.words = document.name, document.words
        self.typed = partial(prose, wide=bool(self.words.latex_package))

    def parts(self, document: Document, command: str, picture: str = "") -> Iterator[str]:
        """What is said of the network, and the sections, each under the `command` of a heading; the `picture` stands
        behind the symbols."""
        yield from map(self.block, document.about)
        for section in document.sections:
            yield f"\\{command}{{{self.text(section.title)}}}\n"
            for block, following in zip_longest(section.blocks, section.blocks[1:]):
                lines = self.block(block)
                # without an empty line between, a sentence stays with the display that it leads to
                yield lines.rstrip("\n") if isinstance(following, Display) else lines
            if section.key == "symbols" and picture:
                yield f"\\{command}{{{self.text(self.words.the_network)}}}\n\n{picture}"

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
                return self.lines(r"\sbpcode", lines)
            case Verbatim(lines):
                return self.lines(r"\sbpverbatim", lines)

    # --- text --------------------------------------------------------------------------------------
    def runs(self, runs: Runs) -> str:
        return "".join(written(runs, self.text, self.code, _inline, self.reference))

    def text(self, said: str) -> str:
        """Running text: straight quotes, which TeX would close on either side, are opened and closed."""
        return self.typed(_OPENING.sub("“", said).replace('"', "”"))

    def code(self, said: str) -> str:
        return rf"\texttt{{{self.typed(said)}}}".replace(r"\_", r"\_\allowbreak{}")

    def reference(self, label: str) -> str:
        return rf"\eqref{{{self.key(label)}}}"

    def key(self, label: str) -> str:
        return f"{self.name}:{label}"

    def table(self, table: Table) -> str:
        rows = [tuple(rf"\textit{{{self.text(title)}}}" for title in table.header)]
        rows += [tuple(map(self.runs, row)) for row in table.rows]
        command, columns = _TABLES.get(table.kind, (r"\sbppair", 2))
        lines = [command + "".join(f"{{{cell}}}" for cell in (*row, *[""] * (columns - len(row)))) for row in rows]
        lines[-1] = rf"\nobreak{lines[-1]}"  # no last row alone on a page
        return f"{command}s{{%\n" + "%\n".join(lines) + "}\n"

    # --- formulas ----------------------------------------------------------------------------------
    def formula(self, formula: Formula) -> Iterator[str]:
        """The rows of a display."""
        right = ""
        for step in formula.steps:
            right += rf"\sbpstep{{{SIGNS[step.sign]}}}{{{chained(step.pieces)}}}"
            if step.reason:
                right += rf"\sbpnote{{{self.runs(self.words.remark(reason=step.reason))}}}"
        ranges = r"\sbpnext ".join(map(_inline, formula.ranges))
        over = rf"\sbpfor{{{ranges}}}" if ranges else ""
        number = rf"\sbpnumber{{{formula.label}}}{{{self.key(formula.label)}}}" if formula.label else ""
        yield rf"\sbprow{{{latex(formula.left)}}}{{{right}}}{{{over}}}{{{number}}}"
        if isinstance(formula.matrix, Formula):
            yield from self.formula(formula.matrix)
        elif formula.matrix:
            told = self.words.no_matrix_form.text(reason=formula.matrix)
            yield rf"\sbpsay{{{{\small {self.text(told)}}}}}"

    # --- lines of typewriting ------------------------------------------------------------------------
    def lines(self, command: str, lines: Iterable[str]) -> str:
        return f"{command}{{%\n" + "%\n".join(map(self.code_line, lines)) + "}\n"

    def code_line(self, line: str) -> str:
        """A line of code; where it breaks, the rest hangs a little further in."""
        words = line.lstrip(" ")
        shown = re.sub(" {2,}", lambda found: rf"\sbpspaces{{{len(found[0])}}}", self.typed(words))
        return rf"\sbpline{{{len(line) - len(words)}}}{{{shown}}}"


def _inline(formula: tree.Formula) -> str:
    """Mathematics in a line of text."""
    found = breakable(formula)
    return f"${found}$" if found == latex(formula) else rf"\sbpi{{{found}}}"
