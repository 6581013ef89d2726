"""Value numbering: which tensor already holds the value of a term.

Two terms have one value when renaming their free indices makes them the same object. `ValueTable` remembers, for
the right-hand sides of equations that define a whole tensor at once (`T[i, j] = rhs` with plain, distinct subscripts
over T's full range), the tensor that holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from symbackprop.terms.build import access, first_places, substitute
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Subscript, Term, subterms

Ranges = Mapping[Index, tuple[Poly, Poly]]


def canonical(term: Term) -> tuple[Term, tuple[Index, ...]]:
    """(the term with its free indices renamed by where they first stand, those indices in that order)."""
    places = first_places(term, set(term.free))
    order = tuple(sorted(places, key=lambda index: places[index]))
    return substitute(term, {index: Poly.of(Index(f"${n}")) for n, index in enumerate(order)}), order


def plain_target(equation: Equation, tensor: Tensor) -> tuple[Index, ...] | None:
    """The subscripts of `T[i, j, ...] = rhs` if they are plain, distinct and run over all of T."""
    return plain_subscripts(equation.subscripts, equation.axes, tensor)


def plain_subscripts(subscripts: Sequence[Subscript], axes: Sequence[Axis], tensor: Tensor) -> tuple[Index, ...] | None:
    """The subscripts of T[i, j, ...], over these axes, if they are plain, distinct and run over all of T."""
    indices: list[Index] = []
    ranges = {axis.index: axis for axis in axes}
    for place, subscript in enumerate(subscripts):
        index = subscript.index if isinstance(subscript, Poly) else None
        if index is None or index in indices or index not in ranges:
            return None
        if ranges[index].low != tensor.origin[place] or ranges[index].high != tensor.highest[place]:
            return None
        indices.append(index)
    return tuple(indices) if len(indices) == len(axes) else None


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
                if all(_inside(ranges[index], tensor, place) for place, index in enumerate(subscripts)):
                    return access(tensor.name, [Poly.of(index) for index in subscripts])
        return None


@lru_cache(maxsize=4096)
def _position(equation: Equation, tensor: Tensor) -> tuple[Term, tuple[int, ...] | None]:
    """(the value's canonical form, which of its indices stands in each subscript); None where no one position of the
    tensor holds it: not all of the tensor is defined at once, or an axis of the tensor is not used by the value."""
    key, order = canonical(equation.rhs)
    subscripts = plain_target(equation, tensor)
    if subscripts is None or set(subscripts) != equation.rhs.free or len(order) != len(subscripts):
        return key, None
    return key, tuple(order.index(index) for index in subscripts)


def _inside(span: tuple[Poly, Poly], tensor: Tensor, place: int) -> bool:
    low, high = span
    if low == tensor.origin[place] and high == tensor.highest[place]:
        return True
    facts = Facts.of()
    return facts.proves(low - tensor.origin[place]) and facts.proves(tensor.highest[place] - high)


def spans(axes: tuple[Axis, ...] | list[Axis]) -> dict[Index, tuple[Poly, Poly]]:
    return {axis.index: (axis.low, axis.high) for axis in axes}
