"""Matrix forms as one line of text: `d_z1 = (d_z2 W2) ⊙ (1 - a1 ⊙ a1)`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.matrix.form import Direction, Entries, Form, MatrixEquation, Ones, Read, Sum
from symbackprop.matrix.notation import ATOM, FACTOR, Text
from symbackprop.matrix.printer import FormPrinter, negated
from symbackprop.terms.program import Op
from symbackprop.terms.show import Printer, fraction_text
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation, Term

_NEGATED = {Relation.GT: "≤", Relation.GE: "<", Relation.EQ: "≠", Relation.NE: "="}
_RELATION = {Relation.GT: ">", Relation.GE: "≥", Relation.EQ: "=", Relation.NE: "≠"}
_CONNECTIVE = {Connective.AND: " and ", Connective.OR: " or "}
_REDUCTION = {Reduction.SUM: "Σ", Reduction.PRODUCT: "Π", Reduction.MAX: "max", Reduction.MIN: "min",
              Reduction.LOGSUMEXP: "logsumexp"}  # fmt: skip


def show(equation: MatrixEquation) -> str:
    """An equation as a line of text, without the ranges of its labels."""
    return TextPrinter().equation(equation)


class TextPrinter(FormPrinter):
    """Forms as plain text."""

    times, beside, dot = " ⊙ ", " ", "·"

    def __init__(self) -> None:
        self.printer = Printer()

    def parenthesised(self, text: str) -> str:
        return f"({text})"

    def read(self, read: Read) -> str:
        inside = ", ".join(self.printer.poly(label, {}) for label in read.labels)
        return f"{read.tensor}[{inside}]" if inside else read.tensor

    def operator(self, op: Op) -> str:
        return op.value

    def term(self, term: Term) -> str:
        return self.printer.term(term)

    def term_condition(self, condition: Term) -> str:
        return self.printer.condition(condition, {})

    def entries(self, form: Entries) -> str:
        inside = self.term_condition(form.term)
        indices = ",".join(str(axis.index) for axis in (form.row, form.column) if axis is not None)
        return f"[{inside}]_{{{indices}}}" if indices else f"[{inside}]"

    def ones(self, form: Ones) -> str:
        return "1" if form.columns is not None else self._sized(self.printer.poly(form.rows, {}))

    def _sized(self, size: str) -> str:
        return f"1_{size}" if size.isalnum() else f"1_{{{size}}}"

    def transposed(self, inner: Form) -> str:
        return f"{self.form(inner, ATOM)}ᵀ"

    def repeated(self, number: str) -> str:
        return number

    def divided(self, above: str, below: str) -> str:
        return f"{above} ⊘ {below}"

    def scalar_power(self, base: Form, exponent: Fraction) -> Text:
        return f"{self.form(base, ATOM)}^({fraction_text(exponent)})", FACTOR

    def elementwise_power(self, base: Form, exponent: Fraction) -> str:
        return f"{self.form(base, ATOM)}^⊙{fraction_text(exponent)}"

    def applied(self, function: Function, args: Sequence[Form]) -> Text:
        if function is Function.EXP_NORMALIZED:
            return self.named("exp", self.form(Sum((args[0], negated(args[1]))))), FACTOR
        if function is Function.LOG_ADD_EXP:
            return self.named("log", " + ".join(self.named("exp", self.form(arg)) for arg in args)), FACTOR
        if function is Function.LOG_COSH:
            return self.named("log", self.named("cosh", self.form(args[0]))), FACTOR
        return self.named(function.value, ", ".join(self.side(arg) for arg in args)), FACTOR

    def named(self, name: str, inside: str) -> str:
        return f"{name}({inside})"

    def bracket(self, inside: str) -> str:
        return f"[{inside}]"

    def relation(self, relation: Relation) -> str:
        return _RELATION[relation]

    def negated_relation(self, relation: Relation) -> str:
        return _NEGATED[relation]

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

    def cases(self, rows: Sequence[tuple[str, str]], otherwise: str) -> Text:
        text = otherwise
        for value, condition in reversed(rows):
            text = f"{value} where {condition} else {text}"
        return self.parenthesised(text), ATOM
