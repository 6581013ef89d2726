"""Dead code: equations and tensors that nothing wanted depends on."""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import NIL
from symbackprop.terms.domains import everywhere
from symbackprop.terms.needed import needed_for, restrict
from symbackprop.terms.program import Equation, Op

__all__ = ["drop_dead", "drop_zeros"]


def drop_zeros(derived: Derived) -> Derived:
    """Nothing is added where zero would be: an adjoint to which only zeros are added is zero, said once."""
    backward = derived.backward
    if not any(map(_adds_nothing, backward.equations)):
        return derived
    kept: list[Equation] = []
    for name, equations in backward.definitions.items():
        adding = [equation for equation in equations if not _adds_nothing(equation)]
        kept += adding or [everywhere(backward.table[name], NIL)]
    return replace(derived, backward=backward.with_(equations=tuple(kept)))


def _adds_nothing(equation: Equation) -> bool:
    return equation.op is Op.ACCUMULATE and equation.rhs is NIL


def drop_dead(derived: Derived) -> Derived:
    """Adjoints that no gradient needs and named parts that nothing reads are gone."""
    forward, backward = derived.forward, derived.backward
    live = needed_for(backward, [adjoint for _, adjoint in backward.wrt])
    equations = tuple(equation for equation in backward.equations if equation.target in live)
    roots = [name for name in (forward.loss, *forward.outputs, *(new for _, new in forward.updates)) if name]
    roots += [name for name, _ in backward.wrt]
    kept = restrict(forward, [*roots, *(name for name in live if name in forward.definitions)])
    tensors = kept.tensors + tuple(t for t in backward.tensors if t.name not in forward.table and (t.name in live))
    changed = backward.with_(equations=equations, tensors=tensors)
    return replace(derived, forward=kept, backward=changed, deltas=backward.definitions)
