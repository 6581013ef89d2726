"""Sums over products: one contraction of any number of factors.

A guard on the product is put on one factor, as zeros; on every factor that may be infinite, since 0*oo is no 0; and on
those that may overflow, where it adds no axes to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.values import Contract, Kind, MapOp, Scalar, Value
from symbackprop.terms.build import NIL, UNIT, add, conjuncts, integer_condition, logic_and, mul, reduce
from symbackprop.terms.domains import margins
from symbackprop.terms.poly import Poly
from symbackprop.terms.term import Access, Add, Axis, Mul, Power, Reduce, Reduction, Relation, Term, Where
from symbackprop.terms.wild import is_singular, is_wild


@dataclass(frozen=True, slots=True)
class _Product:
    """Σ over `axes` of scale*factors, where all of `guards` hold."""

    axes: tuple[Axis, ...]
    scale: Term
    factors: tuple[Term, ...]
    guards: tuple[Term, ...]


def lower_sum(ev: Evaluator, term: Reduce) -> Value:
    """A sum of anything."""
    assert term.reduction is Reduction.SUM
    axes, body = ev.open(term)
    return sum_over(ev, axes, body)


def sum_over(ev: Evaluator, axes: Sequence[Axis], body: Term) -> Value:
    """Σ over bound axes of the body."""
    if isinstance(body, Add) and any(_contracts(ev, axes, arg) for arg in body.args):
        return ev.operand(add(*(reduce(Reduction.SUM, axes, arg) for arg in body.args)))
    return _lower(ev, _as_product(ev, tuple(axes), body))


def _contracts(ev: Evaluator, axes: Sequence[Axis], term: Term) -> bool:
    """Whether a summand is better summed by itself: a product whose factors do not all have all of its axes."""
    product = _as_product(ev, tuple(axes), term)
    widths = [len(ev.axes_of(factor)) for factor in product.factors]
    return len(widths) > 1 and min(widths) < len(ev.axes_of(term))


def _as_product(ev: Evaluator, axes: tuple[Axis, ...], body: Term) -> _Product:
    guards: tuple[Term, ...] = ()
    if isinstance(body, Where) and body.otherwise is NIL and not ev.is_scalar(body.condition):
        guards, body = conjuncts(body.condition), body.then
    factors: list[Term] = []
    scale: Term = UNIT
    for factor in body.args if isinstance(body, Mul) else (body,):
        if ev.is_scalar(factor):
            scale = mul(scale, factor)
        elif isinstance(factor, Power) and factor.exponent == 2:
            factors += [factor.base, factor.base]
        else:
            factors.append(factor)
    return _Product(axes, scale, tuple(factors), guards)


def _lower(ev: Evaluator, product: _Product) -> Value:
    with ev.guarded(logic_and(*product.guards)):
        factors = [_floats(ev, ev.operand(factor)) for factor in product.factors]
    factors = _guard(ev, product, factors)
    result = Contract(tuple(factors), tuple(axis.index for axis in product.axes), ev.quiet)
    return ev.scaled(result, product.scale)


def _floats(ev: Evaluator, value: Value) -> Value:
    return value if value.kind is Kind.FLOAT else ev.map(MapOp.COPY, value)


def _guard(ev: Evaluator, product: _Product, factors: list[Value]) -> list[Value]:
    """The factors with the guards on them as zeros."""
    guards = [guard for guard in product.guards if not _implied(ev, guard, product)]
    if not guards:
        return factors
    out = list(factors)
    if not factors:
        return [_floats(ev, ev.mask(logic_and(*guards)))]
    open_ = list(guards)
    for place, factor in enumerate(product.factors):
        if is_singular(factor, ev.context.known):
            own = guards
        elif is_wild(factor, ev.context.known):
            own = [guard for guard in guards if ev.axes_of(guard) <= factors[place].axes]
        else:
            continue
        out[place] = _masked(ev, out[place], own) if own else out[place]
        open_ = [guard for guard in open_ if guard not in own]
    for guard in open_:
        wanted = ev.axes_of(guard)
        place = min(range(len(out)), key=lambda p: (len(wanted - out[p].axes), len(out[p].axes), p))
        out[place] = _masked(ev, out[place], [guard])
    return out


def _masked(ev: Evaluator, value: Value, guards: Sequence[Term]) -> Value:
    return ev.map(MapOp.SELECT, ev.mask(logic_and(*guards)), value, Scalar(NIL))


def _implied(ev: Evaluator, guard: Term, product: _Product) -> bool:
    """Whether the guard only keeps reads inside their tensors, whose frames of zeros already say so: one factor is
    0 where the guard fails, and so is each that may be infinite."""
    condition = integer_condition(guard)
    if condition is None or condition[0] is not Relation.GE:
        return False
    framed = [_is_framed(ev, factor, condition[1]) for factor in product.factors]
    singular = (is_singular(factor, ev.context.known) for factor in product.factors)
    return any(framed) and all(zero for zero, infinite in zip(framed, singular, strict=True) if infinite)


def _is_framed(ev: Evaluator, factor: Term, margin: Poly) -> bool:
    """Whether the factor is a read that leaves its tensor, and so is 0, where the margin is negative."""
    if not (isinstance(factor, Access) and all(isinstance(subscript, Poly) for subscript in factor.subscripts)):
        return False
    return margin in margins(factor.subscripts, ev.context.table[factor.tensor])
