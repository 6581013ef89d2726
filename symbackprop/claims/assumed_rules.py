"""Assumed equations as rules for the addends of a normal form: what they say is smaller stands for what is larger.

    y² = 1, y² = y               y² -> 1, y² -> y
    a·b = 1, a² + b² = 1         a·b -> 1, b² -> 1 - a²
    Σ_j Q[i,j]·Q[k,j] = [i = k]  the sum -> [i = k]; for a square Q that of its columns too
    [i > j]·A[i,j] = 0           A[i,j] -> [i <= j]·A[i,j]
    A[i,j] = ±A[j,i]             the one of both that comes first

A rule replaces a product by products of lower degree, or of tensors that come earlier, so that rewriting ends. An
equation of which no product is the largest gives no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from symbackprop.terms.addend import Addend
from symbackprop.terms.build import (
    NIL,
    add,
    conjuncts,
    integer_condition,
    logic_and,
    logic_not,
    mul,
    number,
    power,
    sort_key,
    sub,
    substitute,
)
from symbackprop.terms.domains import plain_subscripts
from symbackprop.terms.equalities import solution
from symbackprop.terms.match import matched
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import Product
from symbackprop.terms.program import Assumption, Program
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.size_facts import size_conditions
from symbackprop.terms.term import Access, Axis, Compare, Relation, Term

_MOST_POWER = 6


@dataclass(frozen=True, slots=True)
class _Product:
    """Σ over axes of guards·coefficient·elements: an addend of an assumed equation."""

    axes: tuple[Axis, ...]
    guards: tuple[Term, ...]
    coefficient: Term
    elements: tuple[Access, ...]

    @property
    def rank(self) -> tuple[int, int, tuple[str, ...]]:
        """The larger is replaced."""
        return len(self.elements), len(self.axes), tuple(sorted(element.tensor for element in self.elements))

    @property
    def term(self) -> Term:
        return Addend(self.axes, self.guards, mul(self.coefficient, *self.elements)).product


@dataclass(frozen=True, slots=True)
class Rule:
    """Σ over `bound` of the product of `elements` is `value`, for indices within `axes`."""

    elements: tuple[Access, ...]
    bound: tuple[Axis, ...]
    value: Term
    axes: Mapping[Index, Axis]


@dataclass(frozen=True, slots=True)
class _Zero:
    """The element is 0 where the guards hold."""

    element: Access
    guards: tuple[Term, ...]
    axes: Mapping[Index, Axis]


@dataclass(slots=True)
class Assumed:
    """The rules of a network. `alike`: for a tensor the orders of its subscripts that give the same element, or with
    -1 its negative. `sizes`: conditions between sizes."""

    sizes: tuple[Term, ...] = ()
    rules: list[Rule] = field(default_factory=list)
    zeros: list[_Zero] = field(default_factory=list)
    alike: dict[str, dict[tuple[int, ...], int]] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, expanded: Callable[[Term, Ranges], Sequence[Term]]) -> Assumed:
        """From the equations assumed. `expanded`: the addends of a term, multiplied out."""
        found = Assumed(size_conditions(program))
        for fact in program.assumptions:
            match fact.condition:
                case Compare(Relation.EQ, left, right) if fact.condition.tensors:
                    found._note(program, fact, expanded(sub(left, right), ranges_of(fact.axes)))
        return found

    def __bool__(self) -> bool:
        return bool(self.rules or self.zeros or self.alike)

    # --- what is assumed -----------------------------------------------------------------------------
    def _note(self, program: Program, fact: Assumption, addends: Sequence[Term]) -> None:
        parts = [_product(Addend.of_term(addend, [axis.index for axis in fact.axes])) for addend in addends]
        if any(part is None for part in parts):
            return
        products = [part for part in parts if part is not None]
        axes = ranges_of(fact.axes)
        varying = [part for part in products if part.elements]
        if len(varying) == len(products) == 1 and varying[0].guards and len(varying[0].elements) == 1:
            self.zeros.append(_Zero(varying[0].elements[0], varying[0].guards, axes))
            return
        paired = len(products) == 2 and all(len(part.elements) == 1 and not part.axes for part in products)
        if paired and (self._permuted(program, products, axes) or self._diagonal(products, axes)):
            return
        lead = max(varying, key=lambda part: part.rank, default=None)
        if lead is None or lead.guards or sum(part.rank == lead.rank for part in varying) > 1:
            return
        rest = add(*(part.term for part in products if part is not lead))
        value = mul(-1, power(lead.coefficient, -1), rest)
        self.rules.append(Rule(lead.elements, lead.axes, value, axes))
        if _is_gram(program, lead, products):
            flipped = tuple(Access(e.tensor, e.subscripts[::-1]) for e in lead.elements)
            self.rules.append(Rule(flipped, lead.axes, value, axes))

    def _permuted(self, program: Program, pair: Sequence[_Product], axes: Mapping[Index, Axis]) -> bool:
        """Whether they say that a tensor is symmetric or antisymmetric in some of its axes; then that is noted."""
        first, second = pair
        (one,), (other,), same = first.elements, second.elements, first.coefficient is second.coefficient
        opposite = first.coefficient is mul(-1, second.coefficient)
        if first.guards or second.guards or one.tensor != other.tensor or not (same or opposite):
            return False
        tensor = program.table[one.tensor]
        here, there = (plain_subscripts(e.subscripts, tuple(axes.values()), tensor) for e in (one, other))
        if here is None or there is None:
            return False
        self._close(one.tensor, tuple(map(here.index, there)), -1 if same else 1)
        return True

    def _close(self, tensor: str, order: tuple[int, ...], sign: int) -> None:
        """The group that the new order makes with those known."""
        group = self.alike.setdefault(tensor, {tuple(range(len(order))): 1})
        group[order] = sign
        while True:
            products = {
                tuple(a[place] for place in b): group[a] * group[b] for a in list(group) for b in list(group)
            }  # fmt: skip
            if products.keys() <= group.keys():
                return
            group.update({each: s for each, s in products.items() if each not in group})

    def _diagonal(self, pair: Sequence[_Product], axes: Mapping[Index, Axis]) -> bool:
        """Whether they say that an element is 0 but where a guard holds, and there nothing: A[i,j] = [i = j]·A[i,i]."""
        plain, guarded = sorted(pair, key=lambda part: len(part.guards))
        if plain.guards or len(guarded.guards) != 1 or plain.elements[0].tensor != guarded.elements[0].tensor:
            return False
        integer = integer_condition(guarded.guards[0])
        if integer is None or integer[0] is not Relation.EQ or plain.coefficient is not mul(-1, guarded.coefficient):
            return False
        for index in integer[1].indices():
            value = solution(integer[1], index)
            if value is not None and len({substitute(part.elements[0], {index: value}) for part in pair}) == 1:
                self.zeros.append(_Zero(plain.elements[0], (logic_not(guarded.guards[0]),), axes))
                return True
        return False

    # --- rewriting -----------------------------------------------------------------------------------
    def rewritten(self, addend: Addend, ranges: Ranges) -> Addend | None:
        """The addend by the first rule that fits; None where none does."""
        factors = _factors(addend.value)
        inside = {**ranges, **addend.ranges}
        for rule in self.rules:
            if not all(any(e.tensor == f.tensor for f in factors) for e in rule.elements):
                continue
            for mapping, used in self._fits(rule, factors, inside):
                found = _applied(rule, mapping, used, addend)
                if found is not None:
                    return found
        return None

    def _fits(
        self, rule: Rule, factors: Mapping[Access, int], ranges: Ranges
    ) -> Iterator[tuple[dict[Index, Poly], dict[Access, int]]]:
        """Ways in which the rule's elements are among the factors: what its indices are, how often each is used."""
        everywhere = {**rule.axes, **ranges_of(rule.bound)}

        def extended(
            place: int, mapping: dict[Index, Poly], used: dict[Access, int]
        ) -> Iterator[tuple[dict[Index, Poly], dict[Access, int]]]:
            if place == len(rule.elements):
                yield mapping, used
                return
            for factor, times in factors.items():
                if used.get(factor, 0) >= times:
                    continue
                for variant, sign in self.variants(factor):
                    pattern = rule.elements[place]
                    found = matched(pattern, variant, everywhere, ranges, self.sizes, mapping) if sign > 0 else None
                    if found is not None:
                        yield from extended(place + 1, found, {**used, factor: used.get(factor, 0) + 1})

        yield from extended(0, {}, {})

    def guards(self, value: Term, ranges: Ranges) -> tuple[Term, ...]:
        """Outside of which the value is zero by what is assumed."""
        found: list[Term] = []
        for zero in self.zeros:
            for element in _factors(value):
                mapping = matched(zero.element, element, zero.axes, ranges, self.sizes)
                if mapping is not None:
                    found.append(logic_not(logic_and(*(substitute(guard, mapping) for guard in zero.guards))))
        return tuple(part for guard in found for part in conjuncts(guard))

    def variants(self, element: Access) -> Iterator[tuple[Access, int]]:
        """The element in the orders of its subscripts that make no difference, or one of sign."""
        for order, sign in self.alike.get(element.tensor, {tuple(range(len(element.subscripts))): 1}).items():
            yield Access(element.tensor, tuple(element.subscripts[place] for place in order)), sign

    def oriented(self, value: Term) -> tuple[int, Term]:
        """(sign, value) with each element in the first of its orders; the sign is 0 where it is its own negative."""
        product, sign = Product.of(value), 1
        parts: list[Term] = [number(product.coefficient)]
        for base, exponent in product.powers.items():
            if not isinstance(base, Access) or base.tensor not in self.alike:
                parts.append(power(base, exponent))
                continue
            variants = list(self.variants(base))
            if any(variant is base and s < 0 for variant, s in variants):
                return 0, NIL
            best, s = min(variants, key=lambda pair: sort_key(pair[0]))
            if exponent.denominator != 1 and s < 0:
                parts.append(power(base, exponent))
                continue
            sign *= s if exponent.numerator % 2 else 1
            parts.append(power(best, exponent))
        return sign, mul(*parts)


