"""What claims are held against: the δ of the tensors that they speak of, of the network as it was written.

The δ of a tensor is ∂loss/∂tensor by the equations that read it, and by what these lead to. So every tensor is opaque:
no stable form sees through it, and no value is read from a tensor in place of an equal one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.language import Claim
from symbackprop.optimise.passes import optimise
from symbackprop.optimise.specialise import specialise
from symbackprop.stable import stable_equation, stable_forms
from symbackprop.terms.build import TRUE
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Term, Training


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
    """The δ that the claims speak of. `program`: the network as it was written."""
    opaque = stable_forms(specialise(program, training=True).with_(opaque=frozenset(program.definitions)))
    program = opaque.with_(opaque=frozenset())
    spoken = {name for claim in claims for name in claim.deltas}
    wrt = [tensor.name for tensor in program.tensors if tensor.name in spoken]
    whole = differentiate(opaque, wrt)
    derived = replace(optimise(whole), forward=whole.forward)  # with tensors too that claims alone may read
    adjoints = dict(derived.backward.wrt)
    names = {f"delta({name})": adjoint for name, adjoint in adjoints.items()}
    reads = frozenset(Access(names.get(r.tensor, r.tensor), r.subscripts) for claim in claims for r in claim.reads)
    return Ground(program, derived, adjoints, tuple(_in_training(claim.equation, names) for claim in claims), reads)


def _in_training(equation: Equation, names: Mapping[str, str]) -> Equation:
    """The claim with its δ under the names that they have in the derivation, and said of training, as they are."""

    def rule(term: Term, _: Ranges) -> Term | None:
        if isinstance(term, Training):
            return TRUE
        if isinstance(term, Access) and term.tensor in names:
            return Access(names[term.tensor], term.subscripts)
        return None

    return replace(stable_equation(rewrite_equation(equation, rule)), target=names[equation.target])
