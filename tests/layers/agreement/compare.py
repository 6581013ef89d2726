"""A case computed twice: by the generated module and by PyTorch, both in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from symbackprop import load
from symbackprop.terms.program import TensorKind
from symbackprop.verify.prime_sizes import choose_sizes

from ..grid import Case
from .losses import LOSSES
from .twins import LAYERS

TWINS = {**LAYERS, **LOSSES}
PRIMES = (2, 3, 5, 7, 11)


@dataclass(frozen=True)
class Agreement:
    """The largest differences of a case, each relative to the largest entry of PyTorch's array.

    `value`: of loss, outputs (in `predict`) and next buffers; `gradients`: of all gradients, `wrt` how many. A gradient
    that is nothing but rounding (that by an attention's bk is 0) is measured by the largest of the gradients.
    """

    case: Case
    value: float
    gradients: float
    wrt: int


ROUNDING = 1e-12


def relative(found, expected, largest=0.0):
    found, expected = np.asarray(found), expected.detach().numpy()
    assert found.shape == expected.shape, (found.shape, expected.shape)
    scale = np.abs(expected).max(initial=0.0)
    scale = scale if scale > ROUNDING * largest else largest
    difference = np.abs(found - expected).max(initial=0.0)
    assert not np.isnan(difference)
    return float(difference / scale) if scale else float(difference)


def scalar(result):
    """The loss of the grid: of a tensor the weighted squares of its elements."""
    if not result.dim():
        return result
    weight = torch.ones(())
    for prime, place in zip(PRIMES, range(result.dim()), strict=False):
        shape = [-1 if axis == place else 1 for axis in range(result.dim())]
        weight = weight + prime * torch.arange(result.shape[place], dtype=torch.double).view(shape)
    return (weight * result**2).sum()


def compare(case: Case) -> Agreement:
    net = case.build()
    program, module = net.to_program(), load(net)
    sizes = choose_sizes(program, given=case.sizes)
    arrays = case.data(program, sizes)
    kinds = {kind: [t.name for t in program.of_kind(kind) if t.name in arrays] for kind in TensorKind}
    parameters = {name: arrays[name] for name in kinds[TensorKind.PARAMETER]}
    inputs = {name: arrays[name] for name in kinds[TensorKind.INPUT]}
    noise = {name: arrays[name] for name in kinds[TensorKind.RANDOM]}
    buffers = {name: arrays[name].copy() for name in kinds[TensorKind.BUFFER]}
    kept = {"buffers": buffers} if buffers else {}
    loss, cache = module.forward(parameters, **inputs, **noise, **kept)
    grads = module.backward(cache)

    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    for name in parameters:
        tensors[name].requires_grad_(True)
    options = {"note": case.note, **case.numbers(sizes)}
    twin = TWINS[case.layer]
    errors = []
    if "result" not in options and hasattr(module, "predict") and program.outputs:
        with torch.no_grad():
            expected = twin(tensors, options, False)
        errors.append(relative(module.predict(parameters, **needed(module, inputs), **kept), expected))
    expected = scalar(twin(tensors, options, True))
    expected.backward()
    errors.append(relative(loss, expected))
    if buffers:
        after = module.next_buffers(cache)
        errors += [relative(after[name], tensors[name]) for name in buffers]
    largest = max(float(tensors[name].grad.abs().max()) for name in grads)
    found = [relative(grads[name], tensors[name].grad, largest) for name in grads]
    return Agreement(case, max(errors), max(found), len(found))


def needed(module, inputs):
    """Those of the inputs that `predict` takes."""
    taken = module.predict.__code__
    names = taken.co_varnames[: taken.co_argcount + taken.co_kwonlyargcount]
    return {name: array for name, array in inputs.items() if name in names}
