"""The array language's checker: shapes, axes and storage, statement by statement.

Verified of a function: every buffer has storage before it is used, and arguments are never written; every window has
as many subscripts as its buffer has dimensions and uses no index that is neither one of its axes nor a loop variable
around it; what is combined is aligned by name, with equal extents; a contraction's groups are what they claim to be.
"""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.lower.check_values import IllFormed
from symbackprop.lower.values import Kind
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Contract,
    Counter,
    Deviation,
    Fold,
    Function,
    Gather,
    If,
    Let,
    Loop,
    Map,
    Note,
    Operand,
    Role,
    Scalar,
    Scatter,
    Statement,
    reads,
    written,
)
from symbackprop.numpy.show_statements import show
from symbackprop.numpy.window_strides import matrix_ready, mergeable
from symbackprop.terms.poly import Index, Poly


def check(function: Function) -> None:
    """Raises IllFormed, naming the statement, where the function breaks a rule."""
    _Checker(function).run()


class _Checker:
    def __init__(self, function: Function) -> None:
        self.function = function
        self.live = set(function.arguments)
        self.axes: dict[Index, None] = {}

    def run(self) -> None:
        self.body(self.function.body)

    def body(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            match statement:
                case Note() | Let():
                    pass
                case Allocate(buffer):
                    self.require(buffer.role is not Role.ARGUMENT, statement, "an argument is not allocated")
                    self.live.add(buffer)
                case Loop(variable, _, _, _, body):
                    self.require(variable not in self.axes, statement, f"the variable {variable} is in use")
                    outer = dict(self.axes)
                    self.axes[variable] = None
                    self.body(body)
                    self.axes = outer
                case If(_, then, otherwise):
                    before = set(self.live)
                    self.body(then)
                    self.live = set(before)
                    self.body(otherwise)
                    self.live = before
                case _:
                    self.leaf(statement)

    def leaf(self, s: Statement) -> None:
        target = written(s)
        assert target is not None, s
        self.require(target.role is not Role.ARGUMENT, s, f"{target.name} is an argument and is written")
        self.storage(target, s)
        for operand in reads(s):
            self.operand(operand, s)
        match s:
            case Map(_, out, args):
                self.operand(out, s)
                for arg in args:
                    self.within(arg, out, s)
            case Contract(out, left, right, batch, inner):
                self.operand(out, s)
                groups = (*batch, *s.rows, *s.columns)
                self.require(set(groups) == set(out.axes) and len(groups) == len(out.axes), s, "groups and axes differ")
                self.require(set(inner) == set(left.axes) - set(out.axes), s, "summed axes of the left factor differ")
                self.require(set(inner) == set(right.axes) - set(out.axes), s, "summed axes of the right factor differ")
                if s.rows or s.columns:
                    self.require(mergeable(left, s.rows) and mergeable(left, inner), s, "the left factor needs a copy")
                    self.require(
                        mergeable(right, s.columns) and mergeable(right, inner), s, "the right factor needs a copy"
                    )
                    self.require(matrix_ready(out, s.rows, s.columns), s, "the result needs a copy")
                self.equal_extents((out, left, right), s)
            case Fold(_, out, source):
                self.operand(out, s)
                self.require(set(out.axes) < set(source.axes), s, "nothing is folded, or onto other axes")
                self.equal_extents((out, source), s)
            case Deviation(out):
                self.operand(out, s)
                self.require(set(s.rows) | set(s.columns) == set(out.axes), s, "groups and axes differ")
                for array, rows, columns in s.sides:
                    self.require(set(array.axes) == {*rows, *columns}, s, f"the axes of {array.buffer.name} differ")
                    self.require(mergeable(array, rows) and mergeable(array, columns), s, "a side needs a copy")
                self.require(matrix_ready(out, s.rows, s.columns), s, "the result needs a copy")
                self.equal_extents((out, *(array for array, _, _ in s.sides)), s)
            case Gather(out, source, rows, index):
                self.require(index.kind is Kind.INT, s, "the index is no integer")
                self.require(out.axes[: len(index.axes)] == index.axes, s, "the index's axes do not come first")
                self.require(len(out.axes) - len(index.axes) == len(source.shape) - rows, s, "rows of another rank")
            case Scatter(target, rows, index, source):
                self.require(index.kind is Kind.INT, s, "the index is no integer")
                self.require(s.unique or not s.assigned, s, "rows are assigned that may be named twice")
                if isinstance(source, Scalar):
                    self.require(s.unique, s, "a number is added to rows that may be named twice")
                    return
                self.require(source.axes[: len(index.axes)] == index.axes, s, "the index's axes do not come first")
                self.require(len(source.axes) - len(index.axes) == len(target.shape) - rows, s, "rows of another rank")
            case _:
                raise IllFormed(f"{self.function.name}: not a statement: {s!r}")

    def operand(self, operand: Operand, s: Statement) -> None:
        match operand:
            case Array(buffer, subscripts, axes, extents):
                self.storage(buffer, s)
                self.require(len(subscripts) == len(buffer.shape), s, f"{buffer.name} has rank {len(buffer.shape)}")
                self.require(len(axes) == len(extents) == len(set(axes)), s, "axes and extents differ")
                used = {index for subscript in subscripts for index in subscript.indices()}
                self.require(used <= {*axes, *self.axes}, s, f"unknown index in {buffer.name}{subscripts}")
                self.require(set(axes) <= used, s, f"an axis of {buffer.name} that no subscript uses")
            case Counter(_, _, start, step):
                self.known((start, step), s)
            case Scalar():
                pass

    def known(self, polys: Iterable[Poly], s: Statement) -> None:
        for poly in polys:
            self.require(set(poly.indices()) <= self.axes.keys(), s, f"unknown index in {poly}")

    def within(self, arg: Operand, out: Array, s: Statement) -> None:
        self.require(set(arg.axes) <= set(out.axes), s, "an argument has axes that the result lacks")
        if isinstance(arg, Array):
            self.equal_extents((out, arg), s)
        elif isinstance(arg, Counter):
            self.require(out.extent(arg.axis) == arg.extent, s, f"extents along {arg.axis} differ")

    def equal_extents(self, arrays: Iterable[Array], s: Statement) -> None:
        seen: dict[Index, Poly] = {}
        for array in arrays:
            for axis, extent in zip(array.axes, array.extents, strict=True):
                self.require(seen.setdefault(axis, extent) == extent, s, f"extents along {axis} differ")

    def storage(self, buffer: Buffer, s: Statement) -> None:
        self.require(buffer in self.live, s, f"{buffer.name} has no storage")

    def require(self, holds: bool, s: Statement, what: str) -> None:
        if not holds:
            raise IllFormed(f"{self.function.name}: {show(s)}: {what}")
