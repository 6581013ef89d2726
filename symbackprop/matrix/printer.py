"""What all notations of matrix forms share: which operations hold together how strongly, the order of addends, and
which formulas have a shorthand. A `Notation` says how each is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.matrix.build import hadamard, scale
from symbackprop.matrix.form import (
    Along,
    Coefficient,
    Compared,
    Diagonal,
    DiagonalOf,
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
from symbackprop.matrix.notation import ATOM, FACTOR, HADAMARD, PRODUCT, SUM, Notation, Text
from symbackprop.matrix.shape import shape_of
from symbackprop.terms.build import INFINITY, MINUS, NEGATIVE_INFINITY, NIL, UNIT, has_minus, neg
from symbackprop.terms.term import (
    Add,
    Connective,
    Constant,
    ConstantKind,
    Mul,
    Number,
    PolyValue,
    Reduction,
    Term,
)


class FormPrinter(Notation):
    """Forms in a notation."""

    def equation(self, equation: MatrixEquation) -> str:
        return " ".join([self.form(equation.left), self.operator(equation.op), *self.pieces(equation.right)])

    def pieces(self, form: Form) -> list[str]:
        """The form in pieces between which a line may be broken: addends or factors, each with what joins it."""
        match form:
            case Sum(addends):
                return self._addends(addends)
            case Hadamard() if not _divisors(form)[1]:
                parts = [self.form(factor, FACTOR) for factor in _divisors(form)[0]]
                return [parts[0], *(f"{self.times.strip()} {part}" for part in parts[1:])]
            case Over(Reduction.SUM, axes, Scaled(_, (_, *_), _) as inner) if not is_negative(inner):
                first, *rest = self._scaled_parts(inner)
                return [self.over(Reduction.SUM, axes, first), *(f"{self.dot.strip()} {part}" for part in rest)]
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
                return self.term(term), _strength(term)
            case Entries():
                return self.entries(form), FACTOR
            case Ones():
                return self.ones(form), ATOM
            case Transposed(inner):
                return self.transposed(inner), FACTOR
            case Product(factors):
                return self.beside.join(self.form(factor, FACTOR) for factor in factors), PRODUCT
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
                opens = reduction in (Reduction.SUM, Reduction.PRODUCT)  # the others have parentheses of their own
                inside = self.form(inner, PRODUCT if opens else SUM)
                return self.over(reduction, axes, inside), PRODUCT if opens else FACTOR
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
            parts.append(f"{'- ' if negative else '+ '}{text}" if parts else f"{'-' if negative else ''}{text}")
        return parts

    def _elementwise_product(self, form: Hadamard) -> Text:
        above, below = _divisors(form)
        if not below:
            return self.times.join(self.form(factor, FACTOR) for factor in above), HADAMARD
        top = self.times.join(self.form(factor, FACTOR) for factor in above)
        return self.divided(top, self.form(hadamard(*below), FACTOR)), HADAMARD

    def _scaled(self, form: Scaled) -> Text:
        sign, coefficient = ("-", neg(form.coefficient)) if is_negative(form) else ("", form.coefficient)
        if isinstance(form.form, Ones) and not form.scalars:
            if _is_same(coefficient):
                return self.term(coefficient), _strength(coefficient)
            if form.form.columns is not None:
                return sign + self.repeated(self._number(coefficient)), SUM if sign else PRODUCT
        text = self.dot.join(self._scaled_parts(Scaled(coefficient, form.scalars, form.form)))
        return sign + text, SUM if sign else PRODUCT

    def _scaled_parts(self, form: Scaled) -> list[str]:
        parts = [] if form.coefficient is UNIT else [self._number(form.coefficient)]
        parts += [self.form(scalar, FACTOR) for scalar in form.scalars]
        return [*parts, self.form(form.form, FACTOR if isinstance(form.form, Hadamard) else PRODUCT)]

    def _number(self, coefficient: Term) -> str:
        """A coefficient as a factor."""
        text = self.term(coefficient)
        return self.parenthesised(text) if _strength(coefficient) == SUM else text

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
                return bracket + self.dot + self.form(form.then, PRODUCT), PRODUCT
            return f"{bracket}{self.times}{self.form(form.then, FACTOR)}", HADAMARD
        rows: list[tuple[str, str]] = []
        rest: Form | None = form
        while isinstance(rest, Where):
            rows.append((self.form(rest.then), self.condition(rest.condition)))
            rest = rest.otherwise
        return self.cases(rows, self.term(NIL) if rest is None else self.form(rest))

    def _diagonal(self, inner: Form) -> str:
        if isinstance(inner, Power) and inner.exponent == -1:
            return self.inverse(self.named("diag", self.form(inner.base)))
        return self.named("diag", self.form(inner))

    def condition(self, form: Form) -> str:
        """A condition without its brackets."""
        match form:
            case Compared(relation, left, right):
                return f"{self.side(left)} {self.relation(relation)} {self.side(right)}"
            case Joined(Connective.NOT, (Compared(relation, left, right),)):
                return f"{self.side(left)} {self.negated_relation(relation)} {self.side(right)}"
            case Joined(Connective.NOT, (arg,)):
                return self.negation(self.condition(arg))
            case Joined(connective, args):
                inside = [self.condition(arg) for arg in args]
                parts = zip(args, inside, strict=True)
                nested = [self.parenthesised(text) if _is_joined(arg) else text for arg, text in parts]
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


def _divisors(form: Hadamard) -> tuple[list[Form], list[Form]]:
    """(factors, products of matrices first; what they are divided by elementwise). Nothing is divided unless a factor
    is left."""
    factors = sorted(form.factors, key=lambda factor: not isinstance(factor, Product))
    below = [Power(f.base, -f.exponent) for f in factors if isinstance(f, Power) and f.exponent < 0]
    above = [f for f in factors if not (isinstance(f, Power) and f.exponent < 0)]
    if not above:
        return factors, []
    return above, [power.base if power.exponent == 1 else power for power in below]


def _is_same(coefficient: Term) -> bool:
    """Whether the number is written alone even for a vector: 0 and infinity."""
    return coefficient in (NIL, INFINITY, NEGATIVE_INFINITY)


def _strength(term: Term) -> int:
    match term:
        case Add():
            return SUM
        case Number(value):
            return SUM if value < 0 else PRODUCT if value.denominator > 1 else ATOM
        case PolyValue(poly):
            return ATOM if poly.atom is not None else SUM
        case Mul():
            return SUM if has_minus(term) else PRODUCT
        case Constant(kind):
            return SUM if kind is ConstantKind.NEGATIVE_INFINITY else ATOM
        case _:
            return FACTOR


def _is_joined(condition: Form) -> bool:
    """Whether it needs parentheses inside another condition: a relation's negation is a relation."""
    match condition:
        case Joined(Connective.NOT, (Compared(),)):
            return False
        case _:
            return isinstance(condition, Joined)
