"""Values to operands: each value that is computed gets storage of its own, each read is a window where that can be.

An `Operands` serves one definition. Its axes count from 0 in the array language, so `low` is added where an index
stands in a subscript or as a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from symbackprop.lower import values
from symbackprop.lower.values import Choose, Contract, Fold, Kind, MapOp, Position, Read, Scalar, Value, children_of
from symbackprop.numpy import array
from symbackprop.numpy.array import Array, Counter, Operand
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.contraction import contract
from symbackprop.numpy.layout import innermost_run
from symbackprop.numpy.reading import read
from symbackprop.terms.build import logic_not, poly_value
from symbackprop.terms.poly import ONE, Atom, Floor, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction, Term


class Operands:
    """The state of one definition. `operand` is the entry."""

    def __init__(self, builder: Builder, axes: Iterable[Axis]) -> None:
        self.builder = builder
        self.axes: dict[Index, Axis] = {axis.index: axis for axis in axes}
        self.extents = {index: builder.size(axis.extent) for index, axis in self.axes.items()}
        self.memo: dict[Value, Operand] = {}

    # --- axes --------------------------------------------------------------------------------------
    def ordered(self, indices: Iterable[Index]) -> tuple[Index, ...]:
        """Those that are axes, in the order of the axes."""
        wanted = set(indices)
        return tuple(axis for axis in self.axes if axis in wanted)

    def axes_of(self, poly: Poly) -> tuple[Index, ...]:
        return self.ordered(poly.indices())

    def from_zero(self, poly: Poly) -> Poly:
        """The polynomial with each axis counting from 0."""
        shifts: dict[Atom, Poly] = {}
        for index in poly.indices():
            axis = self.axes.get(index)
            if axis is not None and axis.low.terms:
                shifts[index] = axis.low + Poly.of(index)
        return poly.substitute(shifts) if shifts else poly

    def facts(self, axes: Iterable[Index]) -> Facts:
        """What is known at all positions of these axes, whether or not another is empty."""
        return self.builder.facts.with_axes(self.axes[axis] for axis in self.ordered(axes))

    # --- storage -----------------------------------------------------------------------------------
    def temporary(self, axes: Sequence[Index], kind: Kind = Kind.FLOAT) -> Array:
        return self.builder.temporary(axes, [self.extents[axis] for axis in axes], kind)

    def map(self, op: MapOp, *args: Operand, kind: Kind = Kind.FLOAT, quiet: bool = False) -> Array:
        """op(args) in new storage over the axes of all of them, laid out as the largest of them."""
        axes = self.ordered(index for arg in args for index in arg.axes)
        for arg in args:
            if isinstance(arg, Array) and len(arg.axes) == len(axes) and arg.whole:
                axes = arg.axes
                break
        return self.builder.map(op, self.temporary(axes, kind), *args, quiet=quiet)

    def as_array(self, operand: Operand, kind: Kind, quiet: bool = False) -> Array:
        """In storage, as the kind says."""
        if isinstance(operand, Array) and operand.kind is kind:
            return operand
        return self.map(MapOp.COPY, operand, kind=kind, quiet=quiet)

    # --- values ------------------------------------------------------------------------------------
    def operand(self, value: Value) -> Operand:
        """The value, in storage or as a number."""
        for part in self._pending(value):
            self.memo[part] = self._make(part)
        return self.memo[value]

    def _pending(self, value: Value) -> Iterator[Value]:
        """What has yet to be computed for the value, parts first. The branches of a choice are not computed ahead."""
        stack = [(value, False)]
        while stack:
            top, ready = stack.pop()
            if top in self.memo:
                continue
            if ready or isinstance(top, Choose):
                yield top
                continue
            stack.append((top, True))
            stack += [(child, False) for child in reversed(_in_turn(top)) if child not in self.memo]

    def _make(self, value: Value) -> Operand:
        match value:
            case Scalar(term):
                return array.Scalar(term)
            case Position(poly):
                return self.position(poly)
            case Read():
                return read(self, value)
            case values.Map(MapOp.POWER, (base, values.Map(_, (place,)) as k), _, quiet) if _is_table(base, k):
                return self._powers(self.memo[base], self.operand(place), quiet)
            case values.Map(op, args, kind, quiet):
                return self.map(op, *(self.memo[arg] for arg in args), kind=kind, quiet=quiet)
            case Contract(factors, bound, quiet):
                return contract(self, [self.memo[factor] for factor in factors], bound, quiet)
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

    def fold(self, reduction: Reduction, source: Array, bound: Iterable[Index], quiet: bool) -> Array:
        """The source reduced over the bound axes. Sums go from the innermost run of axes that are one in memory to the
        outermost, so that each can be added pairwise."""
        folded = [axis for axis in source.axes if axis in set(bound)]
        while folded:
            run = innermost_run((source,), folded) if reduction is Reduction.SUM else folded
            out = self.temporary([axis for axis in source.axes if axis not in run])
            self.builder.emit(array.Fold(reduction, out, source, quiet))
            source, folded = out, [axis for axis in folded if axis not in run]
        return source

    def _choose(self, value: Choose, condition: Term, then: Value, otherwise: Value) -> Array:
        out = self.temporary(self.ordered(value.axes))
        bodies = []
        for holds, branch in ((condition, then), (logic_not(condition), otherwise)):
            memo = dict(self.memo)  # what one branch computes is not there after it
            with self.builder.assuming(holds), self.builder.body() as statements:
                self.builder.map(MapOp.COPY, out, self.operand(branch), quiet=value.quiet)
            self.memo = memo
            bodies.append(tuple(statements))
        self.builder.emit(array.If(condition, *bodies))
        return out

    def _powers(self, base: Operand, exponent: Operand, quiet: bool) -> Array:
        """base**(a + b·k) for all k of an axis that comes last."""
        assert isinstance(exponent, Counter)
        axes = self.ordered(base.axes)
        return self.builder.map(MapOp.POWER, self.temporary((*axes, exponent.axis)), base, exponent, quiet=quiet)

    # --- integers ----------------------------------------------------------------------------------
    def position(self, poly: Poly) -> Operand:
        """The polynomial over the axes that stand in it."""
        axes = self.axes_of(poly)
        if poly.is_affine:
            constant = poly - sum((poly.coefficient(a) * Poly.of(a) for a in axes), Poly.of(0))
            total: Operand | None = None
            for axis in axes:
                counter = self._counter(axis, poly.coefficient(axis), constant if total is None else Poly.of(0))
                total = counter if total is None else self.map(MapOp.ADD, total, counter, kind=Kind.INT)
            return total if total is not None else array.Scalar(poly_value(poly))
        summands: list[Operand] = []
        for monomial, coefficient in poly.terms:
            factors: list[Operand] = []
            scale = Poly.of(coefficient)
            for atom, power in monomial:
                if not self.axes_of(Poly.of(atom)):
                    scale = scale * Poly.of(atom) ** power
                elif isinstance(atom, Index):
                    factors += [self._counter(atom, ONE, Poly.of(0))] * power
                else:
                    assert isinstance(atom, Floor)
                    above, below = self.position(atom.numerator), self.position(atom.denominator)
                    factors += [self.map(MapOp.FLOOR_DIVIDE, above, below, kind=Kind.INT)] * power
            if scale != ONE or not factors:
                factors.append(array.Scalar(poly_value(scale)))
            summands.append(self._chain(MapOp.MULTIPLY, factors))
        return self._chain(MapOp.ADD, summands)

    def _counter(self, index: Index, step: Poly, start: Poly) -> Counter:
        """start + step*(the value of the index)."""
        return Counter(index, self.extents[index], start + step * self.axes[index].low, step)

    def _chain(self, op: MapOp, operands: Sequence[Operand]) -> Operand:
        total = operands[0]
        for operand in operands[1:]:
            total = self.map(op, total, operand, kind=Kind.INT)
        return total


def _in_turn(value: Value) -> tuple[Value, ...]:
    """What the value is made of, in the order of computing it: a mask just before it is used."""
    if isinstance(value, values.Map) and value.op is MapOp.SELECT:
        mask, then, otherwise = value.args
        return then, otherwise, mask
    if isinstance(value, values.Map) and value.op is MapOp.POWER and _is_table(*value.args):
        return value.args[:1]
    return children_of(value)


def _is_table(base: Value, exponent: Value) -> bool:
    """Whether the exponent counts along an axis that the base does not have."""
    match exponent:
        case values.Map(MapOp.COPY, (Position(poly, over),)) if len(over) == 1 and base.axes and poly.is_affine:
            (axis,) = over
            return axis not in base.axes and bool(poly.coefficient(axis).constant)
    return False


__all__ = ["Operands"]
