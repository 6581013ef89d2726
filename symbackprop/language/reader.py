"""SymPy -> terms, once for each equation.

Reading a subexpression does not depend on where it stands (indices keep their names until the reduction that binds
them closes over them, inside out), so a memo makes it linear. What depends on the surroundings, whether indices are
bound and subscripts in range, is checked on the terms: see `ranges`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Basic, Idx, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanAtom, BooleanFunction

from symbackprop.errors import (
    BooleanAsNumber,
    InvalidReduction,
    InvalidSubscript,
    MissingDefault,
    NumberAsCondition,
    UndefinedConstant,
    UnknownFunction,
)
from symbackprop.language import activations
from symbackprop.language.arrays import Array
from symbackprop.language.book import Book
from symbackprop.language.constants import number_of
from symbackprop.language.folding import refuse_captured, refuse_folded
from symbackprop.language.limits import Limits
from symbackprop.language.nodes import nodes
from symbackprop.language.reductions import REDUCTIONS, Branches, IndexReduction, Mean, Product, Sum
from symbackprop.language.sizes import Sizes
from symbackprop.language.symbols import (
    AdjointSymbol,
    DerivativeSymbol,
    Element,
    IntegerElement,
    TensorSymbol,
    TrainingSwitch,
)
from symbackprop.language.told import Subject, told
from symbackprop.language.vocabulary import CONSTANTS, FUNCTIONS, RELATIONS, gelu, gelu_tanh
from symbackprop.terms import build
from symbackprop.terms.build import FALSE, TRUE
from symbackprop.terms.integers import fits
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import (
    Access,
    Constant,
    Function,
    Number,
    PolyValue,
    Reduction,
    Subscript,
    Term,
    Training,
)

Named = TensorSymbol | AdjointSymbol | DerivativeSymbol
_REDUCTIONS = {**{head: head.kind for head in REDUCTIONS}, sympy.Sum: Reduction.SUM, sympy.Product: Reduction.PRODUCT}
_NEUTRAL = {Sum: build.NIL, sympy.Sum: build.NIL, Product: build.UNIT, sympy.Product: build.UNIT}
_OF_INTEGERS = (sympy.Add, sympy.Mul, sympy.Pow, sympy.floor, sympy.ceiling, sympy.Mod)  # a polynomial, of these


@dataclass(slots=True)
class Reader:
    """Reads one equation. `note` hears of every tensor that is read, with its subscripts (it may refuse it)."""

    book: Book
    subject: Subject
    note: Callable[[Named, tuple[Basic, ...]], None]
    _terms: dict[Basic, Term] = field(default_factory=dict)
    _conditions: dict[Basic, Term] = field(default_factory=dict)

    @property
    def sizes(self) -> Sizes:
        return self.book.sizes

    # --- numbers -----------------------------------------------------------------------------------
    def term(self, expr: Basic) -> Term:
        found = self._terms.get(expr)
        if found is None:
            found = self._read(expr)
            if not self.sizes.bound:
                self._terms[expr] = found
        return found

    def terms(self) -> tuple[Term, ...]:
        """All that was read, parts of the expression too, each before its indices were bound."""
        return tuple(self._terms.values())

    def _read(self, expr: Basic) -> Term:
        poly = self._polynomial(expr) if isinstance(expr, _OF_INTEGERS) else None
        if poly is not None:
            return build.poly_value(poly)
        for head in type(expr).__mro__:
            reader = _READERS.get(head)
            if reader is not None:
                return reader(self, expr)
        raise UnknownFunction(
            self.subject(),
            expected="SymPy's elementary functions and those of symbackprop.functions",
            found=f"{type(expr).__name__} in {told(expr, 80)}",
            remedy="write it in terms of functions that the language has",
        )

    def _number(self, expr: Any) -> Term:
        if isinstance(expr, sympy.Rational | sympy.Float):
            return build.number(number_of(expr, self.subject))
        if expr in CONSTANTS:
            return Constant(CONSTANTS[expr])
        raise UndefinedConstant(
            self.subject(), expected="real numbers", found=told(expr),
            remedy="SymPy made it of a division by zero, the root of a negative number or the like",
        )  # fmt: skip

    def _integer(self, expr: Any) -> Term:
        poly = self.sizes.integer(expr, self.subject)
        assert poly is not None, expr
        return build.poly_value(poly)

    def _polynomial(self, expr: Any) -> Poly | None:
        """That of sizes and indices; None where it is something else, or its powers are better left as written: of
        numbers too large for integers the expanded form would lose digits."""
        poly = self.sizes.integer(expr, self.subject)
        return None if poly is not None and poly.indices() and not fits(poly) else poly

    def _sum(self, expr: Any) -> Term:
        return build.add(*(self.term(arg) for arg in expr.args))

    def _product(self, expr: Any) -> Term:
        return build.mul(*(self.term(arg) for arg in expr.args))

    def _power(self, expr: Any) -> Term:
        base, exponent = self.term(expr.base), self.term(expr.exp)
        if isinstance(exponent, Number):
            return build.power(base, exponent.value)
        if isinstance(base, Number) and base.value == -1 and isinstance(exponent, PolyValue):
            odd = exponent.poly - 2 * (exponent.poly // 2)  # (-1)**t as cos(pi*t) becomes: 1 - 2*(t mod 2)
            return build.add(1, build.mul(-2, build.poly_value(odd)))
        return build.apply(Function.POW, base, exponent)

    def _function(self, expr: Any) -> Term:
        head = next(head for head in type(expr).__mro__ if head in FUNCTIONS)
        return FUNCTIONS[head](*(self.term(arg) for arg in expr.args))

    def _gelu(self, expr: Any) -> Term:
        x = self.term(expr.args[0])
        return gelu_tanh(x) if expr.args[1] == Symbol("tanh") else gelu(x)

    def _piecewise(self, expr: Any, known: tuple[Any, ...] = ()) -> Term:
        """`known`: conditions that hold here. SymPy drops the default of a Piecewise that stands behind the condition
        of its own last branch."""
        pairs = list(expr.args)
        if pairs[-1].cond != sympy.true and pairs[-1].cond not in known:
            raise MissingDefault(
                self.subject(), expected="a Piecewise whose last branch is (value, True)",
                found=f"{told(expr, 80)} without one", remedy="say what holds elsewhere, as in (0, True)",
            )  # fmt: skip
        value = self.term(pairs[-1].expr)
        for pair in reversed(pairs[:-1]):
            if isinstance(pair.cond, BooleanFunction):
                refuse_folded(pair.cond, self.subject)
            nested = isinstance(pair.expr, sympy.Piecewise | Branches)
            then = self._piecewise(pair.expr, sympy.And.make_args(pair.cond)) if nested else self.term(pair.expr)
            value = build.where(self.condition(pair.cond), then, value)
        return value

    def _boolean(self, expr: Any) -> Term:
        raise BooleanAsNumber(
            self.subject(), expected="a number", found=f"the condition {told(expr, 80)}",
            remedy=f"write Piecewise((1, {told(expr, 80)}), (0, True))",
        )  # fmt: skip

    def _array(self, expr: Any) -> Term:
        raise InvalidSubscript(
            self.subject(), expected="equations element by element", found=f"{told(expr, 80)}, a whole tensor",
            remedy="write the elements and the sums, as in z[n, j] = Sum(W[j, i]*x[n, i], i)",
        )  # fmt: skip

    def _derivative(self, expr: Any) -> Term:
        raise UnknownFunction(
            self.subject(), expected="equations without derivatives", found=told(expr, 80),
            remedy="derive(net) differentiates; a Derivative stands in claims alone",
        )  # fmt: skip

    # --- tensors -----------------------------------------------------------------------------------
    def _scalar(self, expr: Any) -> Term:
        self.note(expr, ())
        return build.access(expr.name)

    def _element(self, expr: Any) -> Term:
        tensor = expr.tensor
        self.note(tensor, expr.subscripts)
        return Access(tensor.name, tuple(self.subscript(s, expr) for s in expr.subscripts))

    def subscript(self, expr: Basic, element: Basic) -> Subscript:
        """An affine polynomial in the indices, or a gather."""
        if isinstance(expr, IntegerElement) or (isinstance(expr, TensorSymbol) and expr.is_integer):
            gather = self.term(expr)
            assert isinstance(gather, Access)
            return gather
        poly = None if isinstance(expr, sympy.Float) else self.sizes.integer(expr, self.subject)
        if poly is not None and poly.is_affine:
            return poly
        remedy = "subscripts are affine: indices times integers or sizes, plus integers or sizes"
        if poly is None:
            inside = [node for node in nodes(expr) if isinstance(node, Element | TensorSymbol)]
            if any(not node.is_integer for node in inside):
                remedy = 'only an input with dtype="int" may stand in a subscript'
            elif inside:
                remedy = f"a gather is an integer input by itself, as in {element.args[0]}[{inside[0]}]"
        elif isinstance(expr, sympy.Mod):
            remedy = f"circular padding is written {_around(expr, element)}"
        raise InvalidSubscript(
            self.subject(), expected=f"subscripts of {element.args[0]} made of indices, sizes and integers",
            found=f"{told(expr)} in {told(element)}", remedy=remedy,
        )  # fmt: skip

    # --- reductions --------------------------------------------------------------------------------
    def _reduction(self, expr: Any) -> Term:
        """One of ours, or SymPy's own Sum or Product."""
        if not isinstance(expr, IndexReduction):
            refuse_captured(expr, self.subject)
        limits = [Limits(self.book, self.subject).read(limit) for limit in expr.limits]
        names = {limit.variable: Poly.of(limit.axis.index) for limit in limits if limit.variable is not None}
        outer, self.sizes.bound = self.sizes.bound, {**self.sizes.bound, **names}
        body = self.term(expr.body if isinstance(expr, IndexReduction) else expr.function)
        self.sizes.bound = outer
        axes = [limit.axis for limit in limits]
        guards = [guard for limit in limits for guard in limit.guards]
        if guards:
            neutral = _NEUTRAL.get(type(expr))
            if neutral is None:
                raise InvalidReduction(
                    self.subject(), expected="limits without indices in them, but for sums and products",
                    found=told(expr),
                )  # fmt: skip
            body = build.where(build.logic_and(*guards), body, neutral)
        reduced = build.reduce(_REDUCTIONS[type(expr)], axes, body)
        for axis in axes if isinstance(expr, Mean) else ():
            reduced = build.div(reduced, build.poly_value(axis.extent))
        return reduced

    # --- conditions --------------------------------------------------------------------------------
    def condition(self, expr: Basic) -> Term:
        found = self._conditions.get(expr)
        if found is None:
            found = self._condition(expr)
            if not self.sizes.bound:
                self._conditions[expr] = found
        return found

    def _condition(self, expr: Any) -> Term:
        relation = RELATIONS.get(type(expr))
        if relation is not None:
            left, right = (self.term(side) for side in expr.args)
            return build.compare(relation[0], *((right, left) if relation[1] else (left, right)))
        if expr == sympy.true or expr == sympy.false:
            return TRUE if expr == sympy.true else FALSE
        if isinstance(expr, TrainingSwitch):
            return Training()
        if isinstance(expr, BooleanFunction):
            parts = [self.condition(arg) for arg in expr.args]
            match expr:
                case sympy.And():
                    return build.logic_and(*parts)
                case sympy.Or():
                    return build.logic_or(*parts)
                case sympy.Not():
                    return build.logic_not(parts[0])
                case sympy.Implies():
                    return build.logic_or(build.logic_not(parts[0]), parts[1])
                case sympy.ITE():
                    return _choose(*parts)
                case sympy.Xor():
                    odd: Term = FALSE
                    for part in parts:
                        odd = _choose(part, build.logic_not(odd), odd)
                    return odd
                case sympy.Equivalent():
                    return _choose(parts[0], build.logic_and(*parts), build.logic_not(build.logic_or(*parts)))
        if isinstance(expr, Boolean) and not isinstance(expr, Symbol):
            raise UnknownFunction(
                self.subject(), expected="relations joined by &, | and ~",
                found=f"{type(expr).__name__} in {told(expr)}",
            )  # fmt: skip
        raise NumberAsCondition(
            self.subject(), expected="a condition", found=f"the number {told(expr, 80)}",
            remedy=f"write Ne({told(expr, 80)}, 0)",
        )  # fmt: skip


