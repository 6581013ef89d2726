"""Storage is shared: results are written where they belong, temporaries over what has died.

Lowering gives every intermediate value a buffer of its own. Here, in two passes over each body:

1. a value that is computed and then copied into a tensor is computed in the tensor's storage at once;
2. an elementwise statement works in place on a temporary that it is the last to read.

Between the two, what is the same in every turn of a loop leaves it (`loop_invariants`). Where all that is left lies in
memory is decided when sizes are known, by when it is in use (`lifetimes`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Deviation,
    Fold,
    Gather,
    If,
    Loop,
    Map,
    Operand,
    Role,
    Scalar,
    Scatter,
    Statement,
    bodies_of,
    reads,
    statements_in,
    with_bodies,
    written,
)
from symbackprop.numpy.loop_invariants import before_loops
from symbackprop.numpy.window_strides import matrix_ready
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import Atom, Poly


def share_buffers(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same statements with less storage."""
    return _InPlace().body(before_loops(_write_in_place(body)))


# --- rewriting -----------------------------------------------------------------------------------------
def rewrite(statement: Statement, change: Callable[[Array], Array]) -> Statement:
    """The statement with every array changed, those of its bodies too."""

    match statement:
        case Map(op, out, args, quiet):
            return Map(op, change(out), tuple([change(arg) if isinstance(arg, Array) else arg for arg in args]), quiet)
        case Contract(out, left, right, batch, inner, quiet, settled):
            return Contract(change(out), change(left), change(right), batch, inner, quiet, settled)
        case Fold(_, out, source):
            return replace(statement, out=change(out), source=change(source))
        case Deviation(out, left, right, weight):
            weight = None if weight is None else change(weight)
            return replace(statement, out=change(out), left=change(left), right=change(right), weight=weight)
        case Gather(out, _, _, index):
            return replace(statement, out=change(out), index=change(index))
        case Scatter(_, _, index, source):
            added = change(source) if isinstance(source, Array) else source
            return replace(statement, index=change(index), source=added)
        case Loop() | If():
            bodies = bodies_of(statement)
            return with_bodies(statement, [tuple(rewrite(inner, change) for inner in body) for body in bodies])
        case _:
            return statement


def through(array: Array, window: Array) -> Array:
    """An array on a buffer that is really the window: dimension k of the buffer is axis k of the window."""
    if all(s.index is axis for s, axis in zip(array.subscripts, window.axes, strict=True)):
        return Array(window.buffer, window.subscripts, array.axes, array.extents)
    values: dict[Atom, Poly] = dict(zip(window.axes, array.subscripts, strict=True))
    return Array(window.buffer, tuple(s.substitute(values) for s in window.subscripts), array.axes, array.extents)


def buffers_in(statement: Statement) -> Iterable[Buffer]:
    """The buffers that the statement reads or writes, those of its bodies too, each once."""
    found: dict[Buffer, None] = {}
    for inner in statements_in([statement]) if isinstance(statement, Loop | If) else (statement,):
        out = written(inner)
        if out is not None:
            found[out] = None
        for operand in reads(inner):
            if isinstance(operand, Array):
                found[operand.buffer] = None
    return found


def _temporaries(statement: Statement) -> list[Buffer]:
    return [buffer for buffer in buffers_in(statement) if buffer.role is Role.TEMPORARY]


def _uses(temporaries: Iterable[Sequence[Buffer]]) -> dict[Buffer, list[int]]:
    """Where each is read or written, of those in each statement."""
    uses: dict[Buffer, list[int]] = {}
    for place, buffers in enumerate(temporaries):
        for buffer in buffers:
            uses.setdefault(buffer, []).append(place)
    return uses


# --- results where they belong -------------------------------------------------------------------------
def _write_in_place(body: Sequence[Statement]) -> tuple[Statement, ...]:
    out: list[Statement | None] = [
        with_bodies(statement, [_write_in_place(inner) for inner in bodies_of(statement)]) for statement in body
    ]
    uses = _uses(map(_temporaries, body))
    allocated = {s.buffer: place for place, s in enumerate(body) if isinstance(s, Allocate)}
    for place in reversed(range(len(out))):
        top = out[place]
        if not isinstance(top, Map):
            continue
        source = next((arg for arg in top.args if _can_move(top, arg, place, allocated, uses)), None)
        if not isinstance(source, Array):
            continue
        window = _reordered(top.out, source)
        users = [p for p in uses[source.buffer] if p != place]
        if not all(_fits(out[p], source.buffer, window) for p in users):
            continue

        def change(array: Array, window: Array = window, moved: Buffer = source.buffer) -> Array:
            return through(array, window) if array.buffer == moved else array

        for p in (*users, place):
            statement = out[p]
            assert statement is not None
            out[p] = rewrite(statement, change)
        out[allocated[source.buffer]] = None
        if top.op is MapOp.COPY:
            out[place] = None
        if top.out.buffer in uses:
            uses[top.out.buffer] = sorted({*uses[top.out.buffer], *users})
    return tuple(statement for statement in out if statement is not None)


