"""How an array library writes what values are made of. What NumPy and JAX write alike stands here; what another writes
otherwise, it overrides.

A `Library` knows text alone: calls of its functions, transpositions, reductions, and what is written to a part of an
array. Which of them is wanted, and over which axes, is decided by `expressions`, `reads` and `statement_lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from symbackprop.array_text.fragment import Code, Level
from symbackprop.lower.values import MapOp
from symbackprop.python_text.bracketed import call, indexed, one_or_several, tuple_text
from symbackprop.python_text.scalars import Naming, Numbers
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Op
from symbackprop.terms.term import Reduction

_REDUCTIONS = {Reduction.SUM: "sum", Reduction.PRODUCT: "prod", Reduction.MAX: "max", Reduction.MIN: "min"}
_INFINITE = {Reduction.MAX: "-inf", Reduction.MIN: "inf"}
_HELPERS = {MapOp.ERF: "erf", MapOp.SIGMOID: "sigmoid", MapOp.LOG_COSH: "log_cosh",
            MapOp.EXP_NORMALIZED: "exp_normalized"}  # fmt: skip


class Library(Numbers):
    """NumPy, and what has its names."""

    helpers: ClassVar[dict[MapOp, str]] = _HELPERS  # operations that are functions of the module
    counts_truth: ClassVar[bool] = True  # whether a truth value beside a float is 0 or 1 as it is

    def call(self, function: str, *args: str, axes: tuple[Index, ...] = ()) -> Code:
        """The call of one of its functions."""
        return Code(call(f"{self.prefix}.{function}", *args), axes=axes, called=True)

    def erf(self, number: str, name: Naming) -> str:
        return f"{name.module('erf')}({number})"

    # --- arrays ------------------------------------------------------------------------------------
    def zeros(self, shape: str, dtype: str) -> str:
        return call(f"{self.prefix}.zeros", shape, dtype)

    def full(self, shape: str, number: str, dtype: str) -> str:
        return call(f"{self.prefix}.full", shape, number, dtype)

    def arange(self, steps: str, axes: tuple[Index, ...]) -> Code:
        """Integers, `steps` being the arguments of a range."""
        return self.call("arange", steps, axes=axes)

    def broadcast(self, text: str, shape: str, axes: tuple[Index, ...]) -> Code:
        return self.call("broadcast_to", text, shape, axes=axes)

    def padded(self, text: str, sides: Sequence[tuple[str, str]]) -> Code:
        """With zeros around it: so many before and behind along each dimension."""
        return self.call("pad", text, tuple_text([f"({low}, {high})" for low, high in sides]))

    def turned(self, text: str, turned: Sequence[bool]) -> str:
        """Backwards along the dimensions that are `turned`."""
        return indexed(text, ["::-1" if each else ":" for each in turned])

    def copied(self, text: str) -> str:
        """As an array of its own, if what is written to it would be seen elsewhere."""
        return f"{text}.copy()"

    def transposition(self, order: Sequence[int]) -> str:
        """What stands behind an array to permute its dimensions so."""
        if list(order) == [1, 0]:
            return ".T"
        moved = [place for place, source in enumerate(order) if place != source]
        if len(moved) == 2:
            return f".swapaxes({moved[0]}, {moved[1]})"
        return f".transpose({', '.join(map(str, order))})"

    def over(self, code: Code, layout: Sequence[Index]) -> Code:
        """Transposed, and with dimensions of length 1, so that it broadcasts against arrays with these axes."""
        own = tuple(axis for axis in layout if axis in code.axes)
        assert set(own) == set(code.axes), (code, layout)
        text, level = code.text, code.level
        if own != code.axes:
            text = f"{code.at(Level.ATOM)}{self.transposition([code.axes.index(axis) for axis in own])}"
            level = Level.ATOM
        items = [":" if axis in own else "None" for axis in layout]
        while items and items[0] == "None":
            items.pop(0)
        if "None" in items:
            text, level = indexed(text if level is Level.ATOM else f"({text})", items), Level.ATOM
        return Code(text, level, own, code.plain, code.called)

    def exactly(self, code: Code, layout: Sequence[Index]) -> Code:
        """Transposed to these axes, all of which it has."""
        assert len(layout) == len(code.axes), (code, layout)
        return self.over(code, layout)

    # --- element by element ------------------------------------------------------------------------
    def operation(self, op: MapOp, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        """One of its functions of what is aligned."""
        return self.call(op.value, *(code.text for code in codes), axes=axes)

    def log_one_plus_exp(self, text: str, axes: tuple[Index, ...]) -> Code:
        """log(1 + exp(x)) without overflow."""
        return self.call("logaddexp", "0", text, axes=axes)

    def select(self, mask: Code, then: Code, otherwise: Code, axes: tuple[Index, ...]) -> Code:
        return self.call("where", mask.text, then.text, otherwise.text, axes=axes)

    def cast(self, code: Code, dtype: str) -> Code:
        return Code(f"{code.at(Level.ATOM)}.astype({dtype})", axes=code.axes, called=code.called)

    # --- reductions and products -------------------------------------------------------------------
    def reduced(
        self, reduction: Reduction, code: Code, places: Sequence[int], axes: tuple[Index, ...], some: bool, *more: str
    ) -> Code:
        """Along these dimensions, which leaves the axes; `some`: whether there is something to reduce, whatever the
        sizes."""
        args = list(more)
        if len(places) < len(code.axes):
            args.insert(0, f"axis={one_or_several([str(place) for place in places])}")
        if not some and reduction in _INFINITE:
            args.append(f"initial={'-' * (reduction is Reduction.MAX)}{self.prefix}.inf")
        function = _REDUCTIONS[reduction]
        if code.level is Level.ATOM and not code.called:
            return Code(f"{code.text}.{function}({', '.join(args)})", axes=axes)
        return self.call(function, code.text, *args, axes=axes)

    def counted(self, dtype: str) -> str:
        """The argument by which a sum of truth values is one of floats."""
        return f"dtype={dtype}"

    def einsum(self, formula: str, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        more = ["optimize=True"] if len(codes) > 2 else []
        return self.call("einsum", f'"{formula}"', *(code.text for code in codes), *more, axes=axes)

    # --- what is written to ------------------------------------------------------------------------
    def written(self, name: str, part: str, op: Op, value: str, scalar: bool = False) -> str:
        """The statement that sets a part of an array, `[…]` or all of it, or adds to it."""
        whole = "" if op is Op.ACCUMULATE or part or scalar else "[:]"
        return f"{name}{part}{whole} {op.value} {value}"

    def scattered(self, name: str, places: Sequence[str], value: str) -> str:
        """The statement that adds at all positions, those that are named several times included."""
        return call(f"{self.prefix}.add.at", name, one_or_several(places), value)

    def scattered_inside(self, helper: str, name: str, places: str, value: str) -> str:
        """The same, but for positions outside of the array, by the helper that leaves these out."""
        return call(helper, name, places, value)


__all__ = ["Library"]