def _around(expr: Any, element: Any) -> str:
    """A read at a position modulo a size, as a Piecewise: of one step beyond either end."""
    written, size = expr.args
    position = written - size * written.coeff(size)  # some versions of SymPy add the size, and more than once
    start = position.subs({symbol: 0 if isinstance(symbol, Idx) else 7 for symbol in position.atoms(Symbol, Idx)})
    inside, beyond = (position, position + size) if start.is_negative else (position - size, position)
    reads = [element.subs(expr, each) for each in (inside, beyond)]
    return f"Piecewise(({reads[0]}, {inside} >= 0), ({reads[1]}, True))"


def _choose(condition: Term, then: Term, otherwise: Term) -> Term:
    return build.logic_or(build.logic_and(condition, then), build.logic_and(build.logic_not(condition), otherwise))


_READERS: dict[type, Callable[[Reader, Any], Term]] = {
    sympy.Number: Reader._number,
    sympy.NumberSymbol: Reader._number,
    sympy.core.numbers.ImaginaryUnit: Reader._number,
    sympy.core.numbers.ComplexInfinity: Reader._number,
    TensorSymbol: Reader._scalar,
    AdjointSymbol: Reader._scalar,
    DerivativeSymbol: Reader._scalar,
    Element: Reader._element,
    Symbol: Reader._integer,
    Idx: Reader._integer,
    sympy.Add: Reader._sum,
    sympy.Mul: Reader._product,
    sympy.Pow: Reader._power,
    sympy.Piecewise: Reader._piecewise,
    Branches: Reader._piecewise,
    IndexReduction: Reader._reduction,
    sympy.Sum: Reader._reduction,
    sympy.Product: Reader._reduction,
    Array: Reader._array,
    sympy.Derivative: Reader._derivative,
    Relational: Reader._boolean,
    BooleanFunction: Reader._boolean,
    BooleanAtom: Reader._boolean,
    **dict.fromkeys(FUNCTIONS, Reader._function),
    activations.gelu: Reader._gelu,
}
