"""Steps to lines: a tensor is defined by one expression where that gives all of it, else in what was zeros before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from symbackprop.array_text.expressions import Expressions
from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.library import Library
from symbackprop.array_text.line_breaks import wrapped
from symbackprop.array_text.reads import blocks, indices, outside, sliced
from symbackprop.array_text.spelling import Spelling
from symbackprop.lower.value_subscripts import Subscripts, framed, likely_length, shifted, whole_axis
from symbackprop.lower.value_walks import (
    computed_in,
    steps_in,
)
from symbackprop.lower.values import (
    Choose,
    Clear,
    Contract,
    Define,
    Fold,
    If,
    Kind,
    Loop,
    Map,
    MapOp,
    Note,
    Read,
    Scalar,
    Step,
    Value,
    inside,
)
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.python_text.numpy_operations import SILENT
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import ONE, Index, Poly
from symbackprop.terms.program import DType, Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Axis


class Statements:
    """The lines of the function. `kept`: tensors that are returned, which no other name may stand for; `given`: those
    that have values when it begins."""

    expressions: ClassVar[type[Expressions]] = Expressions

    def __init__(
        self,
        spelling: Spelling,
        tensors: Mapping[str, Tensor],
        facts: Facts,
        kept: Iterable[str],
        given: Iterable[str],
    ) -> None:
        self.spelling, self.tensors, self.facts, self.kept = spelling, tensors, facts, set(kept)
        self.lines: list[str] = []
        self.loops: dict[Index, Axis] = {}
        self.begun = set(given)
        self.label = ""
        self.depth, self.parts = 1, 0

    @property
    def library(self) -> Library:
        return self.spelling.library

    def body(self, steps: Sequence[Step]) -> None:
        """The lines for all steps of the function."""
        self.written = Counter(step.tensor for step in steps_in(steps) if isinstance(step, Define | Clear))
        for step in steps:
            self.step(step)

    def line(self, text: str, last: bool = True) -> None:
        """`last`: whether this ends what the equation says."""
        self.lines += wrapped("    " * self.depth + text, f"  # ({self.label})" if last and self.label else "")

    def step(self, step: Step) -> None:
        match step:
            case Note(_, label):
                self.label = label
            case Clear(name):
                self._zeros(name)
            case Define():
                self._define(step)
            case If(condition, body):
                self._begin(body)
                with self._block(f"if {self.spelling.condition(condition)}:", self.facts.assume(condition)):
                    for inner in body:
                        self.step(inner)
            case Loop(variable, _, _, descending, body):
                self._begin(body)
                with self._loop(step.axis, self.spelling.variable(variable), descending):
                    for inner in body:
                        self.step(inner)
            case _:
                raise TypeError(f"not a step: {step!r}")

    # --- blocks ------------------------------------------------------------------------------------
    @contextmanager
    def _block(self, head: str, facts: Facts) -> Iterator[None]:
        label, outer = self.label, self.facts
        self.lines.append("    " * self.depth + head)
        self.depth, self.facts = self.depth + 1, facts
        yield
        self.depth, self.facts, self.label = self.depth - 1, outer, label

    @contextmanager
    def _loop(self, axis: Axis, name: str, descending: bool = False) -> Iterator[None]:
        steps = call(self.spelling.module("range"), self.spelling.steps(axis.low, axis.high))
        steps = call(self.spelling.module("reversed"), steps) if descending else steps
        self.spelling.variables[axis.index.name] = name
        self.loops[axis.index] = axis
        with self._block(f"for {name} in {steps}:", self.facts.with_axes([axis])):
            yield
        del self.loops[axis.index], self.spelling.variables[axis.index.name]

    def _begin(self, steps: Sequence[Step]) -> None:
        """Zeros for what the steps are the first to define."""
        for step in steps_in(steps):
            if isinstance(step, Define) and step.tensor not in self.begun:
                self._zeros(step.tensor)

    def _zeros(self, name: str) -> None:
        if name not in self.begun:
            self.begun.add(name)
            self._array(self.spelling(name), self.tensors[name])

    def _array(self, name: str, tensor: Tensor, shape: Iterable[Poly] | None = None) -> None:
        """Zeros of the tensor's dtype and shape, or of another shape."""
        extents = self.spelling.shape(tensor.shape if shape is None else shape, self.facts)
        dtype = "int" if tensor.dtype is DType.INT else self.spelling.dtype
        self.line(f"{name} = {self.library.zeros(extents, dtype)}", last=False)

    # --- definitions -------------------------------------------------------------------------------
    def _expressions(self, step: Define, axes: Iterable[Axis]) -> Expressions:
        def named(code: Code) -> Code:
            self.parts += 1
            name = self.spelling.of(f"<{step.tensor}_part{self.parts}>")
            self.line(f"{name} = {code.text}", last=False)
            return Code(name, axes=code.axes)

        over = ranges_of(axes)
        return self.expressions(self.spelling, self.tensors, over, self.loops, self.facts, computed_in(step), named)

    def _define(self, step: Define) -> None:
        tensor, name = self.tensors[step.tensor], self.spelling(step.tensor)
        if step.tensor not in self.begun and step.op is Op.ASSIGN and is_whole(step, tensor):
            ev = self._expressions(step, step.axes)
            target = [s.indices()[0] for s in step.subscripts if isinstance(s, Poly) for _ in s.indices()[:1]]
            order = tuple(index for index in target if index in ev.axes)
            code = ev.code(step.value)
            if code.plain:
                self.begun.add(step.tensor)
                shape = self.spelling.shape(tensor.shape, self.facts)
                zero, dtype = step.value is Scalar(NIL), self.spelling.dtype
                text = self.library.zeros(shape, dtype) if zero else self.library.full(shape, code.text, dtype)
                self.line(f"{name} = {text}")
                return
            if len(code.axes) == len(order):
                self.begun.add(step.tensor)
                text = self.library.exactly(code, order).text
                alias = _may_be_read(step.value) and (self.written[step.tensor] > 1 or step.tensor in self.kept)
                text = f"({text})" if alias and isinstance(step.value, Choose) else text
                self.line(f"{name} = {self.library.copied(text) if alias else text}")
                return
        self._zeros(step.tensor)
        self._within(step, name, tensor.shape)

    # --- parts of a tensor -------------------------------------------------------------------------
    def _within(self, step: Define, name: str, shape: Sequence[Poly]) -> None:
        """`=` or `+=` on a slice; where two axes meet in a subscript, in a loop over one of them."""
        ev = self._expressions(step, step.axes)
        loops = _meeting(ev, step, shape)
        pads = outside(ev, step.subscripts, shape) if step.padded else None
        if loops is None or (step.padded and pads is None):
            self._scatter(ev, step, name, shape)
            return
        subscripts: Subscripts = step.subscripts
        frame, inner = name, ""
        if pads is not None and any(low.terms or high.terms for low, high in pads):
            frame = self.spelling.of(f"<{step.tensor}_padded>")
            inner = ", ".join(
                f"{self.spelling.poly(low)}:{self.spelling.poly(low + size)}" if low.terms or high.terms else ":"
                for size, (low, high) in zip(shape, pads, strict=True)
            )
            shape, subscripts = framed(shape, pads), shifted(subscripts, pads)
            self._array(frame, self.tensors[step.tensor], shape)
        self._looped(step, frame, subscripts, shape, loops, last=not inner)
        if inner:
            self.line(self.library.written(name, "", Op.ACCUMULATE, f"{frame}[{inner}]"))

    def _looped(
        self, step: Define, name: str, subscripts: Subscripts, shape: Sequence[Poly], loops: Sequence[Axis], last: bool
    ) -> None:
        if loops:
            index = loops[0].index
            with self._loop(loops[0], self.spelling.of(f"<{index.name}>")):
                self._looped(step, name, subscripts, shape, loops[1:], last)
            return
        ev = self._expressions(step, [axis for axis in step.axes if axis.index not in self.loops])
        target = sliced(ev, Code(name), subscripts, shape, views=False)
        if target is None:
            self._scatter(ev, step, name, shape, subscripts)
        else:
            part = target.text[len(name) :]
            value = self._in_blocks(ev, ev.code(step.value), target.axes, subscripts)
            self.line(self.library.written(name, part, step.op, value, scalar=not shape), last)

    def _in_blocks(self, ev: Expressions, code: Code, axes: tuple[Index, ...], subscripts: Subscripts) -> str:
        """What is written along these axes, those that lie along one dimension of the target made one."""
        pairs = dict(pair for pair in (blocks(ev, subscript) for subscript in subscripts) if pair is not None)
        if not pairs or not code.axes:
            return self.library.over(code, axes).text
        inner = set(pairs.values())
        extents = [ev.axes[axis].extent * (ev.axes[pairs[axis]].extent if axis in pairs else ONE)
                   for axis in axes if axis not in inner]  # fmt: skip
        filled = ev.filled(code, axes)
        return f"{filled.at(Level.ATOM)}.reshape({self.spelling.shape(extents, self.facts)})"

    def _scatter(
        self, ev: Expressions, step: Define, name: str, shape: Sequence[Poly], subscripts: Subscripts | None = None
    ) -> None:
        """Position by position, those that are named several times included."""
        subscripts = subscripts or step.subscripts
        places, axes = indices(ev, subscripts, None if step.padded else shape, leading=False)
        ev.prefer(axes)
        code = self.library.over(ev.code(step.value), axes)
        # NumPy since 1.25 reads beyond a vector that add.at has to stretch along an index of several dimensions
        stretched = len(shape) == len(code.axes) == 1 < len(axes) and code.axes[0] == axes[-1]
        value = f"{code.at(Level.ATOM)}[None]" if stretched else code.text
        if step.op is Op.ASSIGN:
            self.line(self.library.written(name, f"[{', '.join(places)}]", step.op, value))
        elif step.padded:
            helper = self.spelling.helper("add_inside")
            self.line(self.library.scattered_inside(helper, name, tuple_text(places), value))
        else:
            self.line(self.library.scattered(name, places, value))


