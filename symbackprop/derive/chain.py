r"""The argument behind each δ, as terms: the chain rule from its readers, and the local partial derivatives.

For a tensor T that the equations R[f(J)] = …, J over their ranges, read::

    δT[I] = Σ_R Σ_J δR[f(J)] · ∂R[f(J)]/∂T[I]                          the chain rule
    ∂R[f(J)]/∂T[I] = Σ_r [I = g(J, r)] · coefficient(J, r)             one read T[g(J, r)] below the binders r

The second line is solved for the binders where a subscript fixes them, so that for z[n, k] = Σ_j W[k, j]·a[n, j] it is
∂z[n', k]/∂a[n, j] = [n = n']·W[k, j]. What is left of the brackets is what the sum over J contracts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.derive.differentiate import Derived
from symbackprop.derive.reverse import Contribution
from symbackprop.terms.addend import Addend
from symbackprop.terms.binders import moved
from symbackprop.terms.build import (
    NIL,
    UNIT,
    access,
    add,
    compare,
    mul,
    poly_value,
    reduce,
    replace_terms,
    split_guards,
    substitute,
)
from symbackprop.terms.domains import own_axes
from symbackprop.terms.leaves import subscript_value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import addends
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.rewrite import renamed_equation
from symbackprop.terms.term import Access, Axis, Reduction, Relation, Term

__all__ = ["Chain", "Local", "chains"]


@dataclass(frozen=True, slots=True)
class Local:
    """∂`reader`/∂T[I] = `value` for J over `axes`; `delta` is the reader's δ, at the same position, and `equation` the
    one that defines it."""

    equation: Equation
    reader: Access
    delta: Access
    axes: tuple[Axis, ...]
    value: Term

    @property
    def product(self) -> Term:
        """Σ_J δ · ∂reader/∂T[I]; δ stands behind each bracket, which may be what keeps a recurrence from its future."""
        return add(*(reduce(Reduction.SUM, self.axes, mul(self.delta, part)) for part in addends(self.value)))


@dataclass(frozen=True, slots=True)
class Chain:
    """How δ of `tensor` at the position `axes` comes from the δ of its readers. `is_loss`: δ is 1."""

    tensor: Tensor
    adjoint: Tensor
    axes: tuple[Axis, ...]
    locals: tuple[Local, ...]
    is_loss: bool = False

    @property
    def element(self) -> Access:
        """T[I]."""
        return access(self.tensor.name, [Poly.of(axis.index) for axis in self.axes])

    @property
    def delta(self) -> Access:
        """δT[I]."""
        return access(self.adjoint.name, [Poly.of(axis.index) for axis in self.axes])

    @property
    def total(self) -> Term:
        """The chain rule with the local derivatives put in."""
        return add(UNIT if self.is_loss else NIL, *(local.product for local in self.locals))


def chains(derived: Derived) -> dict[str, Chain]:
    """The chain of every tensor that has an adjoint, readers in the order of their equations."""
    parts: dict[str, dict[Equation, list[Contribution]]] = {name: {} for name in derived.adjoints}
    for equation, contribution in derived.sweep:
        parts[contribution.target].setdefault(equation, []).append(contribution)
    labels = {equation: equation for equation in derived.forward.equations}  # the same equations, numbered by now
    out: dict[str, Chain] = {}
    for name, readers in parts.items():
        tensor, adjoint = derived.forward.table[name], derived.adjoints[name]
        axes = own_axes(tensor)
        found = [
            _local(labels.get(equation, equation), contributions, axes, derived.adjoints[equation.target])
            for equation, contributions in reversed(readers.items())
        ]
        out[name] = Chain(tensor, adjoint, axes, tuple(found), name == derived.forward.loss)
    return out


def _local(equation: Equation, parts: Sequence[Contribution], own: tuple[Axis, ...], adjoint: Tensor) -> Local:
    taken = {axis.index.name for axis in own}
    names: list[Index] = []
    for axis in equation.axes:
        name = axis.index.name
        while name in taken:
            name += "'"
        taken.add(name)
        names.append(Index(name))
    here = renamed_equation(equation, names)
    delta = Access(adjoint.name, here.subscripts)
    value = add(*(_partial(part, here.axes, own, delta) for part in parts))
    return Local(equation, here.lhs, delta, here.axes, value)


def _partial(part: Contribution, axes: Sequence[Axis], own: tuple[Axis, ...], delta: Access) -> Term:
    """One read's derivative: the brackets that say where it reads, the binders they fix solved for."""
    mapping = {old.index: Poly.of(new.index) for old, new in zip(part.axes, axes, strict=False)}
    value = replace_terms(substitute(part.value, mapping), {delta: UNIT})
    binders = part.axes[len(axes) :]
    hits: list[Term] = []
    for axis, subscript in zip(own, part.subscripts, strict=True):
        hits.append(compare(Relation.EQ, subscript_value(moved(subscript, mapping)), poly_value(Poly.of(axis.index))))
    guards, core = split_guards(value)
    return Addend(tuple(binders), (*hits, *guards), core).solved(binders, (*own, *axes)).term
