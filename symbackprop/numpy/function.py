"""A function of values to a function of the array language: statements, and the storage that they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from symbackprop.lower import values
from symbackprop.lower.convolutions import reads_of
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import steps_in
from symbackprop.lower.values import (
    Bind,
    Clear,
    Define,
    If,
    Kind,
    Loop,
    MapOp,
    Note,
    Step,
)
from symbackprop.numpy.array import Allocate, Array, Buffer, Function, Role
from symbackprop.numpy.buffers import share_buffers
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.column_blocks import by_column_blocks
from symbackprop.numpy.layout import laid_out
from symbackprop.numpy.one_row import with_one_row
from symbackprop.numpy.operands import Operands
from symbackprop.numpy.order import results_early
from symbackprop.numpy.power_tables import exponents_outermost
from symbackprop.numpy.product_layout import products_as_they_lie
from symbackprop.numpy.short_axes import short_axes_outermost
from symbackprop.numpy.write_statements import write
from symbackprop.terms.program import DType


def store(function: values.Function) -> Function:
    """The function with storage for its tensors and for what is computed on the way."""
    builder = Builder(function.tensors, function.facts, function.taken)
    for name in function.given:
        _place(builder, name, Role.ARGUMENT)
    arguments = tuple(builder.buffers.values())
    builder.readers = _readers(function.body)
    for step in function.body:
        _step(builder, step)
    body = share_buffers((*builder.lets, *builder.bodies[0]))
    return Function(function.name, arguments, body, tuple(builder.buffers.items()))


def store_module(module: ModuleIR[values.Function]) -> ModuleIR[Function]:
    """The module's functions with storage, laid out together."""
    return stored(prepared(module))


def prepared(module: ModuleIR[values.Function]) -> ModuleIR[values.Function]:
    """The module with axes in the order in which they lie."""
    return products_as_they_lie(short_axes_outermost(laid_out(exponents_outermost(module))))


def stored(module: ModuleIR[values.Function]) -> ModuleIR[Function]:
    """The functions with storage, of a module that is laid out."""
    return by_column_blocks(with_one_row(replace(module, backward=results_early(module.backward)).mapped(store)))


def _place(builder: Builder, name: str, role: Role) -> Buffer:
    tensor = builder.tensors[name]
    kind = Kind.INT if tensor.dtype is DType.INT else Kind.FLOAT
    buffer = Buffer(name, tuple(map(builder.size, tensor.shape)), kind, role)
    builder.buffers[name] = buffer
    return buffer


def _allocate(builder: Builder, steps: Iterable[Step]) -> None:
    """Storage for what the steps are the first to define."""
    for step in steps:
        if isinstance(step, Define) and step.tensor not in builder.buffers:
            builder.emit(Allocate(_place(builder, step.tensor, Role.TENSOR)))


def _readers(body: Iterable[Step]) -> Counter[str]:
    """How many steps read each tensor or bound value."""
    return Counter(name for step in steps_in(body) for name in {read.tensor for read in reads_of(step)})


def _allocate_bound(builder: Builder, branch: If[Step]) -> None:
    """Storage for what is bound in a branch and read after it, under the same condition."""
    inside = _readers(branch.body)
    for step in steps_in(branch.body):
        if isinstance(step, Bind) and builder.readers[step.name] > inside[step.name]:
            extents = {axis.index: builder.size(axis.extent) for axis in step.axes}
            out = builder.temporary(step.outer, [extents[index] for index in step.outer], step.value.kind)
            builder.bound[step.name] = out


def _bind(builder: Builder, step: Bind) -> None:
    """Computed where it stands, in storage of its own; its dimensions as they are named, wherever they lie."""
    ev = Operands(builder, step.axes)
    found = ev.operand(step.value)
    if step.name in builder.bound:
        builder.map(MapOp.COPY, builder.bound[step.name], found)
        return
    if not (isinstance(found, Array) and found.buffer.role is Role.TEMPORARY):
        found = ev.map(MapOp.COPY, found, kind=step.value.kind)
    extents = tuple(found.extent(axis) for axis in step.outer)
    builder.bound[step.name] = Array(found.buffer, found.subscripts, step.outer, extents)


def _step(builder: Builder, step: Step) -> None:
    match step:
        case Note():
            builder.emit(step)
        case Clear(name):
            builder.emit(Allocate(_place(builder, name, Role.TENSOR), fill=0))
        case Bind():
            _bind(builder, step)
        case Define():
            _allocate(builder, [step])
            write(builder, step)
        case If(condition, body):
            _allocate(builder, steps_in(body))
            _allocate_bound(builder, step)
            with builder.when(condition):
                for inner in body:
                    _step(builder, inner)
        case Loop(variable, low, high, descending, body):
            _allocate(builder, steps_in(body))
            for inner in steps_in(body):
                if isinstance(inner, Define):
                    builder.touch(builder.buffers[inner.tensor])  # another turn may have written it
            with builder.loop(variable, low, high, descending):
                for inner in body:
                    _step(builder, inner)
        case _:
            raise TypeError(f"not a step: {step!r}")
