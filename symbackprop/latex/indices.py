r"""Sizes, indices and their ranges in LaTeX: `2 \, h + p`, `0 \le n < N`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symbackprop.latex.names import Names
from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly
from symbackprop.terms.term import Axis

__all__ = ["BETWEEN_RANGES", "Bound", "IndexPrinter"]

Bound = Mapping[Index, str]
BETWEEN_RANGES = r",\ "  # a line may break behind it


class IndexPrinter:
    """Writes polynomials in sizes and indices; `floors` are symbols that stand for rounded quotients of sizes."""

    def __init__(self, names: Names, floors: Mapping[Floor, str]) -> None:
        self.names, self.floors = names, floors

    def poly(self, poly: Poly, bound: Bound) -> str:
        """A polynomial, positive terms first and the constant last: `T - 1`, `2 u + p`."""
        text = ""
        for monomial, coefficient in sorted(poly.terms, key=lambda item: (not item[0], item[1] < 0)):
            factors = [
                f"{{{self._atom(atom, bound)}}}^{{{times}}}" if times > 1 else self._atom(atom, bound)
                for atom, times in monomial
            ]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+" if text else ""
            text += (f" {sign} " if text else sign) + r" \, ".join(factors)
        return text or "0"

    def _atom(self, atom: Atom, bound: Bound) -> str:
        match atom:
            case Index():
                return self.index(atom, bound)
            case Dim(name):
                return self.names.other(name)
            case Floor():
                return self.floors.get(atom) or self.floor(atom, bound)

    def floor(self, atom: Floor, bound: Bound) -> str:
        """A rounded quotient, written out; those inside it may have symbols."""
        above, below = self.poly(atom.numerator, bound), self.poly(atom.denominator, bound)
        return rf"\left\lfloor \frac{{{above}}}{{{below}}} \right\rfloor"

    def index(self, index: Index, bound: Bound) -> str:
        """The name of an index, with the primes that tell it from another."""
        name = bound.get(index, str(index))
        stem = name.rstrip("'")
        primes = "'" * (len(name) - len(stem))
        if not stem.isidentifier():  # an index made by the machinery
            stem = "i" + "".join(letter for letter in stem if letter.isalnum())
        return self.names.other(stem) + primes

    def range_(self, axis: Axis, bound: Bound | None = None) -> str:
        r"""The range of an index, `0 \le n < N`."""
        bound = bound or {}
        name, low, high = self.index(axis.index, bound), self.poly(axis.low, bound), axis.high
        if axis.low == high:
            return f"{name} = {low}"
        if high.constant is None and high.constant_part == -1:
            return rf"{low} \le {name} < {self.poly(high + 1, bound)}"
        return rf"{low} \le {name} \le {self.poly(high, bound)}"

    def ranges(self, axes: Iterable[Axis]) -> str:
        """The ranges side by side."""
        return BETWEEN_RANGES.join(self.range_(axis) for axis in axes)
