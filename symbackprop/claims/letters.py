"""The letters of bound indices in what is said of claims: those of the claim's author.

A reduction gets indices that the network declares with exactly the range that it runs over, of several those under
which its elements stand in the claims; where a range fits but for where it begins, the sum is shifted to it. An index
with the letter of one that is in sight is primed. What fits no declared index gets a letter that none has, and its
range is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import count, islice, product

from symbackprop.terms.build import map_children, open_reduce, reduce, substitute
from symbackprop.terms.namer import Namer, Names
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Axis, Reduce, Term, accesses

_MOST_NAMES = 200  # ways to name the indices of one reduction that are tried
_LETTERS = "rsuvwijklmnopqtabcdefgh"


@dataclass(slots=True)
class Letters(Namer):
    """`declared`: the network's indices; `reads`: the elements that stand in the claims; `reserved`: names in sight of
    everything. `told`: the ranges of letters that are no index of the network, of what was named so far."""

    tensors: Mapping[str, Tensor]
    declared: Sequence[Axis]
    reads: AbstractSet[Access]
    reserved: AbstractSet[str] = frozenset()
    told: dict[str, Axis] = field(default_factory=dict)

    def names(self, term: Reduce, outer: Names, taken: set[str]) -> dict[Index, str]:
        used = {*taken, *self.reserved, *(outer.get(index, str(index)) for index in term.free)}
        chosen = self._chosen(term, outer, used)
        for axis in term.axes:
            name = chosen[axis.index]
            if not self._is_declared(name.rstrip("'"), axis):
                self.told[name] = axis
        return {**outer, **chosen}

    def _chosen(self, term: Reduce, outer: Names, used: set[str]) -> dict[Index, str]:
        """Of the ways to name the indices, the one under which most elements stand in the claims."""
        ways = [self._candidates(term, axis, used) for axis in term.axes]
        best: dict[Index, str] = {}
        most = -1
        for names in islice(product(*ways), _MOST_NAMES):
            if len(set(names)) < len(names):
                continue
            chosen = {axis.index: name for axis, name in zip(term.axes, names, strict=True)}
            found = self._known_reads(term.body, {**outer, **chosen})
            if found > most:
                best, most = chosen, found
        return best or self._numbered(term, used)

    def _candidates(self, term: Reduce, axis: Axis, used: set[str]) -> list[str]:
        """Names for one of the indices, none in use; those that say most first."""
        usual = [name for read in accesses(term.body) for name in self._axis_names(read, axis)]
        fitting = [a.index.name for a in self.declared if (a.low, a.high) == (axis.low, axis.high)]
        fitting.sort(key=lambda name: name not in usual)
        free = [name for name in fitting if name not in used]
        primed = [name + dash for dash in ("'", "''", "'''") for name in fitting if name + dash not in used]
        if free or primed:
            return [*free, *primed[:3]]
        known = {a.index.name for a in self.declared}
        return [*islice(self._new(dict.fromkeys(usual), used | known), len(term.axes))]

    def _new(self, wanted: Iterable[str], used: AbstractSet[str]) -> Iterable[str]:
        yield from (name for name in (*wanted, *_LETTERS) if name not in used)
        yield from (name for number in count(1) if (name := f"i{number}") not in used)

    def _numbered(self, term: Reduce, used: set[str]) -> dict[Index, str]:
        known = {a.index.name for a in self.declared}
        return dict(zip((axis.index for axis in term.axes), self._new((), used | known), strict=False))

    def _known_reads(self, body: Term, names: Names) -> int:
        """How many elements stand in the claims just so."""
        if not self.reads:
            return 0
        here = substitute(body, {index: Poly.of(Index(name)) for index, name in names.items() if index in body.free})
        return sum(read in self.reads for read in accesses(here))

    def _is_declared(self, name: str, axis: Axis) -> bool:
        return any(a.index.name == name and (a.low, a.high) == (axis.low, axis.high) for a in self.declared)

    # --- ranges --------------------------------------------------------------------------------------
    def shifted(self, term: Term, ranges: Ranges) -> Term:
        """The term with each sum over a declared range of the same length, or the other way round, where more of its
        elements stand in the claims that way, or where no range fits as it is: Σ_{s=0}^{T-2} w[s+1] as
        Σ_{t=1}^{T-1} w[t]."""
        if isinstance(term, Reduce):
            axes, body = open_reduce(term, taken=ranges)
            inside = {**ranges, **ranges_of(axes)}
            body = self.shifted(body, inside)
            for place, axis in enumerate(axes):
                axes, body = self._shifted_axis(list(axes), place, axis, body)
            return reduce(term.reduction, axes, body)
        return map_children(term, lambda child: self.shifted(child, ranges))

    def _shifted_axis(self, axes: list[Axis], place: int, axis: Axis, body: Term) -> tuple[list[Axis], Term]:
        def worth(low: Poly, moved: Term) -> tuple[int, bool]:
            fits = [a for a in self.declared if (a.low, a.extent) == (low, axis.extent)]
            found = [self._known_reads(moved, {axis.index: a.index.name}) for a in fits]
            return max(found, default=0), bool(fits)

        best, most = (axis, body), worth(axis.low, body)
        index = Poly.of(axis.index)
        for other in self.declared:
            if other.extent != axis.extent:
                continue
            for place_of in (index - other.low + axis.low, other.high + axis.low - index):
                moved = substitute(body, {axis.index: place_of})
                value = worth(other.low, moved)
                if value > most:
                    best, most = (Axis(axis.index, other.low, other.high), moved), value
        return [*axes[:place], best[0], *axes[place + 1 :]], best[1]
