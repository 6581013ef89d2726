"""Where an index is equal to an integer that is looked up, elements are read at the integer.

    Σ_m [t[m] = v]·tanh(e[m, h] + y[v, h])   becomes   Σ_m [t[m] = v]·tanh(e[m, h] + y[t[m], h])

The parts of the latter have a position for each (m, h), those of the former one for each (v, m, h), most of which are
left out. Only where a part would have more positions than any element in it, and the value is 0 elsewhere: what is
written with [y[n] = k]·log p[n, k] stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from symbackprop.terms.build import NIL, conjuncts, logic_not, where
from symbackprop.terms.domains import named_by, spans_of
from symbackprop.terms.match import at_looked_up
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Program, recurrent_tensors
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Compare,
    Mul,
    PolyValue,
    Power,
    Reduce,
    Relation,
    Term,
    Where,
    accesses,
    subterms,
)


def read_where_equal(program: Program) -> Program:
    """The program with elements read at the looked-up integers that their subscripts are known to be equal to."""
    if not any(equality(part) for equation in program.equations for part in subterms(equation.rhs)):
        return program
    reader = _Reader(program, size_facts(program))
    equations = tuple(rewrite_equation(e, lambda *_: None, reader.guarded) for e in program.equations)
    return program.with_(equations=equations)


def equality(condition: Term) -> tuple[Index, Access] | None:
    """(v, t[m]) of t[m] = v."""
    match condition:
        case Compare(Relation.EQ, Access() as looked_up, PolyValue(poly)) | Compare(
            Relation.EQ, PolyValue(poly), Access() as looked_up
        ) if poly.index is not None and poly.index not in looked_up.free:
            return poly.index, looked_up
        case _:
            return None


class _Reader:
    def __init__(self, program: Program, facts: Facts) -> None:
        self.table, self.facts = program.table, facts
        self.recurrent = recurrent_tensors(program.equations)  # whose elements are known in an order

    def guarded(self, term: Term, _: Ranges) -> Term | None:
        """A guarded value with what it reads read at the integers that the guard says."""
        match term:
            case Where(condition, then, otherwise) if otherwise is NIL:
                return where(condition, self.under(condition, then), NIL)
            case Where(condition, then, otherwise) if then is NIL:
                return where(condition, NIL, self.under(logic_not(condition), otherwise))
            case _:
                return None

    def under(self, condition: Term, value: Term) -> Term:
        """The value, which stands where the condition holds."""
        for index, looked_up in filter(None, map(equality, conjuncts(condition))):
            if self.gains(value, index, looked_up) and self.fits(value, index, looked_up):
                value = at_looked_up(value, {index: looked_up}) or value
        return value

    def gains(self, value: Term, index: Index, looked_up: Access) -> bool:
        """Whether a part has both the index and one that is looked up by, and no element in it has."""

        def both(term: Term) -> bool:
            return index in term.free and not looked_up.free.isdisjoint(term.free)

        return any(map(both, _parts(value))) and not any(map(both, accesses(value)))

    def fits(self, value: Term, index: Index, looked_up: Access) -> bool:
        """Whether the index stands in subscripts of axes that hold all that may be looked up, and not of what is
        computed step by step."""
        named = named_by(looked_up, self.table)
        for element in accesses(value):
            for subscript, whole in zip(element.subscripts, spans_of(self.table[element.tensor]), strict=True):
                if isinstance(subscript, Poly) and index in subscript.indices():
                    inside = named is not None and whole.holds(named, self.facts)
                    if element.tensor in self.recurrent or not inside:
                        return False
        return True


def _parts(value: Term) -> Iterator[Term]:
    """What gets a name of its own: all but sums that are linear in their addends, and products of elements."""
    for inner in subterms(value):
        match inner:
            case Apply() | Power() | Reduce():
                yield inner
            case Mul(args):
                yield from (arg for arg in args if isinstance(arg, Add))


__all__ = ["equality", "read_where_equal"]
