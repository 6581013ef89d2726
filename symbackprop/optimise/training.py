"""The program of `forward`, which gives the loss, or a layer's outputs, and what the backward program reads."""

from __future__ import annotations

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.needed import restrict
from symbackprop.terms.program import Program

__all__ = ["training_program"]


def training_program(derived: Derived) -> Program:
    """What `forward` computes: the loss or a layer's outputs, next buffers, and whatever the backward program reads."""
    forward, defined = derived.forward, derived.forward.definitions
    roots = [*forward.results, *(new for _, new in forward.updates)]
    read = [name for equation in derived.backward.equations for name in sorted(equation.reads()) if name in defined]
    wrt = [name for name, _ in derived.backward.wrt if name in defined]
    kept = restrict(forward, [*roots, *read, *wrt])
    loss = None if forward.cotangents else forward.loss
    return kept.with_(loss=loss, outputs=tuple(name for name in kept.outputs if name in kept.table))
