"""Reductions over indices: `Sum(W[j, i]*x[n, i], i)`.

They stay as they are written: nothing is evaluated, no Piecewise folded outwards, no index renamed. A bound index
shadows a free one of the same name. (SymPy's own Sum folds every Piecewise inside it out of the sum, where a condition
on a bound index loses its meaning.)
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Idx, sympify

from symbackprop.errors import InvalidReduction


class IndexReduction(Expr):
    """A reduction of `args[0]` over the indices `args[1:]`.

    It has no `bound_symbols`: where SymPy finds them it renames the indices to symbols without ranges.
    """

    is_commutative = True
    is_extended_real = True
    symbol = ""

    def __new__(cls, body: Any, *indices: Any) -> IndexReduction:
        body = sympify(body, strict=True)
        if not indices:
            raise InvalidReduction(
                f"{cls.__name__}({body})", expected="the indices to reduce over", found="none",
                remedy=f"write {cls.__name__}({body}, i)",
            )  # fmt: skip
        for place, index in enumerate(indices):
            if not isinstance(index, Idx):
                raise InvalidReduction(
                    _shown(cls, body, indices), expected="indices of the network",
                    found=f"{index} ({type(index).__name__})",
                    remedy="declare them with net.index; their ranges are theirs",
                )  # fmt: skip
            if index in indices[:place]:
                raise InvalidReduction(_shown(cls, body, indices), expected="each index once", found=f"{index} twice")
        reduction: IndexReduction = Expr.__new__(cls, body, *indices)
        return reduction

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def indices(self) -> tuple[Idx, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    @property
    def free_symbols(self) -> set[Basic]:
        return self.body.free_symbols - set(self.indices)  # type: ignore[no-any-return]

    def _eval_subs(self, old: Basic, new: Basic) -> Basic | None:
        return self if old in self.indices else None

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__}({', '.join(printer.doprint(arg) for arg in self.args)})"

    _sympyrepr = _sympystr

    def _latex(self, printer: Any) -> str:
        below = ", ".join(str(printer._print(index)) for index in self.indices)
        body = printer._print(self.body)
        if self.body.is_Add or self.body.is_Piecewise or not self.symbol.startswith(("\\sum", "\\prod")):
            body = rf"\left({body}\right)"
        return rf"{self.symbol}_{{{below}}} {body}"

    def _pretty(self, printer: Any) -> Any:
        return printer._print_Function(self, func_name=type(self).__name__)


def _shown(cls: type, body: Any, indices: tuple[Any, ...]) -> str:
    return f"{cls.__name__}({body}, {', '.join(map(str, indices))})"


class Sum(IndexReduction):
    """The sum; 0 over an empty range."""

    symbol = r"\sum"


class Product(IndexReduction):
    """The product; 1 over an empty range."""

    symbol = r"\prod"


class ReduceMax(IndexReduction):
    """The largest value; -oo over an empty range. Its gradient is shared equally among ties."""

    symbol = r"\max"


class ReduceMin(IndexReduction):
    """The smallest value; oo over an empty range. Its gradient is shared equally among ties."""

    symbol = r"\min"


class LogSumExp(IndexReduction):
    """log Σ exp, without overflow; -oo where every value is -oo or the range is empty."""

    symbol = r"\operatorname{logsumexp}"


class Mean(IndexReduction):
    """The sum by the number of positions."""

    symbol = r"\operatorname{mean}"