def _applied(rule: Rule, mapping: Mapping[Index, Poly], used: Mapping[Access, int], addend: Addend) -> Addend | None:
    """The addend with the rule's value for the elements used; None where an axis that the rule sums over is needed."""
    axes = addend.ranges
    left = mul(addend.value, *(power(factor, -times) for factor, times in used.items()))
    needed = left.free.union(*(guard.free for guard in addend.guards))
    needed |= {index for other in rule.axes if other in mapping for index in mapping[other].indices()}
    gone: set[Index] = set()
    for axis in rule.bound:
        index = mapping[axis.index].index
        whole = axes.get(index) if index is not None else None
        if index is None or whole is None or index in gone | needed or whole.extent != axis.extent:
            return None
        gone.add(index)
    if not rule.value.free <= mapping.keys():
        return None
    value = mul(left, substitute(rule.value, dict(mapping)))
    return Addend(tuple(axis for axis in addend.axes if axis.index not in gone), addend.guards, value)


def _product(addend: Addend) -> _Product | None:
    """An addend whose value is taken apart; None where something else than elements is multiplied."""
    elements: list[Access] = []
    product = Product.of(addend.value)
    numbers: list[Term] = [number(product.coefficient)]
    for base, exponent in product.powers.items():
        if isinstance(base, Access) and exponent.denominator == 1 and 0 < exponent <= _MOST_POWER:
            elements += [base] * exponent.numerator
        elif base.tensors or base.free:
            return None
        else:
            numbers.append(power(base, exponent))
    return _Product(addend.axes, addend.guards, mul(*numbers), tuple(elements))


