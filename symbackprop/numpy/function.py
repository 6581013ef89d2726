"""A function of values to a function of the array language: statements, and the storage that they need."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.lower import values
from symbackprop.lower.values import Clear, Define, If, Kind, Loop, Step, steps_in
from symbackprop.numpy.array import Allocate, Buffer, Function, Note, Role
from symbackprop.numpy.buffers import share_buffers
from symbackprop.numpy.builder import Builder
from symbackprop.numpy.writing import write
from symbackprop.terms.program import DType


def store(function: values.Function) -> Function:
    """The function with storage for its tensors and for what is computed on the way."""
    builder = Builder(function.tensors, function.facts, function.taken)
    for name in function.given:
        _place(builder, name, Role.ARGUMENT)
    arguments = tuple(builder.buffers.values())
    for step in function.body:
        _step(builder, step)
    body = share_buffers((*builder.lets, *builder.bodies[0]))
    return Function(function.name, arguments, body, tuple(builder.buffers.items()))


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


def _step(builder: Builder, step: Step) -> None:
    match step:
        case values.Note(text):
            builder.emit(Note(text))
        case Clear(name):
            builder.emit(Allocate(_place(builder, name, Role.TENSOR), fill=0))
        case Define():
            _allocate(builder, [step])
            write(builder, step)
        case If(condition, body):
            _allocate(builder, steps_in(body))
            with builder.when(condition):
                for inner in body:
                    _step(builder, inner)
        case Loop(variable, low, high, descending, body):
            _allocate(builder, steps_in(body))
            with builder.loop(variable, low, high, descending):
                for inner in body:
                    _step(builder, inner)
        case _:
            raise TypeError(f"not a step: {step!r}")
