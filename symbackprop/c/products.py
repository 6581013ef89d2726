"""Sums of products of two tensors, for the function that computes them in blocks.

    c[m, n] (= | +=) Σ_k a[m, k]·b[k, n]

rows m are axes of the left factor and the target, columns n of the right one and the target, k of both factors. Either
factor can be the left one: how they lie decides. Neighbouring axes that lie one in the other are one axis; rows and
sums run along three, columns along one, and for those that are left over there are loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from symbackprop.c.nests import Product, Subscripts
from symbackprop.lower.values import Contract, Kind, Read, Value
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Axis

MOST = 3  # axes of rows, and of sums, that the function takes
FEW = 4  # rows, below which sums that lie side by side are added in vectors, and not packed
LANES = 16  # of a vector
BLOCK = 16  # rows, or columns, that a thread should at least have
MANY = 128  # columns, from which on threads share them, and none packs what another does
FROM = 100_000  # multiplications, from which on a second thread pays
SLICE = 256  # positions of a sum whose packed lines the cache holds
WORTH = 2048  # multiplications from which on a call pays


@dataclass(frozen=True, slots=True)
class Run:
    """An axis, or several as one: how many positions, and the strides of the left factor, the right one and the
    target."""

    extent: int
    left: int
    right: int
    target: int


@dataclass(frozen=True, slots=True)
class Layout:
    """`swapped`: whether the factors change places; `outer`: axes that loops around the call run along."""

    swapped: bool
    rows: tuple[Run, ...]
    columns: Run
    sums: tuple[Run, ...]
    outer: tuple[Axis, ...]

    @property
    def shared(self) -> str:
        """The run that threads share, as the function calls it: columns where they are many, else what has most parts
        for them. "" where each has elements that another position of the run has too, or none is long enough."""
        runs = {f"r{place}": run for place, run in enumerate(self.rows, 1)} | {"n": self.columns}
        parts = {name: run.extent // (1 if name in ("r2", "r3") else BLOCK) for name, run in runs.items()}
        own = [name for name, count in parts.items() if count > 1 and _is_apart(name, runs)]
        return "n" if "n" in own and self.columns.extent >= MANY else max(own, key=parts.__getitem__, default="")


def _is_apart(name: str, runs: Mapping[str, Run]) -> bool:
    """Whether no two positions of the run have an element of the target in common: what it goes on by is more than all
    that lies inside, and what lies outside goes on by more than all of that."""
    own = abs(runs[name].target)
    others = sorted((abs(run.target), run.extent) for other, run in runs.items() if other != name)
    reach = sum((extent - 1) * stride for stride, extent in others if stride <= own)
    if reach >= own:
        return False
    reach += (runs[name].extent - 1) * own
    for stride, extent in others:
        if stride > own and extent > 1:
            if reach >= stride:
                return False
            reach += (extent - 1) * stride
    return True


def product_of(
    tensor: str, subscripts: Subscripts, value: Contract, left: Sequence[Axis], ranges: Mapping[Index, Axis]
) -> tuple[Product, tuple[Axis, ...]] | None:
    """(the product, the axes that both factors have and the target too), if the factors are what it takes.

    Elements of both factors and of the target are to be read at polynomials of the axes.
    """
    if len(value.factors) != 2 or not all(isinstance(s, Poly) for s in subscripts):
        return None
    a, b = value.factors
    if not (_is_plain(a) and _is_plain(b)):
        return None
    bound = set(value.bound)
    if not bound <= a.axes or not bound <= b.axes:
        return None
    batch = tuple(axis for axis in left if axis.index in a.axes and axis.index in b.axes)
    rows = tuple(axis for axis in left if axis.index in a.axes and axis.index not in b.axes)
    columns = tuple(axis for axis in left if axis.index in b.axes and axis.index not in a.axes)
    if len(batch) + len(rows) + len(columns) < len(left):
        return None
    sums = tuple(ranges[index] for index in value.bound)
    assert isinstance(a, Read)
    assert isinstance(b, Read)
    return Product(tensor, subscripts, False, a, b, rows, columns, sums), batch


def _is_plain(value: Value) -> bool:
    return (
        isinstance(value, Read) and not value.children and not value.padded and value.kind is Kind.FLOAT
        and bool(value.subscripts)
    )  # fmt: skip


def is_worth_it(product: Product, tensors: Mapping[str, Tensor], vector: bool = False) -> bool:
    """Whether there is a layout, and enough to do in a call: by a vector only where both factors have side by side what
    is summed, a vector of the machine's at least."""
    found = layout(product, tensors)
    if found is None or (vector and not _lie_together(found)):
        return False
    positions = prod(run.extent for run in (*found.rows, found.columns, *found.sums))
    return positions >= WORTH and prod(run.extent for run in found.sums) >= 2