def _factors(value: Term) -> dict[Access, int]:
    """How often each element is a factor."""
    return {
        base: min(_MOST_POWER, exponent.numerator)
        for base, exponent in Product.of(value).powers.items()
        if isinstance(base, Access) and exponent.denominator == 1 and exponent > 0
    }


def _is_gram(program: Program, lead: _Product, products: Sequence[_Product]) -> bool:
    """Whether it says that the rows of a square matrix are orthonormal, so that its columns are too."""
    if len(lead.elements) != 2 or len(lead.axes) != 1 or len(products) != 2:
        return False
    (one, other), rest = lead.elements, next(part for part in products if part is not lead)
    tensor = program.table[one.tensor]
    if one.tensor != other.tensor or tensor.rank != 2 or tensor.shape[0] != tensor.shape[1]:
        return False
    if rest.elements or rest.axes or len(rest.guards) != 1:
        return False
    if mul(rest.coefficient, power(lead.coefficient, -1)) is not mul(-1):
        return False
    (first, left), (second, right) = one.subscripts, other.subscripts
    if not isinstance(first, Poly) or not isinstance(second, Poly):
        return False
    summed, integer = Poly.of(lead.axes[0].index), integer_condition(rest.guards[0])
    whole = left == right == summed and lead.axes[0].extent == tensor.shape[1]
    return whole and integer in ((Relation.EQ, first - second), (Relation.EQ, second - first))
