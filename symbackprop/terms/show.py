"""Terms and equations as one line of text: `z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from symbackprop.terms.build import neg, reads_negative
from symbackprop.terms.poly import Atom, Floor, Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Connective,
    Constant,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Training,
    Truth,
    Where,
    accesses,
)

Names = Mapping[Index, str]
_SYMBOL = {Reduction.SUM: "Σ", Reduction.PRODUCT: "Π", Reduction.MAX: "max", Reduction.MIN: "min",
           Reduction.LOGSUMEXP: "logsumexp"}  # fmt: skip
_RELATION = {Relation.GT: ">", Relation.GE: "≥", Relation.EQ: "=", Relation.NE: "≠"}


def fraction_text(value: Fraction) -> str:
    """An exact decimal where it is short, else a quotient."""
    if value.denominator == 1:
        return str(value.numerator)
    text = repr(float(value))
    return text if Fraction(text) == value and len(text) <= 20 else f"{value.numerator}/{value.denominator}"


class Namer:
    """Chooses names for bound indices: that of the axis they run along, else any letter not in use.

    `tensors` gives the axis names; without it bound indices are i, j, k, ... as they come.
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None) -> None:
        self.tensors = tensors or {}

    def names(self, term: Reduce, outer: Names, taken: set[str]) -> dict[Index, str]:
        """The names inside the reduction; none is in `taken` (which should hold every free name in sight), and none of
        the names that the free indices of its body have."""
        out = dict(outer)
        used = set(taken) | {outer.get(index, index.name) for index in term.free}
        for axis in term.axes:
            name = self._choose(term.body, axis.index, used)
            used.add(name)
            out[axis.index] = name
        return out

    def _choose(self, body: Term, index: Index, used: set[str]) -> str:
        wanted = [name for access in accesses(body) for name in self._axis_names(access, index)]
        for name in wanted:
            if name not in used:
                return name
        base = wanted[0] if wanted else ""
        for name in (f"{base}'", f"{base}''") if base else ():
            if name not in used:
                return name
        letters = "ijklmnopqrstuvwabcdefgh"
        others: list[str] = [*letters, *(f"{letter}{number}" for number in range(1, 100) for letter in "ijk")]
        return next(name for name in others if name not in used)

    def _axis_names(self, access: Access, index: Index) -> list[str]:
        tensor = self.tensors.get(access.tensor)
        if tensor is None or not tensor.axes:
            return []
        return [
            name
            for name, subscript in zip(tensor.axes, access.subscripts, strict=False)
            if name and isinstance(subscript, Poly) and subscript.index == index
        ]


_ADD, _MUL, _POWER, _ATOM = 1, 2, 3, 4
_MOST = 600  # terms of a message


