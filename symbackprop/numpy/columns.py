"""The columns of a convolution of data, made once: what forward multiplies by the kernel, backward multiplies by δ.

    z[n, f, h] = Σ_{c,i} K[f, c, i]*x[n, c, h + i]      becomes   X[c, i, h, n] = x[n, c, h + i]
    δK[f, c, i] = Σ_{n,h} δz[n, f, h]*x[n, c, h + i]              z[n, f, h] = Σ_{c,i} K[f, c, i]*X[c, i, h, n]
                                                                  δK[f, c, i] = Σ_{n,h} δz[n, f, h]*X[c, i, h, n]

Either product would have to copy x[n, c, h + i]. Where windows move along rows, too, these stay as they are,

    X[h, c, j, w, n] = x[n, c, h, w + j]
    z[n, f, h, w] = Σ_{c,i,j} K[f, c, i, j]*X[h + i, c, j, w, n]

since the columns of neighbouring rows are neighbours in memory. Without rows it is done for what is given alone, whose
batch may lie outermost, so that the copy is slow: the columns of inner tensors are copied fast, in storage that layers
share, and keeping them all would take many times the memory of what they are made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.convolutions import Convolution, Convolutions, Dimension, Role, reads_of
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import always_computed, rebuilt, steps_in
from symbackprop.lower.values import (
    Contract,
    Define,
    Function,
    If,
    Kind,
    Read,
    Step,
    Value,
    inside,
    with_children,
)
from symbackprop.numpy.window_strides import sign
from symbackprop.terms.build import conjuncts
from symbackprop.terms.poly import ONE, ZERO, Index, Poly
from symbackprop.terms.program import Op, Tensor, TensorKind, fresh_name
from symbackprop.terms.readings import nonempty
from symbackprop.terms.term import Axis, Term

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Window:
    """A read that a window moves. `key`: what it is whatever its axes are called; `axes`: those, in the key's order;
    `along`: those of each dimension."""

    read: Read
    key: Key
    axes: tuple[Axis, ...]
    along: tuple[tuple[Axis, ...], ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The tensor that holds the window's elements. `order`: of the window's axes, as the tensor's dimensions; `row`:
    the dimension of what is read that stays one, before them."""

    tensor: Tensor
    order: tuple[int, ...]
    row: int | None

    def read(self, window: _Window) -> Read:
        return Read(self.tensor.name, self.subscripts(window), window.read.axes, Kind.FLOAT, False)

    def subscripts(self, window: _Window) -> tuple[Poly, ...]:
        rows = () if self.row is None else (_from_zero(window, self.row),)
        return rows + tuple(Poly.of(axis.index) - axis.low for axis in self.axes(window))

    def axes(self, window: _Window) -> tuple[Axis, ...]:
        return tuple(window.axes[place] for place in self.order)

    def definition(self, window: _Window) -> Define:
        """Every row that the window meets, under the name of its first axis."""
        name, read, axes = self.tensor.name, window.read, self.axes(window)
        if self.row is None:
            return Define(name, self.subscripts(window), axes, read, Op.ASSIGN)
        index = window.along[self.row][0].index
        here = Poly.of(index)
        lowest = _subscript(window, self.row) - _from_zero(window, self.row)
        places = tuple(here + lowest if place == self.row else s for place, s in enumerate(read.subscripts))
        over = frozenset({index, *(axis.index for axis in axes)})
        rows = Axis(index, ZERO, self.tensor.shape[0] - 1)
        left = (here, *self.subscripts(window)[1:])
        return Define(name, left, (rows, *axes), Read(read.tensor, places, over, read.kind, read.padded), Op.ASSIGN)


