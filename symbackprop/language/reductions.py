"""Reductions over indices: `Sum(W[j, i]*x[n, i], i)`.

They stay as they are written: nothing is evaluated, no Piecewise folded outwards, no index renamed. A bound index
shadows a free one of the same name. (SymPy folds every Piecewise that it finds inside its own sums, and inside whatever
stands in a condition, outwards, where a condition on a bound index loses its meaning: so that it finds none, those
inside a reduction are held as `Branches`.)
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import is_
from typing import Any

from sympy import Basic, Expr, Idx, Piecewise, Symbol, SympifyError, Tuple, sympify

from symbackprop.errors import CapturedIndex, InvalidReduction
from symbackprop.language.nodes import nodes
from symbackprop.language.symbolic import Symbolic
from symbackprop.language.told import told
from symbackprop.terms.term import Reduction


class Branches(Symbolic, Expr):
    """A Piecewise inside a reduction, with its pairs. It reads and prints as one."""

    is_commutative = True
    is_extended_real = True

    def __new__(cls, *pairs: Any) -> Any:
        """Of what was substituted, what SymPy makes of a Piecewise whose conditions are decided."""
        return held(Piecewise(*pairs))

    @classmethod
    def of(cls, pairs: Iterable[Basic]) -> Branches:
        branches: Branches = Expr.__new__(cls, *pairs)
        return branches

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self._piecewise()))

    _sympyrepr = _sympystr

    def _latex(self, printer: Any) -> str:
        return str(printer._print(self._piecewise()))

    def _pretty(self, printer: Any) -> Any:
        return printer._print(self._piecewise())

    def _piecewise(self) -> Piecewise:
        return Piecewise(*self.args, evaluate=False)


def held(expr: Basic) -> Basic:
    """The expression with each Piecewise in it held, but for those inside reductions, where they are."""
    memo: dict[Basic, Basic] = {}

    def visit(inner: Basic) -> Basic:
        if not inner.args or isinstance(inner, IndexReduction | Branches):
            return inner
        found = memo.get(inner)
        if found is None:
            args = [visit(arg) for arg in inner.args]
            if isinstance(inner, Piecewise):
                found = Branches.of(args)
            else:
                found = inner if all(map(is_, args, inner.args)) else inner.func(*args)
            memo[inner] = found
        return found

    return visit(expr)


class IndexReduction(Symbolic, Expr):
    """A reduction of `args[0]` over the indices `args[1:]`, or within limits `(i, low, high)`.

    It has no `bound_symbols`: where SymPy finds them it renames the indices to symbols without ranges.
    """

    is_commutative = True
    is_extended_real = True
    symbol = ""
    kind: Reduction

    def __new__(cls, body: Any = None, *indices: Any, **options: Any) -> IndexReduction:
        if body is None or options:
            raise InvalidReduction(
                f"{cls.__name__}(...)", expected="an expression and the indices to reduce over",
                found=", ".join(options) or "nothing", remedy=f"write {cls.__name__}(x[n, i], i)",
            )  # fmt: skip
        try:
            body = sympify(body, strict=True)
        except SympifyError:
            raise InvalidReduction(
                f"{cls.__name__}({told(body)}, ...)", expected="an expression and the indices to reduce over",
                found=f"{told(body)} ({type(body).__name__})", remedy=f"write {cls.__name__}(x[n, i], i)",
            ) from None  # fmt: skip
        if not indices:
            *_, last = ("i", *(str(node) for node in nodes(body) if isinstance(node, Idx)))
            element, last = body.read_as() if isinstance(body, Symbolic) else (told(body), last)
            raise InvalidReduction(
                f"{cls.__name__}({told(body)})", expected="the indices to reduce over", found="none",
                remedy=f"write {cls.__name__}({element}, {last})" if last
                else f"{element} is a number: there is nothing to reduce over",
            )  # fmt: skip
        limits = [_limit(cls, body, indices, limit) for limit in indices]
        for place, limit in enumerate(limits):
            if _variable(limit) in map(_variable, limits[:place]):
                raise InvalidReduction(
                    _shown(cls, body, indices), expected="each index once", found=f"{_variable(limit)} twice"
                )
        reduction: IndexReduction = Expr.__new__(cls, held(body), *limits)
        return reduction

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def limits(self) -> tuple[Basic, ...]:
        """An index for the whole of its range, or a triple (index, low, high)."""
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def indices(self) -> tuple[Basic, ...]:
        """What is bound."""
        return tuple(_variable(limit) for limit in self.limits)

    @property
    def free_symbols(self) -> set[Basic]:
        ends = [end.free_symbols for limit in self.limits if isinstance(limit, Tuple) for end in limit[1:]]
        return (self.body.free_symbols - set(self.indices)).union(*ends)  # type: ignore[no-any-return]

    def _eval_subs(self, old: Basic, new: Basic) -> Basic | None:
        if old in self.indices:
            return self
        captured = sorted(map(str, (new.free_symbols - old.free_symbols) & set(self.indices)))
        if captured and old in nodes(self):
            raise CapturedIndex(
                f"{told(self)}.subs({told(old)}, {told(new)})",
                expected=f"nothing that reads {captured[0]}, which is bound in it", found=told(new),
                remedy="give the reduction another index: declare one with net.index",
            )  # fmt: skip
        return None

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(printer.doprint(arg) for arg in self.args)})"

    _sympyrepr = _sympystr

    def _latex(self, printer: Any) -> str:
        below = ", ".join(_below(printer, limit) for limit in self.limits)
        body = printer._print(self.body)
        if self.body.is_Add or isinstance(self.body, Branches) or not self.symbol.startswith(("\\sum", "\\prod")):
            body = rf"\left({body}\right)"
        return rf"{self.symbol}_{{{below}}} {body}"

    def _pretty(self, printer: Any) -> Any:
        return printer._print_Function(self, func_name=type(self).__name__)


def _limit(cls: type, body: Any, indices: tuple[Any, ...], limit: Any) -> Basic:
    """An index, or a triple; an index alone where the limits of a triple are those of its own range."""
    if isinstance(limit, Idx):
        return limit
    triple = Tuple(*limit) if isinstance(limit, tuple | list | Tuple) else Tuple()
    if len(triple) != 3 or not isinstance(triple[0], Idx | Symbol) or not all(isinstance(e, Expr) for e in triple):
        whole = " (no axis: the tensor's element stands in the sum, as in Sum(x[n, i], n))" if body.is_Symbol else ""
        raise InvalidReduction(
            _shown(cls, body, indices), expected="indices of the network, or limits (i, low, high)",
            found=f"{told(limit)} ({type(limit).__name__}){whole}",
            remedy="declare them with net.index; their ranges are theirs",
        )  # fmt: skip
    index, low, high = triple
    return index if isinstance(index, Idx) and (low, high) == (index.lower, index.upper) else triple


def _variable(limit: Any) -> Basic:
    return limit[0] if isinstance(limit, Tuple) else limit


def _below(printer: Any, limit: Basic) -> str:
    parts = [str(printer._print(part)) for part in (limit if isinstance(limit, Tuple) else (limit,))]
    return parts[0] if len(parts) == 1 else rf"{parts[1]} \le {parts[0]} \le {parts[2]}"


def _shown(cls: type, body: Any, indices: tuple[Any, ...]) -> str:
    return f"{cls.__name__}({told(body)}, {', '.join(map(told, indices))})"


class Sum(IndexReduction):
    """The sum; 0 over an empty range."""

    symbol, kind = r"\sum", Reduction.SUM


class Product(IndexReduction):
    """The product; 1 over an empty range."""

    symbol, kind = r"\prod", Reduction.PRODUCT


class ReduceMax(IndexReduction):
    """The largest value; -oo over an empty range. Its gradient is shared equally among ties."""

    symbol, kind = r"\max", Reduction.MAX


class ReduceMin(IndexReduction):
    """The smallest value; oo over an empty range. Its gradient is shared equally among ties."""

    symbol, kind = r"\min", Reduction.MIN


class LogSumExp(IndexReduction):
    """log Σ exp, without overflow; -oo where every value is -oo or the range is empty."""

    symbol, kind = r"\operatorname{logsumexp}", Reduction.LOGSUMEXP


class Mean(IndexReduction):
    """The sum by the number of positions."""

    symbol, kind = r"\operatorname{mean}", Reduction.SUM


REDUCTIONS = (Sum, Product, ReduceMax, ReduceMin, LogSumExp, Mean)
