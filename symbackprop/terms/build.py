"""Smart constructors: the only way terms are made, so that they are always in normal form.

Normal form: sums and products flat, sorted, numbers first; like terms and equal bases collected; a factor that is
guarded guards the whole product (`a*Where(c, b, 0)` is `Where(c, a*b, 0)`, so an infinity behind the guard is never
multiplied); integer conditions are `poly >= 0`, `poly == 0` or `poly != 0`; a sum keeps what its indices do not
touch outside; nested reductions of one kind are one reduction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import count
from math import lcm
from typing import TypeGuard

from symbackprop.terms.poly import ONE, ZERO, Atom, Index, Poly, plainly_nonnegative
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Constant,
    Constant_,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Training,
    Truth,
    Where,
    children_of,
)

Numeric = int | Fraction


def number(value: Numeric) -> Number:
    return _number(value)


@lru_cache(maxsize=4096)
def _number(value: Numeric) -> Number:
    return Number(Fraction(value))


_ZERO, _ONE = Fraction(0), Fraction(1)
NIL, UNIT, MINUS = number(0), number(1), number(-1)
TRUE, FALSE = Truth(True), Truth(False)
INFINITY, NEGATIVE_INFINITY = Constant(Constant_.INFINITY), Constant(Constant_.NEGATIVE_INFINITY)


def poly_value(poly: Poly | int) -> Term:
    """A size or index as a number."""
    poly = Poly.of(poly)
    constant = poly.constant
    return number(constant) if constant is not None else PolyValue(poly)


def access(tensor: str, subscripts: Sequence[Subscript | int] = ()) -> Access:
    return Access(tensor, tuple(Poly.of(s) if isinstance(s, int) else s for s in subscripts))


# --- sums and products ---------------------------------------------------------------------------------
_RANK = {Number: 0, Constant: 1, PolyValue: 2, Access: 4, Power: 5, Mul: 6, Add: 7, Apply: 8, Where: 9, Reduce: 10}


@cache
def _is_size(term: Term) -> bool:
    return isinstance(term, PolyValue) or (isinstance(term, Power) and isinstance(term.base, PolyValue))


def sort_key(term: Term) -> tuple[int, str, bytes, bytes]:
    """A deterministic order that renaming indices changes only among look-alikes."""
    rank = 3 if _is_size(term) and isinstance(term, Power) else _RANK.get(type(term), 11)
    return rank, term.tensor if isinstance(term, Access) else "", term.blind, term.digest


def split_coefficient(term: Term) -> tuple[Fraction, Term]:
    """(c, rest) with term = c*rest."""
    match term:
        case Number(value):
            return value, UNIT
        case Mul((Number(value), *rest)):
            return value, rest[0] if len(rest) == 1 else Mul(tuple(rest))
        case _:
            return _ONE, term


def add(*args: Term | Numeric) -> Term:
    """The sum: flat, like terms collected."""
    constant = _ZERO
    poly = ZERO
    collected: dict[Term, Fraction] = {}
    stack = [_term(arg) for arg in reversed(args)]
    while stack:
        arg = stack.pop()
        match arg:
            case Number(value):
                constant += value
            case Add(inner):
                stack.extend(reversed(inner))
            case PolyValue(inner_poly):
                poly = poly + inner_poly
            case _:
                coefficient, rest = split_coefficient(arg)
                if isinstance(rest, PolyValue) and coefficient.denominator == 1:
                    poly = poly + rest.poly * coefficient.numerator
                else:
                    known = collected.get(rest)
                    collected[rest] = coefficient if known is None else known + coefficient
    out = [mul(number(c), rest) if c != 1 else rest for rest, c in collected.items() if c]
    if poly.terms and constant.denominator == 1:
        poly, constant = poly + constant.numerator, _ZERO
    if poly.terms:
        sizes = poly_value(poly)
        if isinstance(sizes, Number):
            constant += sizes.value
        else:
            out.append(sizes)
    if constant:
        out.append(number(constant))
    if not out:
        return NIL
    if len(out) == 1:
        return out[0]
    return Add(tuple(sorted(out, key=sort_key)))


def mul(*args: Term | Numeric) -> Term:
    """The product: flat, powers of one base collected; guards move outwards."""
    coefficient = _ONE
    powers: dict[Term, Fraction] = {}
    guards: list[Term] = []
    stack = [_term(arg) for arg in reversed(args)]
    while stack:
        arg = stack.pop()
        match arg:
            case Number(value):
                coefficient *= value
            case Mul(inner):
                stack.extend(reversed(inner))
            case Where(condition, then, Number(value)) if value == 0:
                guards.append(condition)
                stack.append(then)
            case PolyValue(poly) if len(poly.terms) == 1:
                _collect_monomial(poly, _ONE, powers)
                coefficient *= poly.terms[0][1]
            case Power(PolyValue(poly), exponent) if len(poly.terms) == 1 and poly.terms[0][1] == 1:
                _collect_monomial(poly, exponent, powers)
            case Power(base, exponent):
                _raise(powers, base, exponent)
            case _:
                _raise(powers, arg, _ONE)
    if not coefficient:
        return NIL
    out = _rebuild_powers(powers)
    # A power may have become a number or a product again (as sqrt(2)*sqrt(2)).
    factors: list[Term] = []
    for factor in out:
        c, rest = split_coefficient(factor)
        if c is not _ONE:
            coefficient *= c
        if rest is not UNIT:
            factors.extend(rest.args if isinstance(rest, Mul) else (rest,))
    if not factors:
        product: Term = number(coefficient)
    elif len(factors) == 1 and isinstance(factors[0], PolyValue) and coefficient.denominator == 1:
        product = poly_value(factors[0].poly * coefficient.numerator)
    else:
        factors.sort(key=sort_key)
        if coefficient != 1:
            factors.insert(0, number(coefficient))
        product = factors[0] if len(factors) == 1 else Mul(tuple(factors))
    return _guarded(guards, product) if guards else product


def _guarded(guards: Sequence[Term], product: Term) -> Term:
    """Conditions that read elements stand inside those on indices, which may be what keeps their reads in range."""
    guard = logic_and(*guards)
    parts = guard.args if isinstance(guard, Logic) and guard.connective is Connective.AND else (guard,)
    values = logic_and(*(part for part in parts if part.tensors))
    return where(logic_and(*(part for part in parts if not part.tensors)), where(values, product, NIL), NIL)


def _collect_monomial(poly: Poly, exponent: Fraction, powers: dict[Term, Fraction]) -> None:
    for atom, power in poly.terms[0][0]:
        _raise(powers, PolyValue(Poly.of(atom)), power * exponent)


def _raise(powers: dict[Term, Fraction], base: Term, exponent: Fraction) -> None:
    known = powers.get(base)
    powers[base] = exponent if known is None else known + exponent


def _rebuild_powers(powers: dict[Term, Fraction]) -> list[Term]:
    out: list[Term] = []
    sizes: dict[Fraction, Poly] = {}
    for base, exponent in powers.items():
        if not exponent:
            continue
        if isinstance(base, PolyValue) and base.poly.atom is not None:
            sign = _ONE if exponent > 0 else -_ONE
            if exponent.denominator == 1:
                sizes[sign] = sizes.get(sign, ONE) * base.poly ** abs(exponent.numerator)
            else:
                sizes[exponent] = sizes.get(exponent, ONE) * base.poly
        else:
            out.append(power(base, exponent))
    out.extend(power(PolyValue(poly), exponent) for exponent, poly in sizes.items())
    return out


def neg(term: Term) -> Term:
    return mul(MINUS, term)


def sub(left: Term, right: Term) -> Term:
    return add(left, neg(right))


def div(left: Term | Numeric, right: Term | Numeric) -> Term:
    return mul(left, power(_term(right), -1))


def power(base: Term, exponent: Numeric) -> Term:
    """base**exponent for a rational exponent."""
    if exponent == 1:
        return base
    if exponent == 0:
        return UNIT
    exponent = Fraction(exponent)
    integral = exponent.denominator == 1
    match base:
        case Number(value):
            if integral and (value or exponent > 0):
                return number(value**exponent.numerator)
            root = _exact_root(value, exponent)
            if root is not None:
                return number(root)
        case Power(inner, first) if integral:
            return power(inner, first * exponent)
        case Mul(args) if integral:
            return mul(*(power(arg, exponent) for arg in args))
        case Where(condition, then, otherwise) if exponent > 0 and otherwise is NIL:
            return where(condition, power(then, exponent), NIL)
    return Power(base, exponent)


def _exact_root(value: Fraction, exponent: Fraction) -> Fraction | None:
    if value <= 0:
        return Fraction(0) if value == 0 and exponent > 0 else None
    q = exponent.denominator
    top, bottom = round(value.numerator ** (1 / q)), round(value.denominator ** (1 / q))
    if top**q == value.numerator and bottom**q == value.denominator:
        return Fraction(top, bottom) ** exponent.numerator
    return None


def sqrt(term: Term) -> Term:
    return power(term, Fraction(1, 2))


# --- functions -----------------------------------------------------------------------------------------
_AT_ZERO: dict[Function, int | Fraction] = {
    Function.EXP: 1, Function.EXPM1: 0, Function.LOG1P: 0, Function.SIN: 0, Function.COS: 1, Function.TAN: 0,
    Function.ASIN: 0, Function.ATAN: 0, Function.SINH: 0, Function.COSH: 1, Function.TANH: 0, Function.ASINH: 0,
    Function.ATANH: 0, Function.ERF: 0, Function.SIGMOID: Fraction(1, 2), Function.RELU: 0,
}  # fmt: skip


def apply(function: Function, *args: Term) -> Term:
    """A function of its arguments, folded where it is plainly a number."""
    first = args[0]
    if function in (Function.MAX, Function.MIN):
        return _extremum(function, args)
    if isinstance(first, Number):
        value = first.value
        if value == 0 and function in _AT_ZERO:
            return number(_AT_ZERO[function])
        match function:
            case Function.LOG if value == 1:
                return NIL
            case Function.ABS:
                return number(abs(value))
            case Function.SIGN:
                return number((value > 0) - (value < 0))
            case Function.RELU:
                return number(max(value, Fraction(0)))
            case Function.FLOOR:
                return number(value.numerator // value.denominator)
            case Function.CEILING:
                return number(-(-value.numerator // value.denominator))
            case Function.STOP_GRADIENT:
                return first
            case _:
                pass
    if function is Function.EXP and first is NEGATIVE_INFINITY:
        return NIL
    if function is Function.POW and isinstance(args[1], Number):
        return power(first, args[1].value)
    return Apply(function, tuple(args))


def _extremum(function: Function, args: Sequence[Term]) -> Term:
    flat: dict[Term, None] = {}
    best: Fraction | None = None
    pick = max if function is Function.MAX else min
    for arg in args:
        for inner in arg.args if isinstance(arg, Apply) and arg.function is function else (arg,):
            if isinstance(inner, Number):
                best = inner.value if best is None else pick(best, inner.value)
            else:
                flat[inner] = None
    if best is not None:
        flat[number(best)] = None
    if len(flat) == 1:
        return next(iter(flat))
    return Apply(function, tuple(sorted(flat, key=sort_key)))


# --- conditions ----------------------------------------------------------------------------------------
def compare(relation: Relation, left: Term, right: Term) -> Term:
    """A relation; between sizes and indices it becomes one polynomial against zero."""
    first, second = _as_scaled_poly(left), _as_scaled_poly(right)
    if first is not None and second is not None:
        (above, by), (below, other) = first, second
        common = lcm(by, other)
        return _integer_condition(relation, above * (common // by) - below * (common // other))
    if isinstance(left, Number) and isinstance(right, Number):
        a, b = left.value, right.value
        return Truth({Relation.GT: a > b, Relation.GE: a >= b, Relation.EQ: a == b, Relation.NE: a != b}[relation])
    if relation in (Relation.EQ, Relation.NE) and sort_key(right) < sort_key(left):
        left, right = right, left
    return Compare(relation, left, right)


def _as_scaled_poly(term: Term) -> tuple[Poly, int] | None:
    """(poly, d) with term = poly/d: what is linear in sizes and indices over the integers, `k/4 + 1/4` included."""
    match term:
        case PolyValue(poly):
            return poly, 1
        case Number(value):
            return Poly.of(value.numerator), value.denominator
        case Mul((Number(value), PolyValue(poly))):
            return poly * value.numerator, value.denominator
        case Add(args):
            parts = [_as_scaled_poly(arg) for arg in args]
            if any(part is None for part in parts):
                return None
            common = lcm(*(part[1] for part in parts if part is not None))
            total = ZERO
            for part in parts:
                if part is not None:
                    total = total + part[0] * (common // part[1])
            return total, common
        case _:
            return None


def _integer_condition(relation: Relation, poly: Poly) -> Term:
    if relation is Relation.GT:
        relation, poly = Relation.GE, poly - 1
    value = poly.constant
    if value is not None:
        return Truth({Relation.GE: value >= 0, Relation.EQ: value == 0, Relation.NE: value != 0}[relation])
    if relation is not Relation.GE and poly.terms[0][1] < 0:
        poly = -poly
    return Compare(relation, PolyValue(poly), NIL)


def integer_condition(condition: Term) -> tuple[Relation, Poly] | None:
    """(relation, poly) of a condition between sizes and indices: poly relation 0."""
    match condition:
        case Compare(relation, PolyValue(poly), Number(value)) if value == 0:
            return relation, poly
        case _:
            return None


def logic_and(*args: Term) -> Term:
    return _connect(Connective.AND, args)


def logic_or(*args: Term) -> Term:
    return _connect(Connective.OR, args)


def _connect(connective: Connective, args: Sequence[Term]) -> Term:
    neutral, absorbing = (TRUE, FALSE) if connective is Connective.AND else (FALSE, TRUE)
    flat: dict[Term, None] = {}
    for arg in args:
        for inner in arg.args if isinstance(arg, Logic) and arg.connective is connective else (arg,):
            if inner is absorbing:
                return absorbing
            if inner is not neutral:
                flat[inner] = None
    if any(logic_not(arg) in flat for arg in flat):
        return absorbing
    if not flat:
        return neutral
    if len(flat) == 1:
        return next(iter(flat))
    return Logic(connective, tuple(sorted(flat, key=sort_key)))


def logic_not(arg: Term) -> Term:
    match arg:
        case Truth(value):
            return Truth(not value)
        case Logic(Connective.NOT, (inner,)):
            return inner
        case Logic(Connective.AND, args):
            return logic_or(*(logic_not(a) for a in args))
        case Logic(Connective.OR, args):
            return logic_and(*(logic_not(a) for a in args))
        case Compare(Relation.EQ, left, right):
            return Compare(Relation.NE, left, right)
        case Compare(Relation.NE, left, right):
            return Compare(Relation.EQ, left, right)
    integer = integer_condition(arg)
    if integer is not None:  # only poly >= 0 is left
        return _integer_condition(Relation.GE, -integer[1] - 1)
    return Logic(Connective.NOT, (arg,))  # not flipped: a comparison with NaN is false both ways


def where(condition: Term, then: Term, otherwise: Term) -> Term:
    """`then` where the condition holds."""
    if condition is TRUE or then is otherwise:
        return then
    if condition is FALSE:
        return otherwise
    if isinstance(then, Where):
        if then.condition is condition:
            return where(condition, then.then, otherwise)
        if then.otherwise is otherwise and not then.condition.tensors:  # whose reads may need this condition
            return where(logic_and(condition, then.condition), then.then, otherwise)
    if isinstance(otherwise, Where) and otherwise.condition is condition:
        return where(condition, then, otherwise.otherwise)
    if then is NIL:
        negated = logic_not(condition)
        if not (isinstance(negated, Logic) and negated.connective is Connective.NOT):
            return where(negated, otherwise, NIL)
    return Where(condition, then, otherwise)


def indicator(condition: Term) -> Term:
    """1 where the condition holds, else 0."""
    return where(condition, UNIT, NIL)


def guarded(guards: Sequence[Term], value: Term) -> Term:
    """The value where all guards hold, else 0. A guard may read what those before it allow."""
    for guard in reversed(guards):
        value = where(guard, value, NIL)
    return value


def split_guards(term: Term) -> tuple[tuple[Term, ...], Term]:
    """(guards, value) with term = guarded(guards, value), conjunctions taken apart."""
    guards: list[Term] = []
    while isinstance(term, Where) and term.otherwise is NIL:
        condition = term.condition
        is_and = isinstance(condition, Logic) and condition.connective is Connective.AND
        guards += condition.args if isinstance(condition, Logic) and is_and else (condition,)
        term = term.then
    return tuple(guards), term


# --- reductions ----------------------------------------------------------------------------------------
def reduce(reduction: Reduction, axes: Sequence[Axis], body: Term) -> Term:
    """The reduction of `body` over free indices, which become bound.

    The axes' ranges may not depend on each other. Axes are ordered by where they first stand in the body.
    """
    if not axes:
        return body
    if reduction is Reduction.SUM:
        return _sum(axes, body)
    return _close(reduction, axes, body)


def _sum(axes: Sequence[Axis], body: Term) -> Term:
    if body is NIL:
        return NIL
    unused = [axis for axis in axes if axis.index not in body.free]
    if unused:
        used = [axis for axis in axes if axis.index in body.free]
        times = [poly_value(axis.extent) for axis in unused]
        if _nonempty(unused):
            return mul(*times, _sum(used, body) if used else body)
    bound = {axis.index for axis in axes}
    if isinstance(body, Mul):
        outside = [arg for arg in body.args if not (arg.free & bound)]
        if outside:
            inside = [arg for arg in body.args if arg.free & bound]
            return mul(*outside, _sum(axes, mul(*inside)))
    elif isinstance(body, Where) and body.otherwise is NIL:
        conditions = body.condition.args if _is_and(body.condition) else (body.condition,)
        outside = [condition for condition in conditions if not (condition.free & bound)]
        if outside:
            inside = [condition for condition in conditions if condition.free & bound]
            return where(logic_and(*outside), _sum(axes, where(logic_and(*inside), body.then, NIL)), NIL)
    return _close(Reduction.SUM, axes, body)


def _is_and(condition: Term) -> TypeGuard[Logic]:
    return isinstance(condition, Logic) and condition.connective is Connective.AND


def _nonempty(axes: Sequence[Axis]) -> bool:
    """Whether no extent can be negative, so that it is the number of its positions."""
    return all(plainly_nonnegative(axis.extent) for axis in axes)


def _close(reduction: Reduction, axes: Sequence[Axis], body: Term) -> Term:
    axes = list(axes)
    if isinstance(body, Reduce) and body.reduction is reduction:
        inner_axes, body = open_reduce(body, taken=[axis.index for axis in axes])
        axes += inner_axes
    if len(axes) > 1:
        order = first_places(body, {axis.index for axis in axes})
        axes.sort(key=lambda axis: (order.get(axis.index, len(order)), str(axis.low), str(axis.high)))
    base = body.height
    bound = {axis.index: Index("", base + 1 + place) for place, axis in enumerate(axes)}
    closed = substitute(body, {index: Poly.of(number_) for index, number_ in bound.items()})
    return Reduce(reduction, tuple(Axis(bound[axis.index], axis.low, axis.high) for axis in axes), closed)


def first_places(term: Term, wanted: set[Index]) -> dict[Index, int]:
    """Where each wanted index first stands, in the order of reading."""
    places: dict[Index, int] = {}

    def visit(inner: Term) -> None:
        if not (inner.free & wanted) or len(places) == len(wanted):
            return
        match inner:
            case PolyValue(poly):
                note(poly)
            case Access(_, subscripts):
                for subscript in subscripts:
                    if isinstance(subscript, Poly):
                        note(subscript)
                    else:
                        visit(subscript)
            case _:
                for child in children_of(inner):
                    visit(child)

    def note(poly: Poly) -> None:
        for index in poly.indices():
            if index in wanted and index not in places:
                places[index] = len(places)

    visit(term)
    return places


def fresh_indices(number_of: int, taken: Iterable[Index]) -> list[Index]:
    """Free indices that are not among `taken`: the same ones for the same arguments, in every process."""
    avoid = {index.name for index in taken}
    names = (name for name in map("~{}".format, count()) if name not in avoid)
    return [Index(next(names)) for _ in range(number_of)]


def open_reduce(term: Reduce, taken: Iterable[Index] = ()) -> tuple[list[Axis], Term]:
    """(axes, body) with the bound indices free again, under names neither in `taken` nor free in the term.

    `taken` must hold every free index that the body will be combined with.
    """
    free = fresh_indices(len(term.axes), (*taken, *term.free))
    opened = {axis.index: Poly.of(index) for axis, index in zip(term.axes, free, strict=True)}
    axes = [Axis(index, axis.low, axis.high) for axis, index in zip(term.axes, free, strict=True)]
    return axes, substitute(term.body, opened)


# --- rebuilding ----------------------------------------------------------------------------------------
def substitute(term: Term, mapping: Mapping[Index, Poly]) -> Term:
    """Indices replaced by polynomials.

    Bound indices may come in only where no reduction inside the term could capture them: whoever puts terms with
    reductions under a binder opens it first (`rewrite`).
    """
    if not mapping:
        return term
    incoming = {index for poly in mapping.values() for index in poly.indices()}
    assert not any(0 < index.level <= term.height for index in incoming), "an index would be captured"
    keys = frozenset(mapping)
    atoms = dict[Atom, Poly](mapping.items())
    memo: dict[Term, Term] = {}

    def visit(inner: Term) -> Term:
        if not (inner.free & keys):
            return inner
        found = memo.get(inner)
        if found is None:
            match inner:
                case PolyValue(poly):
                    found = poly_value(poly.substitute(atoms))
                case Access(tensor, subscripts):
                    found = Access(
                        tensor,
                        tuple(
                            s.substitute(atoms) if isinstance(s, Poly) else _as_access(visit(s)) for s in subscripts
                        ),
                    )
                case _:
                    found = map_children(inner, visit)
            memo[inner] = found
        return found

    return visit(term)


def _as_access(term: Term) -> Access:
    assert isinstance(term, Access), term
    return term


def replace_terms(term: Term, mapping: Mapping[Term, Term]) -> Term:
    """Subterms replaced, outermost first; those under a binder only if they do not use its indices."""
    memo: dict[Term, Term] = {}

    def visit(inner: Term) -> Term:
        if inner in mapping:
            return mapping[inner]
        found = memo.get(inner)
        if found is None:
            found = memo[inner] = map_children(inner, visit)
        return found

    return visit(term)


def map_children(term: Term, function: Callable[[Term], Term]) -> Term:
    """The term with `function` applied to each term directly inside, normal again.

    Under a reduction the body is seen with its bound indices as they are numbered (`#1`, ...).
    """
    match term:
        case Number() | Constant() | PolyValue() | Truth() | Training():
            return term
        case Access(tensor, subscripts):
            return Access(tensor, tuple(s if isinstance(s, Poly) else _as_access(function(s)) for s in subscripts))
        case Add(args):
            return _if_changed(term, args, function, lambda new: add(*new))
        case Mul(args):
            return _if_changed(term, args, function, lambda new: mul(*new))
        case Power(base, exponent):
            return _if_changed(term, (base,), function, lambda new: power(new[0], exponent))
        case Apply(head, args):
            return _if_changed(term, args, function, lambda new: apply(head, *new))
        case Where(condition, then, otherwise):
            return _if_changed(term, (condition, then, otherwise), function, lambda new: where(*new))
        case Compare(relation, left, right):
            return _if_changed(term, (left, right), function, lambda new: compare(relation, *new))
        case Logic(connective, args):
            if connective is Connective.NOT:
                return _if_changed(term, args, function, lambda new: logic_not(new[0]))
            return _if_changed(term, args, function, lambda new: _connect(connective, new))
        case Reduce(reduction, axes, body):
            new_body = function(body)
            if new_body is body:
                return term
            free = fresh_indices(len(axes), new_body.free)
            opened = [Axis(index, axis.low, axis.high) for index, axis in zip(free, axes, strict=True)]
            names = {old.index: Poly.of(new.index) for old, new in zip(axes, opened, strict=True)}
            return reduce(reduction, opened, substitute(new_body, names))
        case _:
            raise TypeError(f"not a term: {term!r}")


def _if_changed(
    term: Term, args: tuple[Term, ...], function: Callable[[Term], Term], build: Callable[[list[Term]], Term]
) -> Term:
    new = [function(arg) for arg in args]
    return term if all(a is b for a, b in zip(args, new, strict=True)) else build(new)


def _term(value: Term | Numeric) -> Term:
    return value if isinstance(value, Term) else number(value)
