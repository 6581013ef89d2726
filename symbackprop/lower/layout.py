"""In which order the axes of a tensor lie in memory, chosen for the whole module by the windows that move along it.

A convolution reads x[n, c, h + i, w + j]. Where the axes that no window moves lie innermost, as n in x[c, h, w, n], the
window at each (i, j) has long runs, whatever the batch, and

    z[f, (h w n)] = Σ_(c i j) K[f, (c i j)] * columns[(c i j), (h w n)]

is one product of matrices, as are both of its gradients; what the input's gradient adds up are long runs too. Where a
window moves along several axes, the first of them, the rows, lies outermost: the columns that a row of the result
reads,

    z[h, f, (w n)] = Σ_(i c j) K[f, (i c j)] * columns[h + i, c, j, (w n)]
    columns[h, c, j, w, n] = x[h, c, w + j, n]

are then neighbours, so that they are copied for j alone, and the products, one for each row, stay in the cache.

So the dimensions that equations link element by element fall into classes, and convolutions of data with what only
parameters decide say what a class is: rows, channels, space (moved along by a window) or batch. That is the order in
memory of tensors that stay inside the module and outside of its loops; what users see keeps its own. A class stays
where it is where a product of matrices would have to copy what it reads otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from symbackprop.lower.axis_order import Orders
from symbackprop.lower.convolutions import Convolutions, Dimension, Role, left_of, name_of, reads_of
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_subscripts import Subscripts, indices_of
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import (
    Bind,
    Contract,
    Define,
    Function,
    Loop,
    Read,
    Step,
    Value,
    children_of,
    inside,
)
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import TensorKind
from symbackprop.terms.term import Axis

T = TypeVar("T")


class Layout:
    """`classes`: of dimensions, each by the one that stands for it; `roles`: those that convolutions say."""

    def __init__(self, module: ModuleIR[Function], convolutions: Convolutions) -> None:
        self.convolutions = convolutions
        self.functions = module.functions
        self.steps = [step for function in self.functions for step in steps_in(function.body)]
        self.inner = inner_tensors(module)
        self.classes: dict[Dimension, Dimension] = {}
        self.roles: dict[Dimension, set[Role]] = {}
        self.rows: frozenset[Dimension] = frozenset()
        self.flat: set[str] = set()  # which keep their own order, but for the batch

    def orders(self) -> dict[str, tuple[int, ...]]:
        """Of the tensors whose dimensions are not in their own order."""
        said = [self._said(step) for step in self.steps]
        if not any(role is Role.BATCH for roles in said for role in roles.values()):
            return {}
        for function in self.functions:
            for step in steps_in(function.body):
                self._link(step, function)
            for tensor in function.tensors.values():
                for dimension in range(tensor.rank if tensor.adjoint_of is not None else 0):
                    own = self._class((tensor.name, dimension))
                    self.classes[own] = self._class((tensor.adjoint_of or tensor.name, dimension))
        for roles in said:
            for place, role in roles.items():
                self.roles.setdefault(self._class(place), set()).add(role)
        self.rows = self._first_of_several()
        flattened = {name for step in self.steps for name in self._flattened(step)}
        self.flat = flattened - {name for roles in said for name, _ in roles}  # those of convolutions come first
        while True:
            orders = self._sorted()
            stay = [each for step in self.steps for each in split(step, orders, self.role) if each[0] not in flattened]
            for roles in said:
                stay += self._undone(roles)
            batch = {self._class(place) for place in stay if self.role(place) is Role.BATCH}
            if not batch:
                return orders
            for place in batch:
                self.roles[place].add(Role.UNKNOWN)

    def _undone(self, roles: Mapping[Dimension, Role]) -> list[Dimension]:
        """The dimensions of a convolution that would be its batch on one side alone."""
        batch = [place for place, role in roles.items() if role is Role.BATCH and place[0] in self.inner]
        return batch if any(self.role(place) is not Role.BATCH for place in batch) else []

    def _sorted(self) -> dict[str, tuple[int, ...]]:
        orders = {}
        for name, rank in self.inner.items():
            roles = [self.role((name, place)) for place in range(rank)]
            key = [role is Role.BATCH for role in roles] if name in self.flat else roles
            order = tuple(sorted(range(rank), key=key.__getitem__))
            if Role.BATCH in roles and order != tuple(range(rank)):
                orders[name] = order
        return orders

    @property
    def batch_innermost(self) -> bool:
        """Whether any class is."""
        return any(self._role(name) is Role.BATCH for name in self.roles)

    def role(self, place: Dimension) -> Role:
        """Of a dimension."""
        role = self._role(self._class(place))
        return Role.SPACE if role is Role.ROW and place[0] in self.flat else role

    def _first_of_several(self) -> frozenset[Dimension]:
        """The classes of space that stand before the others in each tensor that has several; but for convolutions of
        each channel by itself, whose products are small."""
        first, others = set[Dimension](), set[Dimension]()
        for name, tensor in {name: tensor for f in self.functions for name, tensor in f.tensors.items()}.items():
            spaces = [self._class((name, place)) for place in range(tensor.rank)]
            spaces = [space for space in dict.fromkeys(spaces) if self._role(space) is Role.SPACE]
            if len(spaces) > 1:
                first.add(spaces[0])
                others |= set(spaces[1:])
        for step in self.steps:
            for found in self.convolutions.of(step):
                if found.by_channels:
                    others |= {self._class(place) for place in self._said(step)}
        return frozenset(first - others)

    def _flattened(self, step: Step) -> Iterator[str]:
        """The tensors whose space runs along an axis of what only parameters decide, as that of the image that a dense
        layer reads as one row: no product for each of its rows, and its order is that of the weights."""
        for part in inside(step.value) if isinstance(step, Define) else ():
            if isinstance(part, Contract) and isinstance(step, Define):
                own = frozenset[Index]().union(*(f.axes for f in part.factors if not self.convolutions.is_data(f)))
                sides = [(read.tensor, read.subscripts) for read in inside(part) if isinstance(read, Read)]
                for name, subscripts in (*sides, (step.tensor, step.subscripts)):
                    if any(self._space_along(name, place, s, own) for place, s in enumerate(subscripts)):
                        yield name

    def _space_along(self, name: str, place: int, subscript: Poly | Value, axes: frozenset[Index]) -> bool:
        mine = indices_of(subscript)
        return len(mine) == 1 and mine <= axes and self._role(self._class((name, place))) in (Role.ROW, Role.SPACE)

    def _role(self, name: Dimension) -> Role:
        if name in self.rows:
            return Role.ROW
        said = self.roles.get(name, set())
        return next(iter(said)) if len(said) == 1 else Role.SPACE if Role.SPACE in said else Role.UNKNOWN

    # --- classes -----------------------------------------------------------------------------------
    def _class(self, place: Dimension) -> Dimension:
        return root_of(self.classes, place)

    def _link(self, step: Step, function: Function) -> None:
        """What runs along dimensions of the left side and of reads, one of each, makes them one class."""
        if not isinstance(step, Define | Bind):
            return
        first: dict[Index, Dimension] = {}
        for name, subscripts, over in [(name_of(step), left_of(step), None), *self._linked_reads(step.value)]:
            for place, subscript in enumerate(subscripts):
                axis = _plain(subscript, step.axes)
                if axis is not None and (over is None or axis in over):
                    own = (name if name in function.tensors else f"{function.name} {name}", place)  # not a bound value
                    one, other = self._class(first.setdefault(axis, own)), self._class(own)
                    self.classes[other] = one

    def _linked_reads(self, top: Value) -> Iterator[tuple[str, Subscripts, frozenset[Index] | None]]:
        """What is read element by element, and along which axes: all, or those that a product of matrices keeps of
        data, where they are several, whose order in memory is then that of the result."""

        def parts(value: Value) -> tuple[Value, ...]:
            return () if multiplies(value) else children_of(value)

        for part in inside(top, parts):
            if isinstance(part, Read):
                yield part.tensor, part.subscripts, None
            elif multiplies(part) and isinstance(part, Contract):
                data = [factor for factor in part.factors if self.convolutions.is_data(factor)]
                others = frozenset[Index]().union(*(factor.axes for factor in part.factors if factor not in data))
                if len(data) == 1 and len(kept := (data[0].axes & part.axes) - others) > 1:
                    for read in inside(data[0]):
                        if isinstance(read, Read):
                            yield read.tensor, read.subscripts, kept

    def _said(self, step: Step) -> dict[Dimension, Role]:
        """What the convolutions of a step say of dimensions."""
        return {
            (name, place): found.role(axes)
            for found in self.convolutions.of(step)
            for name, subscripts in found.sides
            for place, subscript in enumerate(subscripts)
            if (axes := indices_of(subscript) & {axis.index for axis in found.step.axes})
        }


def inner_tensors(module: ModuleIR[Function]) -> dict[str, int]:
    """The ranks of the tensors whose layout nobody else sees, and that no loop runs along."""
    steps = [step for function in module.functions for step in steps_in(function.body)]
    seen = {*module.results, *module.program.outputs, *(adjoint for _, adjoint in module.gradients)}
    seen |= {following for _, following in module.program.updates}
    seen |= set(module.predict_program.outputs) if module.predict_program is not None else set()
    for loop in steps:
        if isinstance(loop, Loop):
            for step in steps_in(loop.body):
                seen |= {read.tensor for read in reads_of(step)} | {name_of(step)}
    return {
        name: tensor.rank for function in module.functions for name, tensor in function.tensors.items()
        if tensor.kind is TensorKind.INTERMEDIATE and name not in seen
    }  # fmt: skip


def root_of(above: dict[T, T], item: T) -> T:
    """What all that are joined with it share; from here on the way there is one step."""
    root = item
    while (other := above.get(root, root)) != root:
        root = other
    while item != root:
        above[item], item = root, above[item]
    return root


# --- steps ---------------------------------------------------------------------------------------------
def multiplies(value: Value) -> bool:
    """Whether it is a product of matrices, no sum of products of elements of the same axes."""
    return isinstance(value, Contract) and len({factor.axes for factor in value.factors}) > 1


def _plain(subscript: Poly | Value, axes: Sequence[Axis]) -> Index | None:
    """The axis that alone stands in a subscript."""
    own = indices_of(subscript) & {axis.index for axis in axes}
    return next(iter(own)) if len(own) == 1 and isinstance(subscript, Poly) else None


# --- products of matrices ------------------------------------------------------------------------------
def split(
    step: Step, orders: Orders, role: Callable[[Dimension], Role] = lambda _: Role.UNKNOWN
) -> Iterator[Dimension]:
    """The dimensions of what products of matrices could then no longer read or write as it lies; there is a product
    for each of the rows."""
    if not isinstance(step, Define):
        return
    for part in inside(step.value):
        if not isinstance(part, Contract) or len(part.factors) < 2 or not multiplies(part):
            continue
        for factor in part.factors:
            held = frozenset[Index]().union(*(other.axes for other in part.factors if other is not factor))
            for read in inside(factor):
                if isinstance(read, Read) and read.tensor in orders:
                    order = [place for place in orders[read.tensor] if role((read.tensor, place)) is not Role.ROW]
                    groups = _groups(read.subscripts, order, step, held, frozenset(part.bound))
                    if groups is not None and not _fit(groups, step, orders):
                        yield from ((read.tensor, place) for place in range(len(read.subscripts)))


def _groups(
    subscripts: Subscripts, order: Sequence[int], step: Define, held: frozenset[Index], bound: frozenset[Index]
) -> list[tuple[int, Index]] | None:
    """The axes as they lie in memory, each with what it is to the product: 0 one of several products, 1 summed over,
    2 kept; None for a window, which is copied anyway."""
    found = []
    own = {axis.index for axis in step.axes}
    for place in order:
        axes = indices_of(subscripts[place]) & own
        if len(axes) > 1:
            return None
        found += [(1 if axis in bound else 0 if axis in held else 2, axis) for axis in axes]
    return found


def _fit(groups: Sequence[tuple[int, Index]], step: Define, orders: Orders) -> bool:
    """Whether each group lies together, those of several products outermost, and the kept ones as in the result."""
    kinds = [kind for kind, _ in groups]
    runs = [kind for place, kind in enumerate(kinds) if place == 0 or kinds[place - 1] != kind]
    order = orders.get(step.tensor, range(len(step.subscripts)))
    left = [index for place in order for index in _by_weight(step.subscripts[place])]
    kept = [axis for kind, axis in groups if kind == 2]
    return (
        len(set(runs)) == len(runs)
        and 0 not in runs[1:]
        and [axis for axis in left if axis in kept] == [axis for axis in kept if axis in left]
    )


def _by_weight(subscript: Poly | Value) -> list[Index]:
    """Its axes as digits of a number, the highest first, as far as that can be told."""
    found: list[Index] = []
    for index in sorted(indices_of(subscript), key=str):
        place = len(found)
        while place and isinstance(subscript, Poly) and plainly_nonnegative(
            subscript.coefficient(index) - subscript.coefficient(found[place - 1])
        ):  # fmt: skip
            place -= 1
        found.insert(place, index)
    return found


__all__ = ["Layout", "inner_tensors", "multiplies", "root_of", "split"]
