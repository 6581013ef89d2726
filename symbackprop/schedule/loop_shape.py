"""A loop's variable, its bounds, and the slice of each equation in it, from the times of its equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from symbackprop.errors import CyclicEquations
from symbackprop.schedule.timing import Time, Timing
from symbackprop.terms.build import TRUE, compare, logic_and, poly_value
from symbackprop.terms.poly import ZERO, Floor, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Equation, fresh_name
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation, Term


class LoopShape:
    """The loop's variable, its range, and each member's slice, from the times.

    The time of every member is sign*variable + constant; the variable is the axis of as many members as possible.
    """

    def __init__(
        self, members: Sequence[int], equations: Sequence[Equation], timing: Timing, known: Facts, taken: set[str]
    ) -> None:
        self.equations, self.times, self.known = equations, timing.times, known
        axial = [member for member in members if self.times[member].axis is not None]
        alike: dict[tuple[int, Poly], list[int]] = {}
        for member in axial:
            alike.setdefault((self.times[member].sign, self.times[member].offset), []).append(member)
        self.sign, self.offset = max(alike, key=lambda key: len(alike[key]))
        lead = self.times[alike[self.sign, self.offset][0]].axis
        assert lead is not None
        self.variable = Index(fresh_name(lead.name, taken))
        self.descending = self.sign < 0
        ranges = [self._range(member) for member in members]
        self.low = _bound([low for low, _ in ranges], known, lower=True)
        self.high = _bound([high for _, high in ranges], known, lower=False)

    def _value(self, time: Time) -> Poly:
        """The axis at a value of the variable: sign*variable + offset is the time."""
        return (Poly.of(self.variable) * self.sign + self.offset - time.offset) * time.sign

    def _range(self, member: int) -> tuple[Poly, Poly]:
        """The values of the variable at which the member has work to do."""
        time = self.times[member]
        if time.axis is None:
            only = (time.offset - self.offset) * self.sign
            return only, only
        axis = self._axis(member)
        ends = [((end * time.sign) + time.offset - self.offset) * self.sign for end in (axis.low, axis.high)]
        return (ends[0], ends[1]) if time.sign == self.sign else (ends[1], ends[0])

    def _axis(self, member: int) -> Axis:
        return next(axis for axis in self.equations[member].axes if axis.index == self.times[member].axis)

    def place(self, member: int) -> tuple[tuple[tuple[Index, Poly], ...], Term]:
        """(pins, condition) of a member inside the loop."""
        time = self.times[member]
        variable = Poly.of(self.variable)
        low, high = self._range(member)
        inside = self.known.with_axes([Axis(self.variable, self.low, self.high)])
        if time.axis is None:
            if inside.proves_zero(variable - low):
                return (), TRUE
            return (), compare(Relation.EQ, poly_value(variable), poly_value(low))
        conditions = [
            compare(Relation.GE, poly_value(poly), poly_value(ZERO))
            for poly in (variable - low, high - variable)
            if not inside.proves(poly)
        ]
        return ((time.axis, self._value(time)),), logic_and(*conditions)


def _bound(polys: Sequence[Poly], known: Facts, lower: bool) -> Poly:
    """The lowest (highest) of the polynomials; where they cannot be compared, one below (above) them all."""

    def beats(poly: Poly, other: Poly) -> bool:
        return known.proves(other - poly if lower else poly - other)

    candidates = list(dict.fromkeys(polys))
    best = next((poly for poly in candidates if all(beats(poly, other) for other in candidates)), None)
    if best is not None:
        return best
    pick: Callable[[Iterable[int]], int] = min if lower else max
    monomials = dict.fromkeys(monomial for poly in candidates for monomial, _ in poly.terms)
    parts = [dict(poly.terms) for poly in candidates]
    loose = Poly({monomial: pick(part.get(monomial, 0) for part in parts) for monomial in monomials})
    differences = [poly - loose if lower else loose - poly for poly in candidates]
    # A floor's sign is not known here: no difference may hold one.
    if all(plainly_nonnegative(d) and not any(isinstance(atom, Floor) for atom in d.atoms()) for d in differences):
        return loose
    raise CyclicEquations(
        "a loop over several ranges",
        expected=f"{'lower' if lower else 'upper'} ends that can be compared",
        found=", ".join(map(str, candidates)),
        remedy="state which is the smaller with net.assume, as in net.assume(Le(K, H))",
    )


__all__ = ["LoopShape"]
