"""Values to operands: each value that is computed gets storage of its own, each read is a window where that can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.lower import values
from symbackprop.lower.value_walks import always_computed, parts_first
from symbackprop.lower.values import Choose, Contract, Deviation, Fold, Kind, MapOp, Position, Read, Scalar, Value
from symbackprop.numpy import array
from symbackprop.numpy.array import Array, Counter, Operand
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.definition import Definition
from symbackprop.numpy.deviations import deviation
from symbackprop.numpy.matrix_products import contract
from symbackprop.numpy.power_tables import exponent_of
from symbackprop.numpy.read_statements import read
from symbackprop.terms.build import logic_not
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Axis, Reduction, Term


class Operands(Definition):
    """Those of one definition. `operand` is the entry."""

    def __init__(self, builder: Builder, axes: Iterable[Axis]) -> None:
        super().__init__(builder, axes)
        self.memo: dict[Value, Operand] = {}

    def operand(self, value: Value) -> Operand:
        """The value, in storage or as a number."""
        for part in parts_first(value, self.memo, _in_turn):
            self.memo[part] = self._make(part)
        return self.memo[value]

    def _make(self, value: Value) -> Operand:
        match value:
            case Scalar():
                return value
            case Position(poly):
                return self.position(poly)
            case Read():
                return read(self, value)
            case values.Map(MapOp.POWER, (base, values.Map(_, (place,))), _, quiet) if exponent_of(value):
                return self._powers(self.memo[base], self.operand(place), quiet)
            case values.Map(op, args, kind, quiet):
                return self.map(op, *(self.memo[arg] for arg in args), kind=kind, quiet=quiet)
            case Contract(factors, bound, quiet):
                return contract(self, [self.memo[factor] for factor in factors], bound, quiet)
            case Deviation(weights, left, right, bound, quiet):
                sides = [self.memo[each] for each in (*weights, left, right)]
                return deviation(self, sides, bound, quiet)
            case Fold(reduction, source, bound, quiet):
                return self._fold(reduction, self.memo[source], bound, quiet)
            case Choose(condition, then, otherwise):
                return self._choose(value, condition, then, otherwise)
            case _:
                raise TypeError(f"not a value: {value!r}")

    def _fold(self, reduction: Reduction, source: Operand, bound: Sequence[Index], quiet: bool) -> Array:
        if not (isinstance(source, Array) and source.kind is Kind.FLOAT and set(bound) <= set(source.axes)):
            axes = self.ordered({*source.axes, *bound})  # a reduction of what does not depend on its index
            source = self.builder.map(MapOp.COPY, self.temporary(axes), source, quiet=quiet)
        return self.fold(reduction, source, bound, quiet)

    def _choose(self, value: Choose, condition: Term, then: Value, otherwise: Value) -> Array:
        out = self.temporary(self.ordered(value.axes))
        bodies = []
        for holds, branch in ((condition, then), (logic_not(condition), otherwise)):
            outer, self.memo = self.memo, dict(self.memo)  # what one branch computes is not there after it
            with self.builder.assuming(holds), self.builder.body() as statements:
                self.builder.map(MapOp.COPY, out, self.operand(branch), quiet=value.quiet)
            self.memo = outer
            bodies.append(tuple(statements))
        self.builder.emit(array.If(condition, *bodies))
        return out

    def _powers(self, base: Operand, exponent: Operand, quiet: bool) -> Array:
        """base**(a + b·k) for all k of an axis that comes last."""
        assert isinstance(exponent, Counter)
        axes = self.ordered(base.axes)
        return self.builder.map(MapOp.POWER, self.temporary((*axes, exponent.axis)), base, exponent, quiet=quiet)


def _in_turn(value: Value) -> tuple[Value, ...]:
    """What has to be there for the value, in the order of computing it: a mask just before it is used; nothing of the
    branches of a choice."""
    if isinstance(value, values.Map) and value.op is MapOp.SELECT:
        mask, then, otherwise = value.args
        return then, otherwise, mask
    if isinstance(value, values.Map) and exponent_of(value):
        return value.args[:1]
    return always_computed(value)


__all__ = ["Operands"]
