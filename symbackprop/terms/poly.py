"""Integer polynomials over sizes and indices: extents, subscripts, bounds and counts.

Grammar::

    poly  ::= sum of integer * monomial
    monomial ::= product of atom ** positive integer
    atom  ::= Dim(name)                 a symbolic size, an integer >= 1
            | Index(name)               a free index, named
            | Index(name, fresh=True)   a free index that only a stage has named
            | Index("", level)          an index bound by a reduction (see `term`)
            | Floor(poly, poly)         floor(numerator / denominator)

A subscript is a polynomial that is linear in its indices; nothing else is asked of it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Any, ClassVar

from symbackprop.terms.interning import Interned, Living


@dataclass(frozen=True, slots=True, eq=False)
class Dim(Interned):
    """A symbolic size."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Index(Interned):
    """A free index (`level` 0, named) or one bound by a reduction (`level` 1 and up, no name).

    `fresh`: whether a stage has named it, who needed one; a reader is shown another name.
    """

    name: str
    level: int = 0
    fresh: bool = False

    def __str__(self) -> str:
        return self.name if not self.level else f"#{self.level}"


@dataclass(frozen=True, slots=True, eq=False)
class Floor(Interned):
    """floor(numerator / denominator)."""

    numerator: Poly
    denominator: Poly

    def __str__(self) -> str:
        return f"({self.numerator})//({self.denominator})"


Atom = Dim | Index | Floor
Monomial = tuple[tuple[Atom, int], ...]


@lru_cache(maxsize=65536)
def _atom_key(atom: Atom) -> tuple[int, str]:
    kind = {Dim: 0, Floor: 1, Index: 2}[type(atom)]
    return kind, str(atom)


@lru_cache(maxsize=65536)
def _monomial_key(monomial: Monomial) -> tuple[int, list[tuple[tuple[int, str], int]]]:
    return -sum(power for _, power in monomial), [(_atom_key(atom), power) for atom, power in monomial]