def _may_be_read(value: Value) -> bool:
    """Whether it is another tensor as it is, in a branch perhaps."""
    if isinstance(value, Choose):
        return _may_be_read(value.then) or _may_be_read(value.otherwise)
    return isinstance(value, Read)


def is_whole(step: Define, tensor: Tensor) -> bool:
    """Whether it defines every element, each by its own subscript."""
    axes = {axis.index: axis for axis in step.axes}
    places = enumerate(tensor.shape)
    return not step.padded and all(whole_axis(place, step.subscripts, axes, size) for place, size in places)


def _meeting(ev: Expressions, step: Define, shape: Sequence[Poly]) -> list[Axis] | None:
    """An axis to loop over for each subscript in which two meet, but in blocks; None where that is not all that is in
    the way."""
    axes = {axis.index: axis for axis in step.axes}
    loops, seen = list[Axis](), set[Index]()
    for subscript in step.subscripts:
        if not isinstance(subscript, Poly):
            return None
        mine = [axes[index] for index in subscript.indices() if index in axes]
        if len(mine) > 2 or seen & {axis.index for axis in mine}:
            return None
        seen |= {axis.index for axis in mine}
        if len(mine) == 2 and blocks(ev, subscript) is None:
            loops.append(min(mine, key=lambda axis: likely_length(axis, shape)))
    return loops


def raises_warnings(steps: Iterable[Step]) -> bool:
    """Whether something is computed whose floating-point errors mean nothing."""
    values = (part for step in steps if isinstance(step, Define) for part in inside(step.value))
    for value in values:
        match value:
            case Map(MapOp.DIVIDE | MapOp.MULTIPLY, (Read() | Contract(), Scalar())):
                pass
            case Map(op, _, Kind.FLOAT, True) if op not in SILENT:
                return True
            case Contract(_, _, True) | Fold(_, _, _, True):
                return True
    return False


__all__ = ["Statements", "is_whole", "raises_warnings"]