def with_columns(
    module: ModuleIR[Function], convolutions: Convolutions, role: Callable[[Dimension], Role]
) -> ModuleIR[Function]:
    """The module with tensors for the windows of data that both forward and backward multiply, and for all that move
    along rows."""
    wanted = {window.key for step in steps_in(module.backward.body) for window in _windows(step)}
    making = _Making(module, convolutions, role, wanted)
    shared = None if module.shared is None else making.function(module.shared)
    own = [] if shared is None else making.wanted_again()
    forward = making.function(module.forward)
    kept = making.wanted_again()
    backward = making.function(making.reading(module.backward, kept))
    predict = None if module.predict is None else making.apart(module.predict)
    cached = [name for name in module.cached if name in backward.given or name not in module.backward.given]
    return replace(
        module,
        shared=shared,
        forward=_given(forward, own),
        backward=backward,
        predict=predict,
        shared_results=(*module.shared_results, *(tensor.name for tensor in own)),
        cached=(*cached, *(tensor.name for tensor in kept)),
    )


class _Making:
    """`made`: the columns, by the windows' keys."""

    def __init__(
        self,
        module: ModuleIR[Function],
        convolutions: Convolutions,
        role: Callable[[Dimension], Role],
        wanted: set[Key],
    ) -> None:
        self.convolutions, self.role, self.wanted = convolutions, role, wanted
        self.made: dict[Key, _Columns] = {}
        self.taken = {name for function in module.functions for name in (*function.taken, *function.tensors)}

    def function(self, function: Function) -> Function:
        """The function with columns made before the first convolution that multiplies them."""
        before = set(self.made)
        body = tuple(self._body(function.body, function, ()))
        tensors = {c.tensor.name: c.tensor for key, c in self.made.items() if key not in before}
        return replace(function, body=body, tensors=function.tensors | tensors)

    def apart(self, function: Function) -> Function:
        """The function with columns of its own."""
        before, self.made = self.made, {}
        changed = self.function(function)
        self.made = before
        return changed

    def wanted_again(self) -> list[Tensor]:
        """The columns made so far that backward multiplies, too."""
        return [columns.tensor for key, columns in self.made.items() if key in self.wanted]

    def reading(self, function: Function, made: Sequence[Tensor]) -> Function:
        """The function, given the columns."""
        body = tuple(self._read(function.body))
        read, before = ({read.tensor for step in steps_in(steps) for read in reads_of(step)}
                        for steps in (body, function.body))  # fmt: skip
        given = tuple(name for name in function.given if name in read or name not in before)
        return _given(replace(function, body=body, given=given), made)

    def _body(self, body: Iterable[Step], function: Function, conditions: tuple[Term, ...]) -> Iterator[Step]:
        for step in body:
            match step:
                case If(condition, inner):
                    inside_ = (*conditions, *conjuncts(condition))
                    yield replace(step, body=tuple(self._body(inner, function, inside_)))
                case Define():
                    for convolution in self.convolutions.of(step):
                        yield from self._columns(convolution, function, conditions)
                    yield self._replaced(step)
                case _:
                    yield step

    def _columns(self, found: Convolution, function: Function, conditions: tuple[Term, ...]) -> Iterator[Step]:
        """The definition of what the convolution multiplies, where it is wanted and there is none."""
        window = _window(found.moving, found.step.axes)
        if window is None or window.key in self.made or window.read.tensor not in function.tensors:
            return
        read, axes = window.read, window.axes
        tensor = function.tensors[read.tensor]
        roles = [self.role((read.tensor, place)) for place in range(tensor.rank)]
        row = roles.index(Role.ROW) if Role.ROW in roles and _neighbours(window, roles.index(Role.ROW), found) else None
        if row is None and (tensor.kind is TensorKind.INTERMEDIATE or window.key not in self.wanted):
            return
        if Role.BATCH not in roles or not set(conditions) <= set(nonempty(axes)):  # without them there are no columns
            return
        ranks = [_rank(axis.index, found) for axis in axes]
        order = tuple(sorted(range(len(axes)), key=ranks.__getitem__))
        shape = [axes[place].extent for place in order]
        if row is not None:
            order = tuple(place for place in order if axes[place] not in window.along[row])
            rows = sum((c * (axis.extent - 1) for c, axis in _steps(window, row)), ONE)
            shape = [rows, *(axes[place].extent for place in order)]
        name = fresh_name(f"{read.tensor}_columns", self.taken)
        kept = Tensor(name, TensorKind.INTERMEDIATE, tuple(shape), tuple(ZERO for _ in shape))
        columns = self.made[window.key] = _Columns(kept, order, row)
        yield columns.definition(window)

    def _read(self, body: Iterable[Step]) -> Iterator[Step]:
        for step in body:
            match step:
                case If(_, inner):
                    yield replace(step, body=tuple(self._read(inner)))
                case Define():
                    yield self._replaced(step)
                case _:
                    yield step

    def _replaced(self, step: Define) -> Define:
        """The step with columns in the place of windows."""
        read = {window.read: self.made[window.key].read(window) for window in _windows(step) if window.key in self.made}
        if not read:
            return step

        def changed(value: Value, children: tuple[Value, ...]) -> Value:
            if isinstance(value, Contract):
                return with_children(value, tuple(read.get(factor, factor) for factor in children))  # type: ignore[call-overload]
            return with_children(value, children) if children else value

        return replace(step, value=rebuilt(step.value, changed))


