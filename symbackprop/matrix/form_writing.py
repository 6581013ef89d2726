r"""The walk from matrix forms to formulas: the order of addends and factors, and which of them have a shorthand.

A matrix or vector has the symbol that its elements have in index form, without their row and column subscripts; labels
stay as subscripts. 1_N is the column vector of N ones, and a 1 that is added to a matrix has that matrix's shape; ⊙ and
⊘ multiply and divide element by element, and functions, powers A^⊙k and conditions [A > B] act element by element too.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.formula import tree
from symbackprop.formula.tree import Fence, Formula, Joint, Style
from symbackprop.matrix.constructors import hadamard, scale
from symbackprop.matrix.form import (
    Along,
    Coefficient,
    Compared,
    Diagonal,
    DiagonalOf,
    Direction,
    Entries,
    Form,
    Hadamard,
    Joined,
    Map,
    MatrixEquation,
    Ones,
    Over,
    Power,
    Product,
    Read,
    Scaled,
    SquaredNorm,
    Sum,
    Trace,
    Transposed,
    Where,
)
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.build import INFINITY, MINUS, NEGATIVE_INFINITY, NIL, UNIT, has_minus, neg
from symbackprop.terms.term import Axis, Connective, Function
from symbackprop.terms.writing import (
    CONNECTIVES,
    NEGATED,
    OPERATORS,
    RELATIONS,
    SIGNS,
    Writer,
    exponent_of,
    function_of,
)

__all__ = ["FormWriter", "is_negative", "negated"]

_ONE = tree.Letter("1", Style.BOLD)
_TRANSPOSED, _ELEMENTWISE = tree.Mark("⊤"), tree.Mark("⊙")


class FormWriter:
    """Makes formulas of forms; `writer` those of what stands in them in indices."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def equation(self, equation: MatrixEquation) -> tree.Relation:
        """The equation, without the ranges of its labels."""
        return tree.Relation(self.form(equation.left), ((SIGNS[equation.op], self.form(equation.right)),))

    def form(self, form: Form) -> Formula:  # noqa: C901  a table, a row a kind
        match form:
            case Read():
                return self.read(form)
            case Coefficient(term):
                return self.writer.term(term, {})
            case Entries(term, row, column):
                entry = tree.Fenced(Fence.BRACKETS, self.writer.condition(term, {}))
                return _with_indices(entry, self._indices(row, column))
            case Ones(rows, columns):
                return _ONE if columns is not None else tree.Scripted(_ONE, self.writer.poly(rows, {}))
            case Transposed(inner):
                return self._raised(inner, _TRANSPOSED)
            case Product(factors):
                return tree.Chain(Joint.BESIDE, tuple(map(self.form, factors)))
            case Hadamard():
                return self._elementwise_product(form)
            case Scaled():
                return self._scaled(form)
            case Sum(addends):
                return self._sum(addends)
            case Power():
                return self._power(form)
            case Map(function, args):
                return self._applied(function, args)
            case Compared() | Joined():
                return tree.Fenced(Fence.BRACKETS, self.condition(form))
            case Where():
                return self._where(form)
            case Along(reduction, direction, inner):
                where = None if direction is Direction.ALL else tree.Word(direction.value)
                return tree.Call(reduction.value, (self.form(inner),), where)
            case Over(reduction, axes, inner):
                return tree.Prefixed(tree.Big(OPERATORS[reduction], self.writer.ranges(axes)), self.form(inner))
            case Diagonal(inner):
                return self._diagonal(inner)
            case DiagonalOf(inner):
                return tree.Call("diagonal", (self.form(inner),))
            case Trace(inner):
                return tree.Call("tr", (self.form(inner),))
            case SquaredNorm(inner):
                kind = tree.Letter("F") if shape_of(inner).is_matrix else tree.integer(2)
                return tree.Scripted(tree.Fenced(Fence.NORM, self.form(inner)), kind, tree.integer(2))
            case _:
                raise TypeError(f"cannot print {type(form).__name__}")

    def read(self, read: Read) -> Formula:
        """A tensor with its labels."""
        labels = tuple(self.writer.poly(label, {}) for label in read.labels)
        return self.writer.spelling.element(read.tensor, labels)

    def _indices(self, *axes: Axis | None) -> tuple[Formula, ...]:
        return tuple(self.writer.index(axis.index, {}) for axis in axes if axis is not None)

    # --- sums and products ---------------------------------------------------------------------------
    def _sum(self, addends: Sequence[Form]) -> Formula:
        """Positive addends first, among them what is repeated by ones last."""
        ordered = sorted(addends, key=lambda addend: (is_negative(addend), _is_repeated(addend), _is_plain(addend)))
        signed = [(is_negative(addend), addend) for addend in ordered]
        return tree.Sum(tuple((minus, self.form(negated(addend) if minus else addend)) for minus, addend in signed))

    def _elementwise_product(self, form: Hadamard) -> Formula:
        above, below = _divisors(form)
        top = tree.chain(Joint.ELEMENTWISE, [self.form(factor) for factor in above])
        return tree.Chain(Joint.DIVIDED, (top, self.form(hadamard(*below)))) if below else top

    def _scaled(self, form: Scaled) -> Formula:
        minus = is_negative(form)
        coefficient = neg(form.coefficient) if minus else form.coefficient
        ones = _ones_of(form)
        if ones is not None and coefficient in (NIL, INFINITY, NEGATIVE_INFINITY):  # written alone even for a vector
            return self.writer.term(coefficient, {})
        is_number = ones is not None and ones.columns is not None
        parts = [] if coefficient is UNIT and not is_number else [self.writer.term(coefficient, {})]
        parts += [self.form(scalar) for scalar in form.scalars]
        product = tree.times(*parts, self.form(form.form))
        return tree.negative(product) if minus else product

    def _raised(self, base: Form, exponent: Formula) -> Formula:
        """A power, or what is written like one. The exponent of a name joins a label that it has in its superscript
        where it cannot be read as one of the label's."""
        formula = self.form(base)
        match formula:
            case tree.Element(tree.Scripted(name, None, tree.Label((_,)) as label), labels) if exponent is _TRANSPOSED:
                return tree.Element(tree.Scripted(name, None, tree.Chain(Joint.THIN, (label, exponent))), labels)
            case _:
                return tree.Power(formula, exponent)

    def _power(self, form: Power) -> Formula:
        base, exponent = form.base, form.exponent
        if shape_of(base).is_scalar:
            return self._scalar_power(base, exponent)
        if exponent == 2 and isinstance(base, Read):
            return tree.Chain(Joint.ELEMENTWISE, (self.form(base),) * 2)
        return self._raised(base, tree.Row((_ELEMENTWISE, exponent_of(exponent))))

    def _scalar_power(self, base: Form, exponent: Fraction) -> Formula:
        if exponent < 0:
            below = self.form(base) if exponent == -1 else self._scalar_power(base, -exponent)
            return tree.Product(Fraction(1), (), (below,))
        return tree.Root(self.form(base)) if exponent == Fraction(1, 2) else self._raised(base, exponent_of(exponent))

    def _applied(self, function: Function, args: Sequence[Form]) -> Formula:
        match function, args:
            case Function.EXP_NORMALIZED, (left, right):
                return tree.Call("exp", (self.form(Sum((left, negated(right)))),))
            case Function.POW, (base, exponent):
                return self._raised(base, tree.Row((_ELEMENTWISE, self.side(exponent))))
            case _:
                return function_of(function, [self.side(arg) for arg in args])

    def _diagonal(self, inner: Form) -> Formula:
        if isinstance(inner, Power) and inner.exponent == -1:
            return tree.Power(tree.Call("diag", (self.form(inner.base),)), tree.integer(-1))
        return tree.Call("diag", (self.form(inner),))

    # --- conditions ----------------------------------------------------------------------------------
    def _where(self, form: Where) -> Formula:
        if form.otherwise is None:
            joint = Joint.TIMES if shape_of(form.condition).is_scalar else Joint.ELEMENTWISE
            return tree.Chain(joint, (self.form(form.condition), self.form(form.then)))
        rows: list[tuple[Formula, Formula]] = []
        rest: Form | None = form
        while isinstance(rest, Where):
            rows.append((self.form(rest.then), self.condition(rest.condition)))
            rest = rest.otherwise
        otherwise = self.writer.term(NIL, {}) if rest is None else self.form(rest)
        return tree.Cases(tuple(rows), otherwise, "where", "elsewhere")

    def condition(self, form: Form) -> Formula:
        """A condition without its brackets."""
        match form:
            case Compared(relation, left, right):
                return tree.Relation(self.side(left), ((RELATIONS[relation], self.side(right)),))
            case Joined(Connective.NOT, (Compared(relation, left, right),)):
                return tree.Relation(self.side(left), ((NEGATED[relation], self.side(right)),))
            case Joined(Connective.NOT, (arg,)):
                return tree.Not(self.condition(arg))
            case Joined(connective, args):
                return tree.Chain(CONNECTIVES[connective], tuple(map(self.condition, args)))
            case Entries(term, None, None):
                return self.writer.condition(term, {})
            case Entries():
                return self.form(form)
            case _:
                raise TypeError(f"not a condition: {type(form).__name__}")

    def side(self, form: Form) -> Formula:
        """A side of a comparison or an argument, where a repeated number is written as the number."""
        if isinstance(form, Scaled) and _ones_of(form) is not None:
            return self.writer.term(form.coefficient, {})
        return self.form(form)


