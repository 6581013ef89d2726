"""Matrix forms as one line of text: `d_z1 = (d_z2 W2) ⊙ (1 - a1 ⊙ a1)`.

`FormPrinter` holds what all notations share: which operations hold together how strongly, the order of addends, and
which shapes of formulas have a shorthand. What is written for each is in methods that another notation overrides.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.matrix.build import hadamard, scale
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
from symbackprop.terms.build import MINUS, NIL, UNIT, neg
from symbackprop.terms.show import Printer, fraction_text
from symbackprop.terms.term import (
    Add,
    Axis,
    Connective,
    Constant,
    Constant_,
    Function,
    Mul,
    Number,
    PolyValue,
    Reduction,
    Relation,
    Term,
)

SUM, HADAMARD, PRODUCT, FACTOR, ATOM = 1, 2, 3, 4, 5  # how strongly a text holds together
Text = tuple[str, int]
_RELATION = {Relation.GT: ">", Relation.GE: "≥", Relation.EQ: "=", Relation.NE: "≠"}
_CONNECTIVE = {Connective.AND: " and ", Connective.OR: " or "}
_REDUCTION = {Reduction.SUM: "Σ", Reduction.PRODUCT: "Π", Reduction.MAX: "max", Reduction.MIN: "min",
              Reduction.LOGSUMEXP: "logsumexp"}  # fmt: skip


class FormPrinter:
    """Forms as plain text."""

    times, minus = " ⊙ ", "- "

    def __init__(self) -> None:
        self.printer = Printer()

    def equation(self, equation: MatrixEquation) -> str:
        return " ".join([self.form(equation.left), equation.op.value, *self.pieces(equation.right)])

    def pieces(self, form: Form) -> list[str]:
        """The form in pieces between which a line may be broken: addends or factors, each with what joins it."""
        match form:
            case Sum(addends):
                return self._addends(addends)
            case Hadamard() if not _divisors(form)[1]:
                parts = [self.form(factor, PRODUCT + 1) for factor in form.factors]
                return [parts[0], *(f"{self.times.strip()} {part}" for part in parts[1:])]
            case _:
                return [self.form(form)]

    def form(self, form: Form, level: int = SUM) -> str:
        """The form, in parentheses where it holds together less strongly than `level`."""
        text, strength = self._form(form)
        return self.parenthesised(text) if strength < level else text

    def _form(self, form: Form) -> Text:
        match form:
            case Read():
                return self.read(form), ATOM
            case Coefficient(term):
                return self.term(term), self._strength(term)
            case Entries():
                return self.entries(form), FACTOR
            case Ones():
                return self.ones(form), ATOM
            case Transposed(inner):
                return self.transposed(inner), FACTOR
            case Product(factors):
                return self.juxtaposed([self.form(factor, FACTOR) for factor in factors]), PRODUCT
            case Hadamard():
                return self._elementwise_product(form)
            case Scaled():
                return self._scaled(form)
            case Sum(addends):
                return " ".join(self._addends(addends)), SUM
            case Power():
                return self._power(form)
            case Map(function, args):
                return self.applied(function, args)
            case Compared() | Joined():
                return self.bracket(self.condition(form)), FACTOR
            case Where():
                return self._where(form)
            case Along(reduction, direction, inner):
                return self.along(reduction, direction, self.form(inner)), FACTOR
            case Over(reduction, axes, inner):
                inside = self.form(inner, PRODUCT if reduction in (Reduction.SUM, Reduction.PRODUCT) else SUM)
                return self.over(reduction, axes, inside), PRODUCT
            case Diagonal(inner):
                return self._diagonal(inner), FACTOR
            case DiagonalOf(inner):
                return self.named("diagonal", self.form(inner)), FACTOR
            case Trace(inner):
                return self.named("tr", self.form(inner)), FACTOR
            case SquaredNorm(inner):
                return self.squared_norm(inner), FACTOR
            case _:
                raise TypeError(f"cannot print {type(form).__name__}")

    # --- what notations share ------------------------------------------------------------------------
    def _addends(self, addends: Sequence[Form]) -> list[str]:
        """Each addend with its sign in front: positive ones first, among them what is repeated by ones last."""
        ordered = sorted(addends, key=lambda addend: (is_negative(addend), _is_repeated(addend), _is_plain(addend)))
        parts: list[str] = []
        for addend in ordered:
            negative = is_negative(addend)
            text = self.form(negated(addend) if negative else addend, HADAMARD)
            parts.append(f"{self.minus if negative else '+ '}{text}" if parts else f"{'-' if negative else ''}{text}")
        return parts

    def _elementwise_product(self, form: Hadamard) -> Text:
        above, below = _divisors(form)
        if not below:
            return self.times.join(self.form(factor, FACTOR) for factor in above), HADAMARD
        top = self.times.join(self.form(factor, FACTOR) for factor in above)
        return self.divided(top, self.form(hadamard(*below), FACTOR)), HADAMARD

    def _scaled(self, form: Scaled) -> Text:
        coefficient, scalars = form.coefficient, form.scalars
        if isinstance(form.form, Ones) and form.form.columns is not None and not scalars:
            return self.term(coefficient), self._strength(coefficient)  # a number added to each entry
        sign, coefficient = ("-", neg(coefficient)) if is_negative(form) else ("", coefficient)
        parts = [] if coefficient is UNIT else [self.term(coefficient, FACTOR)]
        parts += [self.form(scalar, FACTOR) for scalar in scalars]
        parts.append(self.form(form.form, FACTOR if isinstance(form.form, Hadamard) else PRODUCT))
        return sign + self.scaled(parts), SUM if sign else PRODUCT

    def _power(self, form: Power) -> Text:
        base, exponent = form.base, form.exponent
        if shape_of(base).is_scalar:
            return self.scalar_power(base, exponent)
        if exponent == 2 and isinstance(base, Read):
            text = self.form(base)
            return f"{text}{self.times}{text}", HADAMARD
        return self.elementwise_power(base, exponent), FACTOR

    def _where(self, form: Where) -> Text:
        if form.otherwise is None:
            bracket = self.form(form.condition, FACTOR)
            if shape_of(form.condition).is_scalar:
                return self.scaled([bracket, self.form(form.then, PRODUCT)]), PRODUCT
            return f"{bracket}{self.times}{self.form(form.then, FACTOR)}", HADAMARD
        rows: list[tuple[str, str]] = []
        rest: Form | None = form
        while isinstance(rest, Where):
            rows.append((self.form(rest.then), self.condition(rest.condition)))
            rest = rest.otherwise
        return self.cases(rows, self.term(NIL) if rest is None else self.form(rest)), SUM

    def _diagonal(self, inner: Form) -> str:
        if isinstance(inner, Power) and inner.exponent == -1:
            return self.inverse(self.named("diag", self.form(inner.base)))
        return self.named("diag", self.form(inner))

    def condition(self, form: Form) -> str:
        """A condition without its brackets."""
        match form:
            case Compared(relation, left, right):
                return f"{self.side(left)} {self.relation(relation)} {self.side(right)}"
            case Joined(Connective.NOT, (arg,)):
                return self.negation(self.condition(arg))
            case Joined(connective, args):
                inside = [self.condition(arg) for arg in args]
                parts = zip(args, inside, strict=True)
                nested = [self.parenthesised(text) if isinstance(arg, Joined) else text for arg, text in parts]
                return self.connective(connective).join(nested)
            case Entries(term, None, None):
                return self.term_condition(term)
            case Entries():
                return self.entries(form)
            case _:
                raise TypeError(f"not a condition: {type(form).__name__}")

    def side(self, form: Form) -> str:
        """A side of a comparison, where a repeated number is written as the number."""
        if isinstance(form, Scaled) and isinstance(form.form, Ones) and not form.scalars:
            return self.term(form.coefficient)
        return self.form(form)

    def _strength(self, term: Term) -> int:
        match term:
            case Add():
                return SUM
            case Number(value):
                return SUM if value < 0 else PRODUCT if value.denominator > 1 else ATOM
            case PolyValue(poly):
                return ATOM if poly.atom is not None else SUM
            case Mul():
                return SUM if _negative_term(term) else PRODUCT
            case Constant(kind):
                return SUM if kind is Constant_.NEGATIVE_INFINITY else ATOM
            case _:
                return FACTOR

    # --- what a notation writes ----------------------------------------------------------------------
    def parenthesised(self, text: str) -> str:
        return f"({text})"

    def read(self, read: Read) -> str:
        inside = ", ".join(self.printer.poly(label, {}) for label in read.labels)
        return f"{read.tensor}[{inside}]" if inside else read.tensor

    def term(self, term: Term, level: int = SUM) -> str:
        text = self.printer.term(term)
        return self.parenthesised(text) if self._strength(term) == SUM < level else text

    def term_condition(self, condition: Term) -> str:
        return self.printer.condition(condition, {})

    def entries(self, form: Entries) -> str:
        inside = self.term_condition(form.term)
        indices = ",".join(str(axis.index) for axis in (form.row, form.column) if axis is not None)
        return f"[{inside}]_{{{indices}}}" if indices else f"[{inside}]"

    def ones(self, form: Ones) -> str:
        return "1" if form.columns is not None else f"1_{self.printer.poly(form.rows, {})}"

    def transposed(self, inner: Form) -> str:
        return f"{self.form(inner, ATOM)}ᵀ"

    def juxtaposed(self, parts: Sequence[str]) -> str:
        return " ".join(parts)

    def scaled(self, parts: Sequence[str]) -> str:
        return "·".join(parts)

    def divided(self, above: str, below: str) -> str:
        return f"{above} ⊘ {below}"

    def scalar_power(self, base: Form, exponent: Fraction) -> Text:
        return f"{self.form(base, ATOM)}^({fraction_text(exponent)})", FACTOR

    def elementwise_power(self, base: Form, exponent: Fraction) -> str:
        return f"{self.form(base, ATOM)}^⊙{fraction_text(exponent)}"

    def applied(self, function: Function, args: Sequence[Form]) -> Text:
        if function is Function.EXP_NORMALIZED:
            return self.named("exp", self.form(Sum((args[0], negated(args[1]))))), FACTOR
        return self.named(function.value, ", ".join(self.side(arg) for arg in args)), FACTOR

    def named(self, name: str, inside: str) -> str:
        return f"{name}({inside})"

    def bracket(self, inside: str) -> str:
        return f"[{inside}]"

    def relation(self, relation: Relation) -> str:
        return _RELATION[relation]

    def connective(self, connective: Connective) -> str:
        return _CONNECTIVE[connective]

    def negation(self, inside: str) -> str:
        return f"not ({inside})"

    def along(self, reduction: Reduction, direction: Direction, inside: str) -> str:
        name = _REDUCTION[reduction]
        return f"{name}({inside})" if direction is Direction.ALL else f"{name}_{direction.value}({inside})"

    def over(self, reduction: Reduction, axes: Sequence[Axis], inside: str) -> str:
        name = _REDUCTION[reduction] + "_{" + ",".join(str(axis.index) for axis in axes) + "}"
        return f"{name} {inside}" if reduction in (Reduction.SUM, Reduction.PRODUCT) else f"{name}({inside})"

    def inverse(self, text: str) -> str:
        return f"{text}⁻¹"

    def squared_norm(self, inner: Form) -> str:
        return f"‖{self.form(inner)}‖²"

    def cases(self, rows: Sequence[tuple[str, str]], otherwise: str) -> str:
        text = otherwise
        for value, condition in reversed(rows):
            text = f"{value} where {condition} else {text}"
        return self.parenthesised(text)


def is_negative(form: Form) -> bool:
    """Whether the form is written with a minus sign in front."""
    match form:
        case Scaled(coefficient, _, _) | Coefficient(coefficient):
            return _negative_term(coefficient)
        case _:
            return False


def negated(form: Form) -> Form:
    return Coefficient(neg(form.term)) if isinstance(form, Coefficient) else scale(MINUS, (), form)


def _negative_term(term: Term) -> bool:
    match term:
        case Number(value) | Mul((Number(value), *_)):
            return value < 0
        case PolyValue(poly):
            return all(coefficient < 0 for _, coefficient in poly.terms)
        case _:
            return False


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


def _divisors(form: Hadamard) -> tuple[list[Form], list[Form]]:
    """(factors, what they are divided by elementwise); nothing is divided unless a factor is left."""
    below = [Power(f.base, -f.exponent) for f in form.factors if isinstance(f, Power) and f.exponent < 0]
    above = [f for f in form.factors if not (isinstance(f, Power) and f.exponent < 0)]
    if not above:
        return list(form.factors), []
    return above, [power.base if power.exponent == 1 else power for power in below]


def show(equation: MatrixEquation) -> str:
    """An equation as a line of text, without the ranges of its labels."""
    return FormPrinter().equation(equation)