def _given(function: Function, tensors: Sequence[Tensor]) -> Function:
    """The function, given these too."""
    names = tuple(tensor.name for tensor in tensors)
    return replace(function, given=(*function.given, *names), tensors=function.tensors | {t.name: t for t in tensors})


def _rank(index: Index, found: Convolution) -> int:
    """Where an axis stands among the columns': what both factors keep, what is summed over, places, the batch."""
    if index not in found.kernel.axes:
        return 3 if found.role(frozenset((index,))) is Role.BATCH else 2
    return 0 if index in found.step.left else 1


# --- windows -------------------------------------------------------------------------------------------
def _windows(step: Step) -> Iterator[_Window]:
    """The windows that a step multiplies."""
    if isinstance(step, Define):
        for part in inside(step.value, always_computed):
            if isinstance(part, Contract) and len(part.factors) > 1:
                for factor in part.factors:
                    window = _window(factor, step.axes)
                    if window is not None:
                        yield window


def _window(value: Value, axes: Sequence[Axis]) -> _Window | None:
    """A read of which several axes run along one dimension, and each along one alone."""
    if not isinstance(value, Read) or value.kind is not Kind.FLOAT:
        return None
    table = {axis.index: axis for axis in axes}
    key: list[object] = [value.tensor, value.padded]
    found: list[Axis] = []
    along: list[tuple[Axis, ...]] = []
    for subscript in value.subscripts:
        if not isinstance(subscript, Poly):
            return None
        steps = [(subscript.coefficient(index), table[index]) for index in subscript.indices() if index in table]
        steps.sort(key=lambda item: (str(item[0]), str(item[1].low), str(item[1].high), item[1].index.name))
        rest = subscript - sum((step * Poly.of(axis.index) for step, axis in steps), ZERO)
        key += [rest, *((step, axis.low, axis.high) for step, axis in steps), None]
        along.append(tuple(axis for _, axis in steps))
        found += along[-1]
    several = any(len(set(subscript.indices()) & set(table)) > 1 for subscript in value.subscripts
                  if isinstance(subscript, Poly))  # fmt: skip
    if not several or max(Counter(axis.index for axis in found).values()) > 1:
        return None
    return _Window(value, tuple(key), tuple(found), tuple(along))


def _subscript(window: _Window, dimension: int) -> Poly:
    subscript = window.read.subscripts[dimension]
    assert isinstance(subscript, Poly)
    return subscript


def _steps(window: _Window, dimension: int) -> list[tuple[Poly, Axis]]:
    """How far each of the axes goes along a dimension from one position to the next."""
    subscript = _subscript(window, dimension)
    return [(subscript.coefficient(axis.index), axis) for axis in window.along[dimension]]


def _from_zero(window: _Window, dimension: int) -> Poly:
    """The position along a dimension from the lowest one that the window meets, where all of its axes go up."""
    return sum((step * (Poly.of(axis.index) - axis.low) for step, axis in _steps(window, dimension)), ZERO)


def _neighbours(window: _Window, dimension: int, found: Convolution) -> bool:
    """Whether all axes go up along a dimension, the kernel's from each row to the next."""
    return all(
        step == ONE if axis.index in found.kernel.axes else sign(step) > 0 for step, axis in _steps(window, dimension)
    )


__all__ = ["with_columns"]