class Poly:
    """An immutable polynomial with integer coefficients. Equal polynomials are one object.

    `constant`: its value if it is a plain integer. `atom`: its atom if it is nothing else. `index`: its index if it
    is nothing else, a plain subscript.

    >>> n, k = Poly.of(Dim("N")), Poly.of(Dim("K"))
    >>> print((n + 1 - k) // 2 + 1)
    (N - K + 1)//(2) + 1
    """

    __slots__ = ("__weakref__", "_atoms", "_indices", "_str", "atom", "constant", "index", "terms")
    terms: tuple[tuple[Monomial, int], ...]
    constant: int | None
    atom: Atom | None
    index: Index | None
    _atoms: tuple[Atom, ...] | None
    _indices: tuple[Index, ...] | None
    _str: str | None
    _living: ClassVar[Living[Poly]] = Living()

    def __new__(cls, terms: Mapping[Monomial, int]) -> Poly:
        kept = [(monomial, coefficient) for monomial, coefficient in terms.items() if coefficient]
        if len(kept) > 1:
            kept.sort(key=lambda item: _monomial_key(item[0]))
        return cls._of_terms(tuple(kept))

    @classmethod
    def _of_terms(cls, terms: tuple[tuple[Monomial, int], ...]) -> Poly:
        """The polynomial with these terms, in the normal order."""
        known = cls._living.references.get(terms)
        found = None if known is None else known()
        if found is None:
            found = object.__new__(cls)
            found.terms = terms
            found.constant, found.atom = _alone(terms)
            found.index = found.atom if isinstance(found.atom, Index) else None
            found._atoms = found._indices = found._str = None
            found = cls._living.setdefault(terms, found)
        return found

    def __reduce__(self) -> Any:
        return Poly, (dict(self.terms),)

    @staticmethod
    def of(value: int | Atom | Poly) -> Poly:
        """The polynomial that is an integer or an atom."""
        return value if type(value) is Poly else _single(value)

    # --- reading -----------------------------------------------------------------------------------
    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, int) and self.constant == other)

    __hash__ = object.__hash__

    @property
    def constant_part(self) -> int:
        """The coefficient of the empty monomial."""
        return next((coefficient for monomial, coefficient in self.terms if not monomial), 0)

    def atoms(self, deep: bool = True) -> tuple[Atom, ...]:
        """Each atom once, in order; with `deep` also those inside floors."""
        if self._atoms is None:
            seen: dict[Atom, None] = {}
            for monomial, _ in self.terms:
                for atom, _power in monomial:
                    seen[atom] = None
                    if isinstance(atom, Floor):
                        for part in (atom.numerator, atom.denominator):
                            seen.update(dict.fromkeys(part.atoms()))
            self._atoms = tuple(seen)
        if deep:
            return self._atoms
        return tuple({atom: None for monomial, _ in self.terms for atom, _power in monomial})

    def indices(self) -> tuple[Index, ...]:
        if self._indices is None:
            self._indices = tuple(atom for atom in self.atoms() if isinstance(atom, Index))
        return self._indices

    def dims(self) -> tuple[Dim, ...]:
        return tuple(atom for atom in self.atoms() if isinstance(atom, Dim))

    def coefficient(self, atom: Atom) -> Poly:
        """The coefficient of `atom` to the first power."""
        return _coefficient(self, atom)

    def degree(self, atom: Atom) -> int:
        return max((power for monomial, _ in self.terms for other, power in monomial if other == atom), default=0)

    def without_indices(self) -> Poly:
        """The part in which no index stands."""
        return Poly({m: c for m, c in self.terms if not any(Poly.of(atom).indices() for atom, _ in m)})

    @property
    def is_affine(self) -> bool:
        """Linear in its indices, none of them inside a floor or in a product of two."""
        for monomial, _ in self.terms:
            count = 0
            for atom, power in monomial:
                if isinstance(atom, Index):
                    count += power
                elif Poly.of(atom).indices():
                    return False
            if count > 1:
                return False
        return True

    # --- arithmetic --------------------------------------------------------------------------------
    def __add__(self, other: int | Poly) -> Poly:
        return _plus(self, other if type(other) is Poly else _single(other))

    __radd__ = __add__

    def __neg__(self) -> Poly:
        return _minus(ZERO, self)

    def __sub__(self, other: int | Poly) -> Poly:
        return _minus(self, other if type(other) is Poly else _single(other))

    def __rsub__(self, other: int | Poly) -> Poly:
        return _minus(Poly.of(other), self)

    def __mul__(self, other: int | Poly) -> Poly:
        return _times(self, other if type(other) is Poly else _single(other))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Poly:
        if exponent == 1:
            return self
        out = Poly.of(1)
        for _ in range(exponent):
            out = out * self
        return out

    def __floordiv__(self, other: int | Poly) -> Poly:
        return floor_div(self, Poly.of(other))

    def substitute(self, mapping: Mapping[Atom, Poly]) -> Poly:
        """Each atom of `mapping` replaced, at once, inside floors too."""
        alone = self.atom
        if alone is not None and alone in mapping:
            return mapping[alone]
        if self.index is not None or self.constant is not None or mapping.keys().isdisjoint(self.atoms()):
            return self
        out = Poly({})
        for monomial, coefficient in self.terms:
            product = Poly.of(coefficient)
            for atom, power in monomial:
                if atom in mapping:
                    value = mapping[atom]
                elif isinstance(atom, Floor):
                    value = floor_div(atom.numerator.substitute(mapping), atom.denominator.substitute(mapping))
                else:
                    value = Poly.of(atom)
                product = product * value**power
            out = out + product
        return out

    def evaluate(self, value: Callable[[Dim | Index], int]) -> int:
        """The integer at given sizes and indices (an array of them where the values are arrays)."""
        total = 0
        for monomial, coefficient in self.terms:
            for atom, power in monomial:
                if isinstance(atom, Floor):
                    floor = atom.numerator.evaluate(value) // atom.denominator.evaluate(value)
                    coefficient = coefficient * floor**power
                else:
                    coefficient = coefficient * value(atom) ** power
            total = total + coefficient
        return total

    # --- text --------------------------------------------------------------------------------------
    def format(self, atom_text: Callable[[Atom], str] = str, times: str = "*", power_text: str = "**") -> str:
        """The polynomial as text; `atom_text` writes an atom (a floor arrives whole)."""
        parts: list[str] = []
        for monomial, coefficient in self._reading_order():
            factors = [atom_text(atom) + (f"{power_text}{power}" if power > 1 else "") for atom, power in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+"
            body = times.join(factors)
            parts.append(f" {sign} {body}" if parts else (f"-{body}" if coefficient < 0 else body))
        return "".join(parts) or "0"

    def _reading_order(self) -> list[tuple[Monomial, int]]:
        """Positive terms first, so that `T - 1` and `K - k` read as written."""
        return sorted(self.terms, key=lambda item: (not item[0], item[1] < 0))

    def __str__(self) -> str:
        if self._str is None:
            self._str = self.format()
        return self._str

    def __repr__(self) -> str:
        return f"Poly({self})"


def _alone(terms: tuple[tuple[Monomial, int], ...]) -> tuple[int | None, Atom | None]:
    """(its value if it is a plain integer, its atom if it is nothing else)."""
    if not terms:
        return 0, None
    if len(terms) == 1:
        ((monomial, coefficient),) = terms
        if not monomial:
            return coefficient, None
        if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            return None, monomial[0][0]
    return None, None


# --- arithmetic, remembered: few sizes and subscripts, but they are combined over and over ----------------
@lru_cache(maxsize=65536)
def _single(value: int | Atom) -> Poly:
    return Poly({(): int(value)} if isinstance(value, int) else {((value, 1),): 1})


@lru_cache(maxsize=65536)
def _coefficient(poly: Poly, atom: Atom) -> Poly:
    out: dict[Monomial, int] = {}
    for monomial, coefficient in poly.terms:
        if any(other is atom and power == 1 for other, power in monomial):
            out[tuple(item for item in monomial if item[0] is not atom)] = coefficient
    return Poly(out)


@lru_cache(maxsize=65536)
def _plus(left: Poly, right: Poly) -> Poly:
    out = dict(left.terms)
    for monomial, coefficient in right.terms:
        out[monomial] = out.get(monomial, 0) + coefficient
    return Poly(out)


@lru_cache(maxsize=65536)
def _minus(left: Poly, right: Poly) -> Poly:
    out = dict(left.terms)
    for monomial, coefficient in right.terms:
        out[monomial] = out.get(monomial, 0) - coefficient
    return Poly(out)


@lru_cache(maxsize=65536)
def _times(left: Poly, right: Poly) -> Poly:
    for factor, poly in ((right.constant, left), (left.constant, right)):
        if factor == 1:
            return poly
    out: dict[Monomial, int] = {}
    for one, a in left.terms:
        for other, b in right.terms:
            powers = dict(one)
            for atom, power in other:
                powers[atom] = powers.get(atom, 0) + power
            product = tuple(sorted(powers.items(), key=lambda item: _atom_key(item[0])))
            out[product] = out.get(product, 0) + a * b
    return Poly(out)


@lru_cache(maxsize=65536)
def floor_div(numerator: Poly, denominator: Poly) -> Poly:
    """floor(numerator / denominator), with what divides exactly taken out of the floor."""
    d = denominator.constant
    if d == 0:
        raise ZeroDivisionError(f"floor of ({numerator})/0")
    n = numerator.constant
    if n is not None and d is not None:
        return Poly.of(n // d)
    if d is not None and d < 0:
        numerator, denominator, d = -numerator, -denominator, -d
    if d is None:
        exact, rest = _exact_part(numerator, denominator)
        return exact + Poly.of(Floor(rest, denominator)) if rest.terms else exact
    whole = {monomial: c // d for monomial, c in numerator.terms if c % d == 0 or not monomial}
    rest = Poly({monomial: c - whole.get(monomial, 0) * d for monomial, c in numerator.terms})
    if not rest.terms:
        return Poly(whole)
    if rest.constant is not None:  # 0 <= rest < d: the whole part is a multiple of d plus less than d
        return Poly(whole)
    common = d
    for _, c in rest.terms:
        common = gcd(common, c)
    if common > 1:
        rest, denominator = Poly({m: c // common for m, c in rest.terms}), Poly.of(d // common)
    return Poly(whole) + Poly.of(Floor(rest, denominator))


def _exact_part(numerator: Poly, denominator: Poly) -> tuple[Poly, Poly]:
    """(q, r) with numerator = q*denominator + r: the terms that a denominator of one monomial divides, and the rest."""
    if len(denominator.terms) != 1:
        return (Poly.of(1), Poly({})) if numerator == denominator else (Poly({}), numerator)
    (below, divisor), exact, rest = denominator.terms[0], {}, {}
    for monomial, c in numerator.terms:
        powers = dict(monomial)
        for atom, power in below:
            powers[atom] = powers.get(atom, 0) - power
        if c % divisor or min(powers.values(), default=0) < 0:
            rest[monomial] = c
        else:
            exact[tuple((atom, power) for atom, power in powers.items() if power)] = c // divisor
    return Poly(exact), Poly(rest)


ZERO, ONE = Poly.of(0), Poly.of(1)
