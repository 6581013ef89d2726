"""Reverse mode as a function from programs to programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from symbackprop.derive.live import guarded_sweep
from symbackprop.derive.reverse import Contribution, Helpers, active_tensors, contributions
from symbackprop.derive.tidy import adjoint_equations, named_axes, normal_form
from symbackprop.terms.build import NIL, UNIT, access
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind, fresh_name, recurrent_tensors


@dataclass(frozen=True)
class Derived:
    """`forward`: the program, its parts named, and the inner product of a layer (`terms.layer`) among its equations.
    `backward`: equations of the adjoints, which may read any tensor of `forward`; its `wrt` pairs each differentiated
    tensor with its adjoint. `deltas`: the equations of every adjoint, those that are inlined into their readers too;
    `adjoints`: the adjoint of each tensor that has one. `sweep`: what each equation contributed to which adjoint, and
    `contracted`: the sums of that as the sweep left them. `written`, `named`: the program as it was written, and that
    with its parts named, of which this is; none where its stages are not those of every derivation.
    """

    forward: Program
    backward: Program
    deltas: dict[str, tuple[Equation, ...]]
    sweep: tuple[tuple[Equation, Contribution], ...] = ()
    contracted: Mapping[str, tuple[Equation, ...]] = field(default_factory=dict)
    adjoints: Mapping[str, Tensor] = field(default_factory=dict)
    written: Program | None = None
    named: Program | None = None

    @cached_property
    def joint(self) -> Program:
        """Forward and backward as one program: it can be differentiated again."""
        return self.backward.with_(equations=self.forward.equations + self.backward.equations)


def differentiate(program: Program, wrt: Sequence[str], again: bool = False) -> Derived:
    """The adjoint equations of the loss, for every tensor of `wrt`, of a program whose parts are named (`parts`).

    (Of any other they are right too: what has no name is worked out wherever its derivative asks for it.)

    Each adjoint has its tensor's shape and positions. Cost: a small constant times the forward program's. `again`: for
    a program that is differentiated once more, in which every δ says where it is read (`live`).
    """
    forward = program.with_(opaque=frozenset(), wrt=())
    active = active_tensors(forward, tuple(wrt))
    taken = {tensor.name for tensor in forward.tensors} | set(forward.dims)
    wanted = [t.name for t in forward.tensors if t.name in active or t.name in wrt]
    given = dict(forward.cotangents)  # d_y; what others add that read y comes to it
    adjoints = {
        name: _adjoint(forward.table[name], fresh_name(f"d_{name}_total" if name in given else f"d_{name}", taken))
        for name in wanted
    }
    helpers = Helpers(taken)
    found = list(_contributions(forward, active, adjoints, helpers))
    guarded, counters, counts = guarded_sweep(forward, [c for _, c in found], helpers.equations, taken, again)
    helpers.tensors += counters
    helpers.equations += counts
    sweep = tuple((equation, c) for (equation, _), c in zip(found, guarded, strict=True))
    parts: dict[str, list[Contribution]] = {}
    if forward.loss in active and forward.loss is not None:
        parts[forward.loss] = [Contribution(forward.loss, (), (), UNIT, forward.loss)]
    for _, contribution in sweep:
        parts.setdefault(contribution.target, []).append(contribution)
    tensors = {t.name: t for t in (*forward.tensors, *adjoints.values(), *helpers.tensors)}
    equations = [named_axes(equation, tensors, forward.indices) for equation in helpers.equations]
    for name in reversed(_by_definition(forward, wanted)):
        adjoint = adjoints[name]
        normal = [n for c in parts.get(name, ()) if (n := normal_form(c, forward.table[name])).value is not NIL]
        equations += adjoint_equations(adjoint, normal, tensors, forward.indices)
    equations = _added_before_recurrences(equations)
    pairs = tuple((name, adjoints[name].name) for name in wrt)
    backward = forward.with_(tensors=tuple(tensors.values()), equations=tuple(equations), wrt=pairs, outputs=(),
                             updates=())  # fmt: skip
    return Derived(forward, backward, backward.definitions, sweep, backward.definitions, adjoints)


def _adjoint(tensor: Tensor, name: str) -> Tensor:
    return Tensor(
        name, TensorKind.INTERMEDIATE, tensor.shape, tensor.origin, axes=tensor.axes, adjoint_of=tensor.name,
        note=f"adjoint of {tensor.name}",
    )  # fmt: skip


def _contributions(
    forward: Program, active: frozenset[str], adjoints: dict[str, Tensor], helpers: Helpers
) -> Iterator[tuple[Equation, Contribution]]:
    added = {equation.target for equation in forward.equations if equation.op is Op.ACCUMULATE}
    for equation in reversed(forward.equations):
        if equation.target in active:
            adjoint = access(adjoints[equation.target].name, equation.subscripts)
            for contribution in contributions(equation, adjoint, active, helpers, equation.target not in added):
                yield equation, contribution


def _by_definition(forward: Program, wanted: list[str]) -> list[str]:
    """Tensors without equations first, then those with, in the order of their first equation."""
    place = {name: number for number, name in enumerate(forward.definitions)}
    return sorted(wanted, key=lambda name: place.get(name, -1))


def _added_before_recurrences(equations: list[Equation]) -> list[Equation]:
    """`=` of a tensor that reads itself, if only in a roundabout way, becomes `+=` where it has others besides.

    What is gathered or scattered may go to any element, so it has to be added before the recurrence reads the first
    of them, and an `=` would have to come before that.
    """
    gathered = {e.target for e in equations if e.op is Op.ACCUMULATE}
    assigned = {e.target for e in equations if e.op is Op.ASSIGN}
    if not gathered & assigned:
        return equations
    added = gathered & assigned & recurrent_tensors(equations)
    return [replace(e, op=Op.ACCUMULATE) if e.target in added else e for e in equations]
