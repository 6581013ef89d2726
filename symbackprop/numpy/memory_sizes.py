"""Sums of sizes, of which it is to be seen which is the larger.

An extent that is a difference or a quotient, a size that a function makes (max(poly, 0)) and the lesser of two sizes
get names of their own, which stand for no less than 0: so a sum of arrays is a polynomial without a minus, and is no
less than another where it has as many of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy

from symbackprop.language.sizes import poly_expression, size_symbol
from symbackprop.numpy.array import Function, Let
from symbackprop.terms.poly import ONE, ZERO, Atom, Dim, Poly
from symbackprop.terms.positive import plainly_nonnegative

Names = Mapping[Atom, Poly]  # of the sizes that a function makes


class Sizes:
    """The sizes of one module's functions, each named as no network can name its own."""

    def __init__(self) -> None:
        self.lets: dict[Atom, Poly] = {}  # max(poly, 0)
        self.extents: dict[Atom, Poly] = {}
        self.lesser: dict[Atom, tuple[Poly, Poly]] = {}
        self.known: dict[object, Poly] = {}  # the name of each

    def names(self, function: Function) -> Names:
        """New names for the sizes that the function makes: another may make others under the same."""
        names: dict[Atom, Poly] = {}
        for let in function.body:
            if isinstance(let, Let):
                name = Dim(f"{function.name}.{let.name}")
                self.lets[name] = let.poly.substitute(names)
                names[Dim(let.name)] = Poly.of(name)
        return names

    def entries(self, extents: Iterable[Poly], names: Names) -> Poly:
        """The number of positions along axes of these extents."""
        total = ONE
        for extent in extents:
            total = total * self._extent(extent.substitute(names) if names else extent)
        return total

    def _extent(self, extent: Poly) -> Poly:
        if all(isinstance(atom, Dim) for atom in extent.atoms()) and all(times > 0 for _, times in extent.terms):
            return extent
        if extent not in self.known:
            name = Dim(f"extent.{len(self.extents)}")
            self.extents[name], self.known[extent] = extent, Poly.of(name)
        return self.known[extent]

    def least(self, one: Poly, other: Poly) -> Poly:
        """The lesser of the two."""
        for small, large in ((one, other), (other, one)):
            if self.exceeds(large, small):
                return small
        if (one, other) not in self.known:
            name = Dim(f"least.{len(self.lesser)}")
            self.lesser[name], self.known[one, other] = (one, other), Poly.of(name)
        return self.known[one, other]

    def exceeds(self, large: Poly, small: Poly) -> bool:
        """Whether `large` is plainly no less, at all sizes."""
        difference = large - small
        if any(atom in self.lesser for monomial, _ in difference.terms for atom, _ in monomial):
            return any(self._plainly(self._bound(difference, place)) for place in (0, 1))
        return self._plainly(difference)

    def _plainly(self, poly: Poly) -> bool:
        if all(coefficient > 0 for _, coefficient in poly.terms):
            return True
        at_least_one = not any(dim in self.lets or dim in self.extents for dim in poly.dims())
        return at_least_one and plainly_nonnegative(poly)

    def _bound(self, poly: Poly, place: int) -> Poly:
        """No more than the polynomial: a lesser of two is no less than 0, and no more than the one at that place."""
        total = ZERO
        for monomial, coefficient in poly.terms:
            names = [atom for atom, _ in monomial if atom in self.lesser]
            term = Poly({monomial: coefficient})
            total = total + term.substitute(
                {name: ZERO if coefficient > 0 else self.lesser[name][place] for name in names}
            )
        return total

    def pruned(self, sums: Iterable[Poly]) -> list[Poly]:
        """Those that no other exceeds at every size."""
        found: list[Poly] = []
        for total in sums:
            if not any(self.exceeds(other, total) for other in reversed(found)):
                found = [other for other in found if not self.exceeds(total, other)]
                found.append(total)
        return found

    def largest(self, sums: Sequence[Poly]) -> sympy.Expr:
        """Their maximum, in the sizes of the network."""
        found = [self._expression(total) for total in sums]
        return found[0] if len(found) == 1 else sympy.Max(*found, evaluate=False)

    def _expression(self, total: Poly) -> sympy.Expr:
        expression = self._plain(total)
        for name, pair in self.lesser.items():
            lesser = sympy.Min(*map(self._plain, pair), evaluate=False)
            expression = expression.xreplace({size_symbol(str(name)): lesser})
        for name, poly in reversed(self.lets.items()):  # a later one may read an earlier one
            size = sympy.Max(0, poly_expression(poly), evaluate=False)
            expression = expression.xreplace({size_symbol(str(name)): size})
        return expression

    def _plain(self, poly: Poly) -> sympy.Expr:
        return poly_expression(poly.substitute(self.extents))
