"""What a document consists of as HTML: mathematics as MathML, references as links, everything else as it is.

The template goes through the document and asks for these. Where a formula is broken is left to the page: every factor
of a piece is a `math` of its own, and lines break between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup, escape

from symbackprop.document.model import Runs, Step, written
from symbackprop.formula.breaking import Piece, fine
from symbackprop.formula.mathml import mathml
from symbackprop.formula.tree import Formula, Joint, Mark, Row, Sign

__all__ = ["math_html", "ranges_html", "runs_html", "step_html"]

_THIN = "\u2009"  # between factors; a line may break at it


def runs_html(runs: Runs) -> Markup:
    """Text with code, mathematics and links to equations in it."""
    reference = Markup('<a class="ref" href="#{0}">({0})</a>').format
    return Markup("").join(written(runs, escape, Markup("<code>{}</code>").format, math_html, reference))


def math_html(formula: Formula, display: bool = False, opening: Sign | Joint | None = None) -> Markup:
    """The formula as one `math` element; see `mathml`."""
    return Markup(mathml(formula, display, opening))


def step_html(step: Step) -> Markup:
    """`math` elements with spaces between them, at which a line may break. The relation stands with what follows it; a
    sign at the head of a later piece stands between two operands."""
    html = Markup()
    for part in (smaller for piece in step.pieces for smaller in _smaller(piece)):
        if html:
            html += (_THIN if part.join is Joint.TIMES else " ") + math_html(part.formula, True, part.join)
        else:
            html = math_html(part.formula, True, step.sign)
    return html


def _smaller(piece: Piece) -> tuple[Piece, ...]:
    """The piece, broken wherever a line may end on a page."""
    first, *rest = fine(piece.formula)
    return (replace(first, join=piece.join), *rest)


def ranges_html(ranges: Sequence[Formula]) -> Markup:
    """Each range for itself, at least one: a line may break between them."""
    *some, last = ranges
    return Markup(" ").join(map(math_html, (*(Row((range_, Mark(","))) for range_ in some), last)))
