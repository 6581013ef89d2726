"""The arrays of one definition: what axes they have, and where they are kept.

A `Definition` is what the parts of a definition are lowered against (`read_statements`, `matrix_products`,
`write_statements`), each taking it as an argument; `operands` lowers all of them. Its axes count from 0 in the array
language, so `low` is added where an index stands in a subscript or as a number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from symbackprop.lower.values import Kind, MapOp, Value
from symbackprop.numpy.array import Array, Counter, Fold, Operand, Scalar
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.window_strides import innermost_run
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import ONE, Atom, Floor, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction


class Definition(ABC):
    """The state of one definition."""

    def __init__(self, builder: Builder, axes: Iterable[Axis]) -> None:
        self.builder = builder
        self.axes: dict[Index, Axis] = {axis.index: axis for axis in axes}
        self.extents = {index: builder.size(axis.extent) for index, axis in self.axes.items()}

    @abstractmethod
    def operand(self, value: Value) -> Operand:
        """The value, in storage or as a number."""

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

    def fold(self, reduction: Reduction, source: Array, bound: Iterable[Index], quiet: bool) -> Array:
        """The source reduced over the bound axes. Sums go from the innermost run of axes that are one in memory to the
        outermost, so that each can be added pairwise."""
        folded = [axis for axis in source.axes if axis in set(bound)]
        while folded:
            run = innermost_run((source,), folded) if reduction is Reduction.SUM else folded
            out = self.temporary([axis for axis in source.axes if axis not in run])
            self.builder.emit(Fold(reduction, out, source, quiet))
            source, folded = out, [axis for axis in folded if axis not in run]
        return source

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
            return total if total is not None else Scalar(poly_value(poly))
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
                factors.append(Scalar(poly_value(scale)))
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
