"""What a generated module's header says of what it was made from: the digest of the network, and sizes of it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis


def digest(module: ModuleIR[Any], update: UpdateIR[Any] | None = None) -> str:
    """Of everything that the module is generated from. `update`: of its optimiser."""
    return digest_of(module.program, module.backward_program, module.predict_program, update)


def digest_of(forward: Program, backward: Program, predict: Program | None, update: UpdateIR[Any] | None = None) -> str:
    """Of what a module computes."""
    h = hashlib.blake2b(digest_size=8)
    for program in filter(None, (forward, backward, predict, None if update is None else update.program)):
        for item in (program.name, program.dims, program.loss, program.outputs, program.updates, program.wrt):
            h.update(repr(item).encode())
        for tensor in program.tensors:
            h.update(f"{tensor.name} {_form(tensor.kind, tensor.shape, tensor.dtype, tensor.high)}".encode())
            start, noise = tensor.initializer, tensor.noise
            scale = "None" if start is None or start.argument is None else show(start.argument)
            h.update(f"{start and f'({start.name!r}, {scale})'} {noise and noise.distribution}".encode())
            for argument in noise.arguments if noise else ():
                h.update(argument.digest)
        for equation in program.equations:
            h.update(f"{equation.target} {_ranges(equation.axes)} {equation.op}".encode())
            h.update(equation.lhs.digest + equation.rhs.digest)
        for fact in program.assumptions:
            h.update(fact.condition.digest)
    return h.hexdigest()


@lru_cache(maxsize=4096)  # of which there are few, of very many tensors and equations
def _form(kind: TensorKind, shape: tuple[Poly, ...], dtype: DType, high: Poly | None) -> str:
    return f"{kind} {shape} {dtype} {high}"


@lru_cache(maxsize=4096)
def _ranges(axes: tuple[Axis, ...]) -> str:
    return f"{axes and list(map(str, axes))}"


def fixed_text(program: Program) -> str:
    """The sizes that the module is written for, as they stand behind the network's name; "" where there are none."""
    sizes = ", ".join(f"{name}={size}" for name, size in program.fixed)
    return f" at {sizes}" if sizes else ""