def is_negative(form: Form) -> bool:
    """Whether the form is written with a minus sign in front."""
    match form:
        case Scaled(coefficient, _, _) | Coefficient(coefficient):
            return has_minus(coefficient)
        case _:
            return False


def negated(form: Form) -> Form:
    return Coefficient(neg(form.term)) if isinstance(form, Coefficient) else scale(MINUS, (), form)


def _is_repeated(form: Form) -> bool:
    """Whether it is a vector repeated along rows or columns, as a bias is."""
    match form:
        case Scaled(_, _, inner):
            return _is_repeated(inner)
        case Product((first, *_, last)):
            return isinstance(first, Ones) or (isinstance(last, Transposed) and isinstance(last.form, Ones))
        case _:
            return False


def _is_plain(form: Form) -> bool:
    """Whether it is a number, for each entry the same."""
    return isinstance(form.form if isinstance(form, Scaled) else form, Ones | Coefficient)


def _ones_of(form: Scaled) -> Ones | None:
    """The ones that it repeats its number by; None where it is something else."""
    return form.form if isinstance(form.form, Ones) and not form.scalars else None


def _divisors(form: Hadamard) -> tuple[list[Form], list[Form]]:
    """(factors, products of matrices first; what they are divided by elementwise). Nothing is divided unless a factor
    is left."""
    factors = sorted(form.factors, key=lambda factor: not isinstance(factor, Product))
    below = [Power(f.base, -f.exponent) for f in factors if isinstance(f, Power) and f.exponent < 0]
    above = [f for f in factors if not (isinstance(f, Power) and f.exponent < 0)]
    if not above:
        return factors, []
    return above, [power.base if power.exponent == 1 else power for power in below]


def _with_indices(formula: Formula, indices: tuple[Formula, ...]) -> Formula:
    return tree.Scripted(formula, tree.chain(Joint.COMMA, indices)) if indices else formula
