"""What claims are held against: the δ of the tensors that they speak of, of the network as it was written.

The δ of a tensor is ∂loss/∂tensor by the equations that read it, and by what these lead to. So every tensor is opaque:
no stable form sees through it, and no value is read from a tensor in place of an equal one. What assumptions decide
(`signs`) is simplified once the δ are there.

A claim is `left = right`. Where the left side is one element of a δ, it is that of the derivation; any other becomes a
tensor of its own, whose equation the derivation has besides, and so do derivatives of one tensor by another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symbackprop.claims.signs import Signs
from symbackprop.claims.unfold import Unfolding
from symbackprop.derive.differentiate import Derived
from symbackprop.derive.jacobian import jacobian, with_cotangent
from symbackprop.language import Claim, LocalDerivative
from symbackprop.stable import stable_equation
from symbackprop.stages import derived_of, optimised, swept, training_form
from symbackprop.terms.build import TRUE
from symbackprop.terms.held_values import held_by
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name
from symbackprop.terms.rewrite import Ranges, ranges_of, rewrite
from symbackprop.terms.term import Access, Axis, Number, Term, Training


@dataclass(frozen=True, slots=True)
class Ground:
    """`program`: the network as it was written. `derived`: its δ; `adjoints` are the names they have there, by tensor.
    `equations`: the claims, in these names; `reads`: the elements that stand in them, as written. `derivatives`: what
    is the derivative of one tensor by another, with the subscripts of the second one first; `lefts`: left sides that
    are more than one δ, by the names of the tensors that hold them; `sources`: the programs, with cotangents, that the
    derivatives were derived of, to be confirmed as the network's own is."""

    program: Program
    derived: Derived
    adjoints: Mapping[str, str]
    equations: tuple[Equation, ...]
    reads: frozenset[Access] = frozenset()
    derivatives: Mapping[str, LocalDerivative] = field(default_factory=dict)
    lefts: Mapping[str, Term] = field(default_factory=dict)
    sources: tuple[tuple[Program, Derived], ...] = ()

    @property
    def backward(self) -> Program:
        return self.derived.backward

    @property
    def table(self) -> Mapping[str, Tensor]:
        """Every tensor that a claim or the derivation may read, those that claims alone read among them."""
        return {**self.derived.forward.table, **self.backward.table}

    def is_told(self, name: str) -> bool:
        """Whether claims may speak of this tensor of the derivation: a δ, or a derivative."""
        return name in self.derivatives or self.tensor_of(name) is not None

    def tensor_of(self, adjoint: str) -> str | None:
        """The tensor of the network that this is the δ of."""
        declared = self.backward.table.get(adjoint)
        of = declared.adjoint_of if declared is not None else None
        return of if of in self.program.table else None


def ground_of(program: Program, claims: Sequence[Claim]) -> Ground:
    """The δ that the claims speak of. `program`: the network as it was written, with what the claims read."""
    opaque = program.with_(opaque=frozenset(program.definitions))
    program = training_form(opaque).with_(opaque=frozenset())
    spoken = {name for claim in claims for name in claim.deltas.values()}
    wrt = [tensor.name for tensor in program.tensors if tensor.name in spoken]
    whole = swept(opaque, wrt)
    derived = replace(optimised(whole), forward=whole.forward)  # with tensors too that claims alone may read
    made = _Made(program, derived)
    adjoints = dict(derived.backward.wrt)
    for claim in claims:
        for name, derivative in claim.derivatives.items():
            made.derivative(name, derivative)
    names = {name: adjoints[of] for claim in claims for name, of in claim.deltas.items()}
    signs = Signs.of(program)
    equations = tuple(signs.simplify(made.equation(claim, names) for claim in claims))
    reads = frozenset(made.renamed(read, names) for claim in claims for read in claim.reads)
    return Ground(
        program, _simplified(made.extended(), signs), adjoints, equations,
        frozenset(r for r in reads if isinstance(r, Access)), made.steps, made.lefts, tuple(made.sources),
    )  # fmt: skip


