"""Value numbering: which tensor already holds the value of a term.

Two terms have one value when renaming their free indices makes them the same object. `ValueTable` remembers, for
the right-hand sides of equations that define a whole tensor at once (`T[i, j] = rhs` with plain, distinct subscripts
over T's full range), the tensor that holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from symbackprop.terms.binders import renamed
from symbackprop.terms.build import access, first_places, substitute
from symbackprop.terms.domains import Span, plain_target, spans_of
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind
from symbackprop.terms.rewrite import Ranges
from symbackprop.terms.term import Access, Axis, Term, subterms


def canonical(term: Term) -> tuple[Term, tuple[Index, ...]]:
    """(the term with its free indices renamed by where they first stand, those indices in that order)."""
    places = first_places(term, set(term.free))
    order = tuple(sorted(places, key=lambda index: places[index]))
    return substitute(term, {index: Poly.of(Index(f"${n}")) for n, index in enumerate(order)}), order


@dataclass(slots=True)
class ValueTable:
    """Known values; filled as equations come, in program order. `partial`: tensors that no one equation defines;
    `opaque`: those whose value is not to be read in place of another."""

    partial: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    _held: dict[bytes, list[tuple[Equation, Tensor]]] = field(default_factory=dict)

    @staticmethod
    def of(*programs: Program) -> ValueTable:
        """An empty table for equations of these programs."""
        partial = frozenset(e.target for p in programs for e in p.equations if e.op is Op.ACCUMULATE)
        return ValueTable(partial, frozenset().union(*(program.opaque for program in programs)))

    def note(self, equation: Equation, tensor: Tensor) -> None:
        """Remember that `tensor` may hold the value of the equation's right-hand side as a whole."""
        if equation.op is not Op.ASSIGN or equation.target in self.partial or equation.target in self.opaque:
            return
        if equation.rhs.tensors and not isinstance(equation.rhs, Access):
            self._held.setdefault(equation.rhs.blind, []).append((equation, tensor))

    def may_hold(self, term: Term) -> bool:
        """Whether a look at each subterm could find anything (told without opening a reduction)."""
        return any(inner.blind in self._held for inner in subterms(term))

    def find(self, term: Term, ranges: Ranges) -> Access | None:
        """The element that holds the term's value, where every index in `ranges` stays inside that tensor."""
        held = self._held.get(term.blind)
        if not held:
            return None
        key, order = canonical(term)
        for equation, tensor in held:
            known, permutation = _position(equation, tensor)
            if known is key and permutation is not None:
                subscripts = tuple(order[place] for place in permutation)
                here = [Span.of(ranges[index]) for index in subscripts]
                if all(whole.holds(span) for whole, span in zip(spans_of(tensor), here, strict=True)):
                    return access(tensor.name, [Poly.of(index) for index in subscripts])
        return None

    def read_in(self, term: Term, ranges: Ranges) -> Term | None:
        """As a rule of `rewrite`: what is held is read; numbers and elements stay as they are."""
        return term if isinstance(term, Access) or not term.tensors else self.find(term, ranges)


@lru_cache(maxsize=4096)
def _position(equation: Equation, tensor: Tensor) -> tuple[Term, tuple[int, ...] | None]:
    """(the value's canonical form, which of its indices stands in each subscript); None where no one position of the
    tensor holds it: not all of the tensor is defined at once, or an axis of the tensor is not used by the value."""
    key, order = canonical(equation.rhs)
    subscripts = plain_target(equation, tensor)
    if subscripts is None or set(subscripts) != equation.rhs.free or len(order) != len(subscripts):
        return key, None
    return key, tuple(order.index(index) for index in subscripts)


def held_by(
    name: str, value: Term, axes: Sequence[Axis], names: Sequence[str], part_of: str | None = None
) -> tuple[Tensor, Equation]:
    """A new tensor that holds the value at every position of the axes, which are called by these names, and its
    equation."""
    own, mapping = renamed(axes, map(Index, names))
    here = tuple(mapping.values())
    shape, origin = tuple(axis.extent for axis in own), tuple(axis.low for axis in own)
    tensor = Tensor(name, TensorKind.INTERMEDIATE, shape, origin, axes=tuple(names), part_of=part_of)
    return tensor, Equation(name, here, tuple(own), substitute(value, mapping))
