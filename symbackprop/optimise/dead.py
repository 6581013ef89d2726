"""Dead code: equations and tensors that nothing wanted depends on."""

from __future__ import annotations

from collections.abc import Iterable

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.program import Program, TensorKind


def needed_for(program: Program, roots: Iterable[str]) -> frozenset[str]:
    """The tensors that the roots depend on, themselves included."""
    seen = set(roots)
    stack = list(seen)
    definitions = program.definitions
    while stack:
        for equation in definitions.get(stack.pop(), ()):
            for name in equation.reads():
                if name not in seen:
                    seen.add(name)
                    stack.append(name)
    return frozenset(seen)


def restrict(program: Program, roots: Iterable[str]) -> Program:
    """The program with only the equations that the roots need. Data and parameters stay declared."""
    live = needed_for(program, roots)
    return program.with_(
        equations=tuple(equation for equation in program.equations if equation.target in live),
        tensors=tuple(t for t in program.tensors if t.kind is not TensorKind.INTERMEDIATE or t.name in live),
    )


def drop_dead(derived: Derived) -> Derived:
    """Adjoints that no gradient needs and named parts that nothing reads are gone."""
    forward, backward = derived.forward, derived.backward
    live = needed_for(backward, [adjoint for _, adjoint in backward.wrt])
    equations = tuple(equation for equation in backward.equations if equation.target in live)
    roots = [name for name in (forward.loss, *forward.outputs, *(new for _, new in forward.updates)) if name]
    roots += [name for name, _ in backward.wrt]
    kept = restrict(forward, [*roots, *(name for name in live if name in forward.definitions)])
    tensors = kept.tensors + tuple(t for t in backward.tensors if t.name not in forward.table and (t.name in live))
    return Derived(kept, backward.with_(equations=equations, tensors=tensors), backward.definitions)