def _lie_together(found: Layout) -> bool:
    return bool(found.sums) and found.sums[0].left == found.sums[0].right == 1 and found.sums[0].extent >= LANES


def layout(product: Product, tensors: Mapping[str, Tensor]) -> Layout | None:
    """How the product is computed; None where a stride or a size is no number, or sums run along too many axes."""
    options = [option for swapped in (False, True) for option in _options(product, tensors, swapped)]
    return min(options, key=_cost, default=None)


def _cost(found: Layout) -> float:
    """About the time, in multiplications of vectors."""
    rows, sums = (prod(run.extent for run in runs) for runs in (found.rows, found.sums))
    columns, calls = found.columns, prod(axis.extent.constant or 1 for axis in found.outer)
    width = -(-columns.extent // 16) * 16  # a narrow vector takes as long as a wide one
    work = -(-rows // 8) * 8 * width * sums / 16
    if (
        _lie_together(found) and columns.right != 1 and rows < FEW
    ):  # sums in vectors: nothing is packed, and a row costs what it is
        return calls * (0.75 * work + 50)
    packed = columns.extent * sums * (0.2 if columns.right == 1 else 1)
    stored = rows * columns.extent * (0.1 if columns.target == 1 else 6) * -(-sums // SLICE)
    return calls * (work + packed + stored + 50)


def _options(product: Product, tensors: Mapping[str, Tensor], swapped: bool) -> Iterator[Layout]:
    """With each axis that can be that of the columns."""
    left, right = product.left, product.right
    rows, columns = product.rows, product.columns
    if swapped:
        left, right, rows, columns = right, left, columns, rows
    strides = [
        _strides(tensors[left.tensor], left.subscripts),
        _strides(tensors[right.tensor], right.subscripts),
        _strides(tensors[product.tensor], product.subscripts),
    ]
    groups = [_runs(axes, strides) for axes in (rows, columns, product.sums)]
    if any(group is None for group in groups):
        return
    row_runs, column_runs, sum_runs = (list(group or ()) for group in groups)
    if len(sum_runs) > MOST:
        return
    row_runs.sort(key=lambda each: -each[0].extent)
    kept, others = row_runs[:MOST], row_runs[MOST:]
    kept.sort(key=lambda each: (abs(each[0].target), abs(each[0].left)))
    sum_runs.sort(key=lambda each: (abs(each[0].right), abs(each[0].left)))
    for chosen in column_runs or [(Run(1, 0, 0, 0), ())]:
        outer = [axis for each in (*others, *column_runs) if each is not chosen for axis in each[1]]
        yield Layout(swapped, tuple(run for run, _ in kept), chosen[0], tuple(run for run, _ in sum_runs), tuple(outer))


def _runs(
    axes: Iterable[Axis], strides: Sequence[Mapping[Index, int] | None]
) -> list[tuple[Run, tuple[Axis, ...]]] | None:
    """The axes, those that lie one in the other as one, the innermost first; None where a stride or a range is no
    number."""
    runs: list[tuple[Run, tuple[Axis, ...]]] = []
    for axis in axes:
        extent = axis.extent.constant
        if extent is None or extent < 0 or any(each is None for each in strides):
            return None
        if extent == 1:
            continue
        left, right, target = ((each or {}).get(axis.index, 0) for each in strides)
        runs.append((Run(extent, left, right, target), (axis,)))
    runs.sort(key=lambda each: (max(each[0].target, 0), each[0].left, each[0].right))
    out: list[tuple[Run, tuple[Axis, ...]]] = []
    for run, own in runs:
        if out:
            inner, others = out[-1]
            if all(getattr(run, side) == getattr(inner, side) * inner.extent for side in ("left", "right", "target")):
                merged = Run(inner.extent * run.extent, inner.left, inner.right, inner.target)
                out[-1] = merged, (*others, *own)
                continue
        out.append((run, own))
    return out


def _strides(tensor: Tensor, subscripts: Subscripts) -> dict[Index, int] | None:
    """How far it is from an element to the next along each axis; None where that is no number."""
    position, stride = ZERO, 1
    for subscript, size in zip(reversed(subscripts), reversed(tensor.shape), strict=True):
        if not isinstance(subscript, Poly) or not subscript.is_affine or size.constant is None:
            return None
        position, stride = position + subscript * stride, stride * size.constant
    found = {index: position.coefficient(index).constant for index in position.indices()}
    return {index: step for index, step in found.items() if step is not None} if None not in found.values() else None


__all__ = ["FEW", "FROM", "SLICE", "Layout", "Run", "is_worth_it", "layout", "product_of"]