def _simplified(derived: Derived, signs: Signs) -> Derived:
    """The derivation with what the signs decide left out, and tensors that are then an element or a number seen
    through."""
    if not signs:
        return derived
    forward = signs.in_order(derived.forward.equations)
    plain = {e.target for e in forward if isinstance(e.rhs, Access | Number)} - set(derived.forward.outputs)
    unfold = Unfolding.of(forward, plain)
    seen = [replace(e, rhs=unfold(e.rhs, ranges_of(e.axes))) for e in derived.backward.equations]
    backward = tuple(signs.simplify(seen))
    return replace(
        derived, forward=derived.forward.with_(equations=forward),
        backward=derived.backward.with_(equations=backward),
    )  # fmt: skip


class _Made:
    """What claims add to the derivation: derivatives of tensors by others, and left sides."""

    def __init__(self, program: Program, derived: Derived) -> None:
        self.program, self.derived = program, derived
        self.taken = {*derived.forward.table, *derived.backward.table, *program.dims}
        self.tensors: list[Tensor] = []
        self.equations: list[Equation] = []
        self.derivatives: dict[str, tuple[str, LocalDerivative]] = {}  # by the claims' names
        self.steps: dict[str, LocalDerivative] = {}  # and those on the way, by their own
        self.lefts: dict[str, Term] = {}
        self.sources: list[tuple[Program, Derived]] = []

    def extended(self) -> Derived:
        """The derivation with all that."""
        backward = self.derived.backward
        tensors, equations = (*backward.tensors, *self.tensors), (*backward.equations, *self.equations)
        return replace(self.derived, backward=backward.with_(tensors=tensors, equations=equations))

    def derivative(self, name: str, asked: LocalDerivative) -> None:
        """The equations of ∂of/∂by, unless they are there."""
        if name in self.derivatives:
            return
        layer = with_cotangent(self.program, asked.of)
        derived = derived_of(layer.with_(opaque=frozenset(layer.definitions)), [asked.by])
        self.sources.append((layer, derived))
        found, program = jacobian(layer, derived, asked.by, self.taken)
        self.derivatives[name] = found[asked.by], asked
        self.steps |= {own: LocalDerivative(asked.of, by) for by, own in found.items()}
        self._add(program.tensors, program.equations)

    def _add(self, tensors: Iterable[Tensor], equations: Iterable[Equation]) -> None:
        self.tensors += tensors
        self.equations += equations

    def renamed(self, term: Term, names: Mapping[str, str]) -> Term:
        """With δ and derivatives under their names in the derivation, and said of training, as they are."""

        def rule(inner: Term, _: Ranges) -> Term | None:
            match inner:
                case Training():
                    return TRUE
                case Access(tensor, subscripts) if tensor in names:
                    return Access(names[tensor], subscripts)
                case Access(tensor, subscripts) if tensor in self.derivatives:
                    found, asked = self.derivatives[tensor]
                    rank = self.program.table[asked.of].rank
                    return Access(found, (*subscripts[rank:], *subscripts[:rank]))
                case _:
                    return None

        return rewrite(term, rule, {})

    def equation(self, claim: Claim, names: Mapping[str, str]) -> Equation:
        """The claim as one about an element of a tensor of the derivation."""
        left, right = self.renamed(claim.left, names), self.renamed(claim.right, names)
        plain = isinstance(left, Access) and all(isinstance(s, Poly) for s in left.subscripts)
        if isinstance(left, Access) and plain and left.tensor in names.values():
            return stable_equation(Equation(left.tensor, left.subscripts, claim.axes, right))
        name = self._left(left, claim.axes)
        return stable_equation(Equation(name, tuple(Poly.of(axis.index) for axis in claim.axes), claim.axes, right))

    def _left(self, left: Term, axes: Sequence[Axis]) -> str:
        """A tensor that holds a left side, with an axis for each of its free indices."""
        name = fresh_name("left", self.taken)
        tensor, equation = held_by(name, left, axes, [axis.index.name for axis in axes])
        self._add([tensor], [stable_equation(equation)])
        self.lefts[name] = left
        return name
