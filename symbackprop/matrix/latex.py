r"""Matrix forms in LaTeX: `\delta^{z^{(1)}} = \left(\delta^{z^{(2)}} \, W^{(2)}\right) \odot …`.

A matrix or vector has the symbol that its elements have in index form, without their row and column subscripts; labels
stay as subscripts. \mathbf{1}_{N} is the column vector of N ones, and a \mathbf{1} that is added to a matrix has that
matrix's shape; \odot and \oslash multiply and divide element by element, and functions, powers A^{\odot k} and
conditions [A > B] act element by element too. Needs amsmath alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from symbackprop.latex.conditions import CONNECTIVES, NEGATED, RELATIONS
from symbackprop.latex.names import Names, identifier
from symbackprop.latex.printer import FENCES, FUNCTIONS, LatexPrinter
from symbackprop.matrix.form import Direction, Entries, Form, MatrixEquation, Ones, Read, Sum
from symbackprop.matrix.notation import ATOM, FACTOR, SUM, Text
from symbackprop.matrix.printer import FormPrinter, negated
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation, Term

__all__ = ["MATRIX_CONVENTIONS", "MatrixPrinter", "matrix_latex", "matrix_pieces", "matrix_ranges"]

MATRIX_CONVENTIONS = (
    r"A vector is a column. $\mathbf{1}_{N}$ is the vector of $N$ ones; a $\mathbf{1}$ that is added to a matrix has "
    r"that matrix's shape. $\odot$ and $\oslash$ multiply and divide element by element; functions, powers "
    r"$A^{\odot k}$ and conditions $[A > B]$ act element by element too. $[\,\cdot\,]_{i,j}$ is the matrix with these "
    r"entries."
)
_LAYER = re.compile(r"((?!\\delta)[^^]+)\^\{(\(\d+\)|\\mathrm\{[^{}]*\})\}")  # W^{(1)}, W^{\mathrm{q}}; no adjoint
_REDUCTIONS = {
    Reduction.SUM: r"\sum",
    Reduction.PRODUCT: r"\prod",
    Reduction.MAX: r"\max",
    Reduction.MIN: r"\min",
    Reduction.LOGSUMEXP: r"\operatorname{logsumexp}",
}


def matrix_latex(form: MatrixEquation, names: Names) -> str:
    """The equation, without the ranges of its labels: what `$…$` takes."""
    return MatrixPrinter(names).equation(form)


def matrix_pieces(form: MatrixEquation, names: Names) -> tuple[str, list[str]]:
    """(`left &=`, what may stand on lines of its own behind it), as `fill` takes them."""
    printer = MatrixPrinter(names)
    return f"{printer.form(form.left)} &{printer.operator(form.op)}", printer.pieces(form.right)


def matrix_ranges(form: MatrixEquation, names: Names) -> str:
    """The ranges of the labels, empty where there are none."""
    printer = LatexPrinter({}, names)
    return r",\ ".join(printer.range_(axis) for axis in form.axes)


class MatrixPrinter(FormPrinter):
    """Forms in LaTeX."""

    times, beside, dot = r" \odot ", r" \, ", r" \, "

    def __init__(self, names: Names, printer: LatexPrinter | None = None) -> None:
        self.names = names
        self.printer = printer or LatexPrinter({}, names)

    def parenthesised(self, text: str) -> str:
        return rf"\left({text}\right)"

    def operator(self, op: Op) -> str:
        return "=" if op is Op.ASSIGN else r"\mathrel{{+}{=}}"

    # --- tensors, numbers, ones ----------------------------------------------------------------------
    def read(self, read: Read) -> str:
        return self._raised(read, "")

    def _raised(self, read: Read, exponent: str) -> str:
        """A tensor with its labels and an exponent, which joins a superscript that the symbol has."""
        labels = ",".join(self.printer.poly(label, {}) for label in read.labels)
        below = f"_{{{labels}}}" if labels else ""
        of = self.names.gradients.get(read.tensor)
        if of is not None:
            quotient = rf"\frac{{\partial {self.names.loss}}}{{\partial {of}{below}}}"
            return f"{self.parenthesised(quotient)}^{{{exponent}}}" if exponent else quotient
        symbol = self.names.symbols.get(read.tensor, identifier(read.tensor))
        if not exponent:
            return symbol + below
        if "^" not in symbol:
            return f"{symbol}{below}^{{{exponent}}}"
        layer = _LAYER.fullmatch(symbol)
        if layer is None or exponent != r"\top":  # the exponent could be read as one of what stands in the superscript
            return f"{self.parenthesised(symbol + below)}^{{{exponent}}}"
        return rf"{layer[1]}^{{{layer[2]}\,{exponent}}}{below}"

    def term(self, term: Term) -> str:
        return self.printer.term(term)

    def term_condition(self, condition: Term) -> str:
        return self.printer.condition(condition, {})

    def entries(self, form: Entries) -> str:
        indices = ",".join(self.printer.index(axis.index, {}) for axis in (form.row, form.column) if axis is not None)
        return self.bracket(self.term_condition(form.term)) + (f"_{{{indices}}}" if indices else "")

    def ones(self, form: Ones) -> str:
        return r"\mathbf{1}" if form.columns is not None else rf"\mathbf{{1}}_{{{self.printer.poly(form.rows, {})}}}"

    def repeated(self, number: str) -> str:
        return rf"{number} \, \mathbf{{1}}"

    # --- operations ----------------------------------------------------------------------------------
    def transposed(self, inner: Form) -> str:
        return self._power_of(inner, r"\top")

    def elementwise_power(self, base: Form, exponent: Fraction) -> str:
        return self._power_of(base, rf"\odot {_quotient(exponent)}")

    def _power_of(self, base: Form, exponent: str) -> str:
        if isinstance(base, Read):
            return self._raised(base, exponent)
        return f"{self.form(base, ATOM)}^{{{exponent}}}"

    def divided(self, above: str, below: str) -> str:
        return rf"{above} \oslash {below}"

    def scalar_power(self, base: Form, exponent: Fraction) -> Text:
        if exponent < 0:
            below = self.form(base) if exponent == -1 else self.scalar_power(base, -exponent)[0]
            return rf"\frac{{1}}{{{below}}}", FACTOR
        if exponent == Fraction(1, 2):
            return rf"\sqrt{{{self.form(base)}}}", FACTOR
        return self._power_of(base, _quotient(exponent)), FACTOR

    def applied(self, function: Function, args: Sequence[Form]) -> Text:
        match function:
            case Function.EXP_NORMALIZED:
                return self.named("exp", self.form(Sum((args[0], negated(args[1]))))), FACTOR
            case Function.LOG_ADD_EXP:
                return self.named("log", " + ".join(self.named("exp", self.form(arg)) for arg in args)), FACTOR
            case Function.LOG_COSH:
                return self.named("log", self.named("cosh", self.form(args[0]))), FACTOR
            case Function.POW:
                return self._power_of(args[0], rf"\odot {self.side(args[1])}"), FACTOR
            case Function.ABS | Function.FLOOR | Function.CEILING:
                opening, closing = FENCES[function]
                return f"{opening} {self.form(args[0])} {closing}", FACTOR
            case _:
                name = FUNCTIONS.get(function) or rf"\operatorname{{{function.value}}}".replace("_", r"\_")
                return name + self.parenthesised(r",\, ".join(self.side(arg) for arg in args)), FACTOR

    def named(self, name: str, inside: str) -> str:
        return (rf"\{name}" if name == "exp" else rf"\operatorname{{{name}}}") + self.parenthesised(inside)

    def inverse(self, text: str) -> str:
        return f"{text}^{{-1}}"

    def squared_norm(self, inner: Form) -> str:
        kind = "F" if shape_of(inner).is_matrix else "2"
        return rf"\left\lVert {self.form(inner)} \right\rVert_{{{kind}}}^{{2}}"

    def along(self, reduction: Reduction, direction: Direction, inside: str) -> str:
        where = "" if direction is Direction.ALL else rf"_{{\mathrm{{{direction.value}}}}}"
        return _REDUCTIONS[reduction] + where + self.parenthesised(inside)

    def over(self, reduction: Reduction, axes: Sequence[Axis], inside: str) -> str:
        symbol = _REDUCTIONS[reduction]
        if reduction in (Reduction.SUM, Reduction.PRODUCT):
            return " ".join(symbol + self._bounds(axis) for axis in axes) + f" {inside}"
        ranges = r",\,".join(self.printer.range_(axis) for axis in axes)
        return f"{symbol}_{{{ranges}}}{self.parenthesised(inside)}"

    def _bounds(self, axis: Axis) -> str:
        low, high = (self.printer.poly(bound, {}) for bound in (axis.low, axis.high))
        return f"_{{{self.printer.index(axis.index, {})}={low}}}^{{{high}}}"

    # --- conditions ----------------------------------------------------------------------------------
    def bracket(self, inside: str) -> str:
        return rf"\left[{inside}\right]"

    def relation(self, relation: Relation) -> str:
        return RELATIONS[relation]

    def negated_relation(self, relation: Relation) -> str:
        return NEGATED[relation]

    def connective(self, connective: Connective) -> str:
        return f" {CONNECTIVES[connective]} "

    def negation(self, inside: str) -> str:
        return rf"\lnot {self.parenthesised(inside)}"

    def cases(self, rows: Sequence[tuple[str, str]], otherwise: str) -> Text:
        lines = [rf"{value} & \text{{where }} {condition}" for value, condition in rows]
        inside = r" \\ ".join([*lines, rf"{otherwise} & \text{{elsewhere}}"])
        return rf"\begin{{cases}} {inside} \end{{cases}}", SUM


def _quotient(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
