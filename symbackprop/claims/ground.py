"""What claims are held against: the δ of the tensors that they speak of, of the network as it was written.

The δ of a tensor is ∂loss/∂tensor by the equations that read it, and by what these lead to. So the network is taken
without the stable forms that look through a tensor, and no value is read from a tensor in place of an equal one. What
assumptions decide (`signs`) is simplified once the δ are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.claims.signs import Signs
from symbackprop.claims.unfold import Unfolding
from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.language import Claim
from symbackprop.optimise.passes import optimise
from symbackprop.optimise.specialise import specialise
from symbackprop.terms.build import TRUE
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Number, Term, Training


@dataclass(frozen=True, slots=True)
class Ground:
    """`program`: the network as it was written. `derived`: its δ; `adjoints` are the names they have there, by tensor.
    `equations`: the claims, in these names; `reads`: the elements that stand in them, as written."""

    program: Program
    derived: Derived
    adjoints: Mapping[str, str]
    equations: tuple[Equation, ...]
    reads: frozenset[Access] = frozenset()

    @property
    def backward(self) -> Program:
        return self.derived.backward

    def tensor_of(self, adjoint: str) -> str | None:
        """The tensor of the network that this is the δ of."""
        declared = self.backward.table.get(adjoint)
        of = declared.adjoint_of if declared is not None else None
        return of if of in self.program.table else None


def ground_of(program: Program, claims: Sequence[Claim]) -> Ground:
    """The δ that the claims speak of. `program`: the network as it was written (`Network.as_written`)."""
    program = specialise(program, training=True)
    spoken = {name for claim in claims for name in claim.deltas}
    wrt = [tensor.name for tensor in program.tensors if tensor.name in spoken]
    whole = differentiate(program, wrt, apart=frozenset(program.definitions))
    derived = replace(optimise(whole), forward=whole.forward)  # with tensors too that claims alone may read
    adjoints = dict(derived.backward.wrt)
    names = {f"delta({name})": adjoint for name, adjoint in adjoints.items()}
    signs = Signs.of(program)
    derived = _simplified(derived, signs)
    equations = tuple(signs.simplify(_in_training(claim.equation, names) for claim in claims))
    reads = frozenset(Access(names.get(r.tensor, r.tensor), r.subscripts) for claim in claims for r in claim.reads)
    return Ground(program, derived, adjoints, equations, reads)


def _simplified(derived: Derived, signs: Signs) -> Derived:
    """The derivation with what the signs decide left out, and tensors that are then an element or a number seen
    through."""
    if not signs:
        return derived
    forward = signs.in_order(derived.forward.equations)
    plain = {e.target for e in forward if isinstance(e.rhs, Access | Number)} - set(derived.forward.outputs)
    unfold = Unfolding.of(forward, plain)
    seen = [replace(e, rhs=unfold(e.rhs, {a.index: a for a in e.axes})) for e in derived.backward.equations]
    backward = tuple(signs.simplify(seen))
    return replace(
        derived, forward=derived.forward.with_(equations=forward),
        backward=derived.backward.with_(equations=backward),
    )  # fmt: skip


def _in_training(equation: Equation, names: Mapping[str, str]) -> Equation:
    """The claim with its δ under the names that they have in the derivation, and said of training, as they are."""

    def rule(term: Term, _: Ranges) -> Term | None:
        if isinstance(term, Training):
            return TRUE
        if isinstance(term, Access) and term.tensor in names:
            return Access(names[term.tensor], term.subscripts)
        return None

    return replace(rewrite_equation(equation, rule), target=names[equation.target])