def _can_move(
    top: Map, source: Operand, place: int, allocated: dict[Buffer, int], uses: dict[Buffer, list[int]]
) -> bool:
    """Whether the argument, a temporary that dies here, may live in the window that the statement writes."""
    if not isinstance(source, Array) or source.buffer.role is not Role.TEMPORARY or source.buffer not in allocated:
        return False
    target = top.out
    if not (source.kind is target.kind and source.whole and set(source.axes) == set(target.axes)):
        return False
    others = [arg for arg in top.args if isinstance(arg, Array) and arg != source]
    return (
        uses[source.buffer][-1] == place
        and allocated.get(target.buffer, -1) < uses[source.buffer][0]
        and not any(arg.buffer == source.buffer for arg in others)
        and not any(arg.buffer == target.buffer and arg.subscripts == target.subscripts for arg in others)
        and (top.op is not MapOp.SELECT or source == top.args[2] or (source == top.args[1] and masks(top)))
        and (target.buffer.role is not Role.TEMPORARY or top.op is MapOp.COPY)
    )


def _reordered(target: Array, source: Array) -> Array:
    """The target with its axes in the source's order."""
    return Array(target.buffer, target.subscripts, source.axes, tuple(target.extent(axis) for axis in source.axes))


def _fits(statement: Statement | None, buffer: Buffer, window: Array) -> bool:
    """Whether the statement can use the window in the buffer's stead."""
    match statement:
        case Map() | Fold() | Gather() | Loop() | If() | Allocate() | Scatter():
            return not (isinstance(statement, Gather) and window.buffer.kind is not buffer.kind)
        case Contract(out, left, right):
            if statement.settled or buffer in (left.buffer, right.buffer):
                return False
            changed = replace(statement, out=through(out, window))
            return matrix_ready(changed.out, changed.rows, changed.columns)
        case Deviation(out):
            if any(array.buffer == buffer for array, _, _ in statement.sides):
                return False
            return matrix_ready(through(out, window), statement.rows, statement.columns)
        case _:
            return False


# --- in place -------------------------------------------------------------------------------------------
class _InPlace:
    """Numbers the temporaries that are left in the order of their first use."""

    def __init__(self) -> None:
        self.physical: dict[Buffer, Buffer] = {}
        self.count = 0

    def body(self, body: Sequence[Statement]) -> tuple[Statement, ...]:
        """The statements with temporaries renamed."""
        out: list[Statement] = []
        temporaries = [_temporaries(statement) for statement in body]
        last = {buffer: places[-1] for buffer, places in _uses(temporaries).items()}
        mine = {s.buffer for s in body if isinstance(s, Allocate) and s.buffer.role is Role.TEMPORARY}
        dying: dict[int, list[Buffer]] = {}
        for buffer in mine:
            dying.setdefault(last.get(buffer, -1), []).append(buffer)
        for place, statement in enumerate(body):
            if isinstance(statement, Allocate) and statement.buffer.role is Role.TEMPORARY:
                continue
            for buffer in temporaries[place]:
                if buffer in mine and buffer not in self.physical:
                    old = _overwritten(statement, buffer, dying.get(place, ()))
                    if old is None:
                        self.count += 1
                        self.physical[buffer] = replace(buffer, name=f".{self.count}")
                        out.append(Allocate(self.physical[buffer]))
                    else:
                        self.physical[buffer] = self.physical[old]
            bodies = [self.body(inner) for inner in bodies_of(statement)]
            if bodies:
                statement = with_bodies(statement, bodies)
            elif temporaries[place]:
                statement = rewrite(statement, self._renamed)
            out.append(statement)
        return tuple(out)

    def _renamed(self, array: Array) -> Array:
        if array.buffer.role is not Role.TEMPORARY:
            return array
        home = self.physical.get(array.buffer)
        return array if home is None else Array(home, array.subscripts, array.axes, array.extents)


def _overwritten(statement: Statement, new: Buffer, dying: Sequence[Buffer]) -> Buffer | None:
    """What dies in the statement that is the first to write the new one, in its place."""
    if isinstance(statement, Map) and statement.out.buffer == new:
        for place, arg in enumerate(statement.args):
            if isinstance(arg, Array) and arg.buffer in dying and may_overwrite(statement, place):
                return arg.buffer
    return None


def may_overwrite(statement: Map, place: int) -> bool:
    """Whether it may write each element over that of the argument at the place, of which it then reads no other."""
    arg, out = statement.args[place], statement.out
    return (
        isinstance(arg, Array)
        and arg.buffer != out.buffer
        and arg.whole
        and out.whole
        and arg.axes == out.axes
        and (arg.buffer.shape, arg.kind) == (out.buffer.shape, out.kind)
        and (statement.op is not MapOp.SELECT or place == 2 or (place == 1 and masks(statement)))
        and all(other == arg for other in statement.args if isinstance(other, Array) and other.buffer == arg.buffer)
    )


def masks(statement: Map) -> bool:
    """Whether it selects floats, or 0."""
    return (
        statement.op is MapOp.SELECT
        and statement.out.kind is Kind.FLOAT
        and statement.args[2] == Scalar(NIL)
        and all(isinstance(arg, Array) for arg in statement.args[:2])
        and statement.args[1].kind is Kind.FLOAT
    )
