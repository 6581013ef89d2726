"""Names, sizes, numbers and arrays of positions, as the function at hand writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.library import Library
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.scalars import condition_text, poly_text, scalar_strength
from symbackprop.terms.poly import ONE, Atom, Floor, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Term

_LEVELS = {0: Level.CHOICE, 1: Level.SUM, 2: Level.PRODUCT, 3: Level.SIGN, 4: Level.POWER, 5: Level.ATOM}


class Spelling(Scope):
    """`helpers`: those that were asked for, among what else belongs to the module. `variables`: loop variables, by the
    index that they stand for; `traced`: those whose value is not known when the code is read, at which no slice can
    begin."""

    def __init__(self, names: Names, library: Library) -> None:
        super().__init__(names)
        self.library = self.numbers = library
        self.helpers: set[str] = set()
        self.traced: set[Index] = set()
        self.variables: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        return self.variables.get(name) or self.of(name)

    # --- text ----------------------------------------------------------------------------------------
    def module(self, name: str) -> str:
        self.helpers.add(name)  # what is no helper nobody asks for
        return super().module(name)

    helper = module

    @property
    def dtype(self) -> str:
        return self.of("<dtype>")

    def poly(self, poly: Poly) -> str:
        return poly_text(poly, self)

    def condition(self, condition: Term) -> str:
        return condition_text(condition, self)

    def known_later(self, condition: Term) -> bool:
        """Whether a condition on sizes and loop variables is no truth value of Python's when the code is read."""
        return False

    def scalar(self, term: Term) -> Code:
        text, strength = scalar_strength(term, self)
        return Code(text, _LEVELS[strength], plain=True)

    def extent(self, poly: Poly, facts: Facts) -> str:
        """A length, 0 where it could be negative."""
        return self.poly(poly) if facts.proves(poly) else call(self.module("max"), self.poly(poly), "0")

    def shape(self, extents: Iterable[Poly], facts: Facts) -> str:
        return tuple_text([self.extent(extent, facts) for extent in extents])

    def steps(self, low: Poly, high: Poly) -> str:
        """The arguments of a range from `low` to `high`, inclusive."""
        end = self.poly(high + ONE)
        return end if not low.terms else f"{self.poly(low)}, {end}"

    # --- positions -----------------------------------------------------------------------------------
    def position(self, poly: Poly, axes: Mapping[Index, Axis], layout: Sequence[Index]) -> Code:
        """The polynomial at all positions of those of `axes` that stand in it, as integers."""
        mine = tuple(index for index in layout if index in poly.indices())
        if not mine:
            text = self.poly(poly)
            return Code(text, Level.ATOM if text.isalnum() else Level.SUM, plain=True)
        if len(mine) == 1:
            (index,) = mine
            rest = poly - Poly.of(index)
            if self.traced.isdisjoint(rest.indices()) and index not in rest.indices():
                return self.library.arange(self.steps(axes[index].low + rest, axes[index].high + rest), mine)

        def atom_text(atom: Atom) -> str:
            match atom:
                case Index() if atom in mine:
                    steps = self.steps(axes[atom].low, axes[atom].high)
                    return self.library.over(self.library.arange(steps, (atom,)), mine).text
                case Floor(above, below):
                    return f"({self._written(above, atom_text)} // {self._written(below, atom_text)})"
                case _:
                    return self(atom.name or str(atom))

        return Code(poly.format(atom_text, " * ", "**"), Level.SUM if len(poly.terms) > 1 else Level.PRODUCT, mine)

    def _written(self, poly: Poly, atom_text: object) -> str:
        assert callable(atom_text)
        text = poly.format(atom_text, " * ", "**")
        return text if poly.atom is not None or poly.constant is not None else f"({text})"
