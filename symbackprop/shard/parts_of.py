"""Over which mesh axes a term is in parts, of a program that is sharded already: the rules, without any choice.

A term is linear in its parts or it is refused, and reads what the device has or is refused: so that a collective that
was forgotten, or that combines what is whole, is found without a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.errors import SymbackpropError
from symbackprop.shard.ownership import Owner, Place, Setting, bracket_of
from symbackprop.terms.build import NIL, open_reduce, split_coefficient
from symbackprop.terms.poly import ZERO, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Add, Mul, Reduce, Reduction, Term, Where

__all__ = ["Misplaced", "PartsOf"]

Parts = frozenset[str]
WHOLE: Parts = frozenset()


class Misplaced(SymbackpropError):
    """A read of what a device does not have, or a value in parts where a whole one belongs: a bug of symbackprop."""


class PartsOf:
    """The parts of the terms of one equation."""

    def __init__(self, setting: Setting, equation: Equation) -> None:
        self.setting, self.equation = setting, equation
        self.owners = setting.of_equation(equation)
        self.ranges = ranges_of(equation.axes)
        self.joined = set[Term]()  # brackets that the device which has what is looked up in them computes alone
        self.split = {axis for _, axis in setting.placements[equation.target].split()}

    def addends(self) -> list[tuple[Term, Parts]]:
        """The addends of the right-hand side, each with the mesh axes over which it is in parts."""
        rhs = self.equation.rhs
        added = frozenset(self.owners.keys() - self.split)  # by the devices, each at its own positions
        for subscript in self.equation.subscripts:
            if not isinstance(subscript, Poly) and self._of(subscript, self.ranges, self.owners):
                self._fail(subscript)
        found = []
        for term in rhs.args if isinstance(rhs, Add) else (rhs,):
            parts = self._addend(term)
            if not parts.isdisjoint(self.owners):
                self._fail(term)
            found.append((term, parts | added))
        return found

    def _addend(self, term: Term) -> Parts:
        bracket = split_coefficient(term)[1]
        args = bracket_of(bracket)
        axes = self.setting.joined_over(args, [self._of(arg, self.ranges, self.owners) for arg in args])
        if axes and not any(_meets(self.owners, axis, bracket) for axis in axes):
            self.joined.add(bracket)
            return axes
        return self._of(term, self.ranges, self.owners, is_top=True)

    def _fail(self, term: Term, found: str = "one in parts") -> None:
        raise Misplaced(show(self.equation), expected=f"a whole value of {show(term)}", found=found)

    def _of(self, term: Term, ranges: Ranges, owners: Mapping[str, Owner], is_top: bool = False) -> Parts:
        match term:
            case Access():
                return self._read(term, ranges, owners)
            case Add(args):
                found = {self._of(arg, ranges, owners) for arg in args}
                if len(found) > 1:
                    self._fail(term, "addends in parts over different mesh axes")
                return next(iter(found))
            case Mul(args):
                return self._product(term, args, [self._of(arg, ranges, owners) for arg in args], owners)
            case Where(condition, then, otherwise):
                self._whole(condition, ranges, owners)
                yes, no = (self._of(branch, ranges, owners, is_top) for branch in (then, otherwise))
                if yes != no and not (otherwise is NIL and yes) and not (then is NIL and no):
                    self._fail(term)
                if any(_meets(owners, axis, condition) for axis in yes | no):
                    self._fail(then)
                return yes | no
            case Reduce():
                return self._reduced(term, ranges, owners, is_top)
            case _:
                for child in term.children:
                    self._whole(child, ranges, owners)
                return WHOLE

    def _whole(self, term: Term, ranges: Ranges, owners: Mapping[str, Owner]) -> None:
        if self._of(term, ranges, owners):
            self._fail(term)

    def _product(self, term: Term, args: Sequence[Term], found: list[Parts], owners: Mapping[str, Owner]) -> Parts:
        places = [place for place, parts in enumerate(found) if parts]
        if not places:
            return WHOLE
        others = [arg for place, arg in enumerate(args) if place != places[0]]
        if len(places) > 1 or any(_meets(owners, axis, arg) for axis in found[places[0]] for arg in others):
            self._fail(term)
        return found[places[0]]

    def _reduced(self, term: Reduce, ranges: Ranges, owners: Mapping[str, Owner], is_top: bool) -> Parts:
        axes, body = open_reduce(term, taken=ranges)
        own = self.setting.of_sum(axes, (body,)) if term.reduction is not Reduction.PRODUCT else {}
        if any(_meets(owners, axis, term) for axis in own):
            self._fail(term, "a sum over an index that is split as one around it")
        parts = self._of(body, {**ranges, **ranges_of(axes)}, {**owners, **own})
        if parts and (term.reduction is not Reduction.SUM or not parts.isdisjoint(own)):
            self._fail(body)
        if own and term.reduction is not Reduction.SUM:
            reductions = {reduction for _, reduction in self.setting.placements[self.equation.target].in_parts}
            if not is_top or reductions != {term.reduction}:
                self._fail(term)
        return parts | frozenset(own)

    def _read(self, read: Access, ranges: Ranges, owners: Mapping[str, Owner]) -> Parts:
        placement = self.setting.placements[read.tensor]
        parts = set(placement.summed_over)
        if len(parts) < len(placement.in_parts):
            self._fail(read, "parts of an extremum")
        for subscript in read.subscripts:
            if not isinstance(subscript, Poly) and self._of(subscript, ranges, owners):
                self._fail(subscript)
        for dimension, axis in placement.split():
            place = Place(read, dimension, axis)
            if _meets(owners, axis, read):
                self._check_local(place, owners[axis], ranges)
            elif not isinstance(place.subscript, Poly) or not place.subscript.indices():
                parts.add(axis)
            else:
                self._fail(read, f"one that other devices along {axis} have")
        return frozenset(parts)

    def _check_local(self, place: Place, owner: Owner, ranges: Ranges) -> None:
        reach, proves = self.setting.reach(place, owner, ranges), self.setting.facts.proves
        halo = self.setting.placements[place.read.tensor].halo(place.dimension)
        room = (ZERO, ZERO) if halo is None else (halo.before, halo.after)
        if reach is None or not all(
            proves(have - need) or proves(-need) for have, need in zip(room, reach, strict=True)
        ):
            self._fail(place.read, f"one that other devices along {place.axis} have")


def _meets(owners: Mapping[str, Owner], axis: str, term: Term) -> bool:
    return axis in owners and not owners[axis].indices.isdisjoint(term.free)