class Printer:
    """Text of a term. `tensor_text` writes a tensor's name; behind `most` terms stand dots: as text a term that shares
    its parts may be far larger."""

    def __init__(
        self, namer: Namer | None = None, tensor_text: Callable[[str], str] = str, most: float = math.inf
    ) -> None:
        self.namer = namer or Namer()
        self.tensor_text = tensor_text
        self.left = most

    def term(self, term: Term, names: Names | None = None, level: int = 0) -> str:
        """`names`: of all indices that have one where the term stands; none given, its free indices have their own."""
        self.left -= 1
        if self.left < 0:
            return "…"
        names = _own(term.free) if names is None else names
        text, strength = self._term(term, names)
        return f"({text})" if strength < level else text

    def poly(self, poly: Poly, names: Names) -> str:
        def atom_text(atom: Atom) -> str:
            match atom:
                case Index():
                    return names.get(atom, str(atom))
                case Floor(numerator, denominator):
                    below = self.poly(denominator, names)
                    below = below if denominator.atom or denominator.constant else f"({below})"
                    above = self.poly(numerator, names)
                    return f"⌊{above if numerator.atom else f'({above})'}/{below}⌋"
                case _:
                    return str(atom)

        return poly.format(atom_text, times="·", power_text="^")

    def subscript(self, subscript: Subscript, names: Names) -> str:
        return self.poly(subscript, names) if isinstance(subscript, Poly) else self.term(subscript, names)

    def access(self, access: Access, names: Names) -> str:
        inside = ", ".join(self.subscript(s, names) for s in access.subscripts)
        return f"{self.tensor_text(access.tensor)}[{inside}]" if access.subscripts else self.tensor_text(access.tensor)

    def _term(self, term: Term, names: Names) -> tuple[str, int]:
        match term:
            case Number(value):
                text = fraction_text(value)
                return text, _ADD if value < 0 else _MUL if "/" in text else _ATOM
            case Constant(kind):
                return {"oo": "∞", "-oo": "-∞", "pi": "π"}.get(kind.value, kind.value), _ATOM
            case PolyValue(poly):
                return self.poly(poly, names), _ATOM if poly.atom is not None else _ADD
            case Access():
                return self.access(term, names), _ATOM
            case Add(args):
                return self._sum(args, names), _ADD
            case Mul(args):
                return self._product(args, names)
            case Power(base, exponent):
                if exponent == Fraction(1, 2):
                    return f"sqrt({self.term(base, names)})", _ATOM
                if exponent < 0:
                    return self._product((term,), names)
                return f"{self.term(base, names, _ATOM)}^{fraction_text(exponent)}", _POWER
            case Apply(Function.EXP_NORMALIZED, (u, v)):
                return f"exp({self.term(u, names)} - {self.term(v, names, _MUL)})", _ATOM
            case Apply(Function.POW, (base, exponent)):
                above = self.term(exponent, names)
                return f"{self.term(base, names, _ATOM)}^{above if above.isidentifier() else f'({above})'}", _POWER
            case Apply(Function.LOG_ADD_EXP, args):
                return f"log({' + '.join(f'exp({self.term(arg, names)})' for arg in args)})", _ATOM
            case Apply(Function.LOG_COSH, (u,)):
                return f"log(cosh({self.term(u, names)}))", _ATOM
            case Apply(Function.BOSE, (u,)):
                return f"1/(exp({self.term(u, names)}) - 1)", _MUL
            case Apply(Function.DIFFERENCE, (u, v)):
                return f"({self.term(u, names)} - {self.term(v, names, _MUL)})", _ATOM
            case Apply(function, args):
                return f"{function.value}({', '.join(self.term(arg, names) for arg in args)})", _ATOM
            case Where(condition, then, otherwise):
                inside = f"[{self.condition(condition, names)}]"
                if isinstance(otherwise, Number) and otherwise.value == 0:
                    if isinstance(then, Number) and then.value == 1:
                        return inside, _ATOM
                    return f"{inside}·{self.term(then, names, _MUL)}", _MUL
                return f"({self.term(then, names)} if {inside} else {self.term(otherwise, names)})", _ATOM
            case Reduce(reduction, axes, body):
                inner = self.namer.names(term, names, set(names.values()))
                under = ",".join(inner[axis.index] for axis in axes)
                symbol = f"{_SYMBOL[reduction]}_{under if len(axes) == 1 and len(under) == 1 else '{' + under + '}'}"
                if reduction in (Reduction.SUM, Reduction.PRODUCT):
                    return f"{symbol} {self.term(body, inner, _MUL)}", _MUL
                return f"{symbol}({self.term(body, inner)})", _ATOM
            case Truth() | Training() | Compare() | Logic():
                return self.condition(term, names), _ATOM
            case _:
                raise TypeError(f"cannot print {type(term).__name__}")

    def _sum(self, args: tuple[Term, ...], names: Names) -> str:
        ordered = sorted(args, key=reads_negative)  # a sum starts with a positive term where it has one
        constants: list[Term] = [arg for arg in ordered if isinstance(arg, Number | PolyValue)]
        others = [arg for arg in ordered if arg not in constants]
        if others and not reads_negative(others[0]):
            ordered = others + constants  # and ends with its constant
        text = ""
        for arg in ordered:
            if reads_negative(arg):
                part = self.term(_flip(arg), names, _MUL)
                text += f" - {part}" if text else f"-{part}"
            else:
                part = self.term(arg, names, _ADD)
                text += f" + {part}" if text else part
        return text

    def _product(self, args: tuple[Term, ...], names: Names) -> tuple[str, int]:
        above: list[str] = []
        below: list[str] = []
        sign = ""
        reductions = [a for a in args if isinstance(a, Reduce) and a.reduction in (Reduction.SUM, Reduction.PRODUCT)]
        for arg in [a for a in args if a not in reductions] + reductions:
            match arg:
                case Number(value):
                    if value < 0:
                        sign, value = "-", -value
                    if value.numerator != 1 and fraction_text(value).find("/") < 0:
                        above.append(fraction_text(value))
                    else:
                        if value.numerator != 1:
                            above.append(str(value.numerator))
                        if value.denominator != 1:
                            below.append(str(value.denominator))
                case Power(base, exponent) if exponent < 0:
                    below.append(self._power(base, -exponent, names))
                case _:
                    last = arg is args[-1] or arg is (reductions[-1] if reductions else None)
                    above.append(self.term(arg, names, _POWER if not (last and arg in reductions) else _MUL))
        text = sign + ("·".join(above) or "1")
        if below:
            text += "/" + (below[0] if len(below) == 1 else f"({'·'.join(below)})")
            if reductions and above:
                text = sign + f"({'·'.join(above)})" + text[len(sign) + len("·".join(above)) :]
        return text, _ADD if sign else _MUL

    def _power(self, base: Term, exponent: Fraction, names: Names) -> str:
        if exponent == 1:
            return self.term(base, names, _POWER)
        if exponent == Fraction(1, 2):
            return f"sqrt({self.term(base, names)})"
        return f"{self.term(base, names, _ATOM)}^{fraction_text(exponent)}"

    def condition(self, condition: Term, names: Names | None = None) -> str:
        names = _own(condition.free) if names is None else names
        match condition:
            case Truth(value):
                return str(value)
            case Training():
                return "training"
            case Compare(relation, PolyValue(poly), Number(value)) if value == 0:
                left = Poly({m: c for m, c in poly.terms if c > 0})
                right = Poly({m: -c for m, c in poly.terms if c < 0})
                return f"{self.poly(left, names)} {_RELATION[relation]} {self.poly(right, names)}"
            case Compare(Relation.EQ | Relation.NE as relation, Number() as number, value) if not _is_number(value):
                return f"{self.term(value, names)} {_RELATION[relation]} {self.term(number, names)}"
            case Compare(relation, left_term, right_term):
                return f"{self.term(left_term, names)} {_RELATION[relation]} {self.term(right_term, names)}"
            case Logic(Connective.NOT, (inner,)):
                return f"not ({self.condition(inner, names)})"
            case Logic(connective, args):
                return f" {connective.value} ".join(
                    f"({self.condition(arg, names)})" if isinstance(arg, Logic) else self.condition(arg, names)
                    for arg in args
                )
            case _:
                return self.term(condition, names)

    def equation(self, equation: Equation) -> str:
        """The whole equation on a line, without its range."""
        names = _own(axis.index for axis in equation.axes)
        return f"{self.access(equation.lhs, names)} {equation.op.value} {self.term(equation.rhs, names)}"

    def labelled(self, equation: Equation) -> str:
        """The equation behind its label, if it has one: `(F1) z1[n, j] = …`."""
        return f"({equation.label}) {self.equation(equation)}" if equation.label else self.equation(equation)

    def range_(self, equation: Equation) -> str:
        """`n = 0..N-1, j = 0..H-1`."""
        return ", ".join(
            f"{axis.index} = {self.poly(axis.low, {})}..{self.poly(axis.high, {})}" for axis in equation.axes
        )


def _own(indices: Iterable[Index]) -> dict[Index, str]:
    """Indices under their own names, which no index bound in their sight may have."""
    return {index: str(index) for index in indices}


def _is_number(term: Term) -> bool:
    return isinstance(term, Number)


def _flip(term: Term) -> Term:
    return neg(term)


def show(item: Term | Equation | Program) -> str:
    """A term, equation or program as text, of which only the beginning where it is very long."""
    match item:
        case Program():
            printer = Printer(Namer(item.table))
            return "\n".join(f"{printer.equation(e)}    ({printer.range_(e)})" for e in item.equations)
        case Equation():
            return Printer(most=_MOST).equation(item)
        case _:
            return Printer(most=_MOST).term(item)


__all__ = ["Namer", "Op", "Printer", "fraction_text", "show"]
