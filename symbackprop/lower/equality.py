"""Equality with an integer: a sum over all v of [v = x]·f[v] is f[x], and a sum over m of [v = x[m]]·f[m] is scattered.

    y[m] = Σ_v [v = x[m]]·f[v, m]     becomes   y[m] = f[x[m], m]                           a gather
    y[v] = Σ_m [v = x[m]]·f[v, m]     becomes   y[v] = 0,   y[x[m]] += f[x[m], m]           a scatter

so that time and memory are those of f, not of the table of all pairs. x is any integer value that v does not stand in;
where it is not known to lie in the range of v, what lies outside adds nothing. Without a sum, where there is one of
each row, additions take the place of a mask, if asked to (no expression says that):

    y[m, v] = a[m, v] - [v = x[m]]    becomes   y[m, v] = a[m, v],   y[m, x[m]] -= 1
    y[m, v] = a[m, v] + [v = 0]·b[m]  becomes   y[m, v] = a[m, v],   y[m, 0] += b[m]
    y[m, v] = a[m, v] + [v = m]       becomes   y[m, v] = a[m, v],   y[m, m] += 1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from symbackprop.lower.substitution import Solved, at_places, captures, minus, substituted
from symbackprop.lower.value_subscripts import indices_of
from symbackprop.lower.value_walks import (
    always_computed,
    rebuilt,
    rewritten,
    signed_summands,
    steps_in,
)
from symbackprop.lower.values import (
    Contract,
    Define,
    Function,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Step,
    Value,
    inside,
    with_children,
)
from symbackprop.terms.build import MINUS, NIL, UNIT, div, mul, neg
from symbackprop.terms.conditions import scaled_poly
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis


def find_equalities(function: Function) -> Function:
    """The function with gathers and scatters in the place of sums over equalities."""
    return _with(_Finding(function, own=False))


def add_where_equal(function: Function) -> Function:
    """The function with additions to one of each row in the place of masks of all."""
    return _with(_Finding(function, own=True))


def _with(finding: _Finding) -> Function:
    function = finding.function
    if not any(finding.concerns(step) for step in steps_in(function.body)):
        return function
    return replace(function, body=rewritten(function.body, finding.step, function.facts))


def _equal_somewhere(value: Value) -> bool:
    return any(_equalities(part) for part in inside(value))


class _Finding:
    """`own`: whether masks of the left side's own axes are decided, too."""

    def __init__(self, function: Function, own: bool) -> None:
        self.function, self.own = function, own

    def concerns(self, step: Step) -> bool:
        """Whether an equality of integers stands in it, in a sum if that is wanted."""
        return isinstance(step, Define) and (
            _equal_somewhere(step.value) if self.own
            else any(isinstance(part, Contract) and any(map(_equalities, part.factors)) for part in inside(step.value))
        )  # fmt: skip

    def step(self, step: Step, facts: Facts) -> Iterable[Step]:
        return self._define(step, facts) if isinstance(step, Define) and self.concerns(step) else [step]

    def _define(self, step: Define, facts: Facts) -> Iterator[Step]:
        axes = {axis.index: axis for axis in step.axes}
        value = self._gathered(step.value, axes, facts)
        kept: Value | None = None
        scattered: list[Define] = []
        for sign, part in _summands(value) if self.own else signed_summands(value):
            found = self._scattered(step, part, sign, facts)
            if found is not None:
                scattered.append(found)
            elif kept is None:
                kept = part if sign > 0 else Map(MapOp.MULTIPLY, (part, Scalar(MINUS)), Kind.FLOAT, False)
            else:
                kept = Map(MapOp.ADD if sign > 0 else MapOp.SUBTRACT, (kept, part), Kind.FLOAT, False)
        if not scattered:
            yield step if value is step.value else step.with_value(value)
            return
        if kept is not None or step.op is Op.ASSIGN:
            yield step.with_value(Scalar(NIL) if kept is None else kept)
        yield from scattered

    # --- gathers -----------------------------------------------------------------------------------
    def _gathered(self, top: Value, axes: Mapping[Index, Axis], facts: Facts) -> Value:
        """The value with each sum over an axis that an equality decides replaced by what stands there."""

        def changed(value: Value, children: tuple[Value, ...]) -> Value:
            new = with_children(value, children) if children else value
            while isinstance(new, Contract) and (decided := self._decided(new, axes, facts)) is not None:
                new = decided
            return new

        return rebuilt(top, changed, always_computed)

    def _decided(self, value: Contract, axes: Mapping[Index, Axis], facts: Facts) -> Value | None:
        for place, factor in enumerate(value.factors):
            for equality in _equalities(factor):
                for index in value.bound:
                    solved = self._solved(equality, axes[index], facts)
                    if solved is None or captures(value.factors, index, solved.value):
                        continue
                    factors = _decided_factors(value.factors, place, equality, solved)
                    rest = tuple(other for other in value.bound if other != index)
                    return _contracted(factors, rest, value.quiet)
        return None

    # --- scatters ----------------------------------------------------------------------------------
    def _scattered(self, step: Define, part: Value, sign: int, facts: Facts) -> Define | None:
        """The part of the definition as additions where the equalities say."""
        match part:
            case Map(MapOp.MULTIPLY | MapOp.DIVIDE as op, (inner, Scalar() as scale), kind, quiet):
                found = self._scattered(step, inner, sign, facts)
                if found is None:
                    return None
                if isinstance(found.value, Scalar):
                    by = div if op is MapOp.DIVIDE else mul
                    return replace(found, value=Scalar(by(found.value.term, scale.term)))
                return replace(found, value=Map(op, (found.value, scale), kind, quiet))
            case Contract(_, _, quiet) if not step.padded:
                found = self._decided_left(replace(step, value=part), facts)
            case Map(MapOp.SELECT | MapOp.COPY, _, _, quiet) if self.own and not step.padded:
                found = self._decided_left(replace(step, value=part), facts)
            case _:
                return None
        if found is None:
            return None
        while (again := self._decided_left(found, facts)) is not None:  # a second equality decides another dimension
            found = again
        value = found.value
        if sign < 0:
            value = (
                Scalar(neg(value.term))
                if isinstance(value, Scalar)
                else Map(MapOp.MULTIPLY, (value, Scalar(MINUS)), Kind.FLOAT, quiet)
            )
        return replace(found, op=Op.ACCUMULATE).with_value(value)

    def _decided_left(self, step: Define, facts: Facts) -> Define | None:
        return (self._fixed(step, facts) if self.own else None) or self._rows(step, facts)

    def _fixed(self, step: Define, facts: Facts) -> Define | None:
        """The step at the one position of one of its axes which an equality with a number or others of its axes
        decides."""
        axes = {axis.index: axis for axis in step.axes}
        facts = facts.with_axes(step.axes)
        factors, bound, quiet = _factors(step.value)
        for index in sorted(step.left, key=str):
            for place, factor in enumerate(factors):
                for equality in _equalities(factor):
                    at = _position(equality, axes[index], step.left)
                    if at is None or not (facts.proves(at - axes[index].low) and facts.proves(axes[index].high - at)):
                        continue
                    rest = [_without(f, equality) if number == place else f for number, f in enumerate(factors)]
                    if any(index in subscript.axes for subscript in step.subscripts if isinstance(subscript, Value)):
                        continue
                    value = at_places(_contracted(rest, bound, quiet), {index: at}, step.left - {index})
                    left = tuple(s.substitute({index: at}) if isinstance(s, Poly) else s for s in step.subscripts)
                    others = tuple(axis for axis in step.axes if axis.index != index)
                    return replace(step, subscripts=left, axes=others, value=value)
        return None

    def _rows(self, step: Define, facts: Facts) -> Define | None:
        """The step with an integer value as one of its subscripts, which an equality in its value decides."""
        axes = {axis.index: axis for axis in step.axes}
        factors, bound, quiet = _factors(step.value)
        begun = any(isinstance(subscript, Value) for subscript in step.subscripts)
        for index in sorted(step.left, key=str):
            dimensions = [place for place, s in enumerate(step.subscripts) if index in indices_of(s)]
            if not all(_only(step.subscripts[place], step.left) == index for place in dimensions):
                continue
            for place, factor in enumerate(factors):
                for equality in _equalities(factor):
                    solved = self._solved(equality, axes[index], facts)
                    if solved is None or not (self.own or begun or solved.value.axes & set(bound)):
                        continue
                    if captures(factors, index, solved.value):
                        continue
                    rest = tuple(other for other in bound if other not in solved.value.axes)
                    row, places = solved.value if solved.known else solved.clamped, list(step.subscripts)
                    for dimension in dimensions:
                        places[dimension] = _placed(step.subscripts[dimension], index, row)
                    decided = _decided_factors(factors, place, equality, solved)
                    return replace(step, subscripts=tuple(places), value=_contracted(decided, rest, quiet))
        return None

    # --- equalities --------------------------------------------------------------------------------
    def _solved(self, equality: Map, axis: Axis, facts: Facts) -> Solved | None:
        """The axis, where one side is it and a number, and the other is an integer that it does not stand in."""
        for position, other in (equality.args, equality.args[::-1]):
            if not isinstance(position, Position) or axis.index not in position.over or axis.index in other.axes:
                continue
            rest = position.poly - Poly.of(axis.index)
            if axis.index in rest.indices() or isinstance(other, Scalar | Position):
                continue
            value = minus(other, rest, position.over - {axis.index})
            return Solved(axis, value, self._in_range(other, rest, axis, facts), self.function.tensors)
        return None

    def _in_range(self, other: Value, shift: Poly, axis: Axis, facts: Facts) -> bool:
        """Whether an element of an integer input, less the shift, always lies in the axis's range."""
        if not isinstance(other, Read) or other.padded:
            return False
        high = self.function.tensors[other.tensor].high
        if high is None or shift.indices():
            return False
        return facts.proves(-shift - axis.low) and facts.proves(axis.high - (high - 1 - shift))


def _summands(value: Value) -> Iterator[tuple[int, Value]]:
    """What is added up, each with its sign; of a sum times a number that holds an equality each times that."""
    match value:
        case Map(
            MapOp.MULTIPLY | MapOp.DIVIDE as op,
            (Map(MapOp.ADD | MapOp.SUBTRACT) as total, Scalar() as scale),
            kind,
            quiet,
        ):
            parts = signed_summands(total)
            if any(_equal_somewhere(part) for _, part in parts):
                yield from ((sign, Map(op, (part, scale), kind, quiet)) for sign, part in parts)
                return
    yield from signed_summands(value)


def _factors(value: Value) -> tuple[tuple[Value, ...], tuple[Index, ...], bool]:
    """(what is multiplied, what is summed over, whether that is quiet)."""
    return (value.factors, value.bound, value.quiet) if isinstance(value, Contract) else ((value,), (), False)


def _position(equality: Map, axis: Axis, left: frozenset[Index]) -> Poly | None:
    """The position of the axis where it equals a number, or others of the left side's axes."""
    for position, other in (equality.args, equality.args[::-1]):
        if isinstance(position, Position) and position.over == {axis.index}:
            rest, found = position.poly - Poly.of(axis.index), _polynomial(other, left)
            if not rest.indices() and found is not None and axis.index not in found.indices():
                return found - rest
    return None


def _polynomial(value: Value, left: frozenset[Index]) -> Poly | None:
    """A number, or what is made of the left side's axes."""
    match value:
        case Scalar(term):
            found = scaled_poly(term)
            return found[0] if found is not None and found[1] == 1 else None
        case Position(poly, over) if over <= left:
            return poly
        case _:
            return None


def _equalities(factor: Value) -> list[Map]:
    """The equalities of integers that must hold where the factor is not 0."""
    match factor:
        case Map(MapOp.SELECT, (mask, _, Scalar(term))) if term is NIL:
            return _parts(mask)
        case Map(MapOp.COPY, (mask,)) if mask.kind is Kind.BOOL:
            return _parts(mask)
        case _:
            return []


def _parts(mask: Value) -> list[Map]:
    match mask:
        case Map(MapOp.AND, (left, right)):
            return [*_parts(left), *_parts(right)]
        case Map(MapOp.EQUAL, (left, right)) if Kind.FLOAT not in _kinds(left, right):
            return [mask]
        case _:
            return []


def _kinds(*values: Value) -> set[Kind]:
    return {value.kind for value in values if not isinstance(value, Scalar)}


def _decided_factors(factors: Sequence[Value], place: int, equality: Map, solved: Solved) -> list[Value]:
    """The factors where the equality holds, which says so in one of them: its axis is the value. Those that the axis
    stood in are 0 where the value lies outside its range."""
    out = []
    for number, factor in enumerate(factors):
        stood = solved.axis.index in factor.axes
        if number == place:
            factor = _without(factor, equality)
        if stood:
            factor = substituted(factor, solved)
            if not solved.known:
                factor = Map(MapOp.SELECT, (solved.within, factor, Scalar(NIL)), Kind.FLOAT, True)
        out.append(factor)
    return out


def _contracted(factors: Iterable[Value], bound: tuple[Index, ...], quiet: bool) -> Value:
    kept = tuple(factor for factor in factors if not (isinstance(factor, Scalar) and factor.term is UNIT))
    if bound or len(kept) > 1:
        return Contract(kept, bound, quiet)
    return kept[0] if kept else Scalar(UNIT)


def _without(factor: Value, equality: Map) -> Value:
    """The factor where the equality is known to hold."""
    match factor:
        case Map(MapOp.SELECT, (mask, value, zero), kind, quiet):
            rest = _rest(mask, equality)
            return value if rest is None else Map(MapOp.SELECT, (rest, value, zero), kind, quiet)
        case Map(MapOp.COPY, (mask,), kind, quiet):
            rest = _rest(mask, equality)
            return Scalar(UNIT) if rest is None else Map(MapOp.COPY, (rest,), kind, quiet)
        case _:
            raise TypeError(f"no masked value: {factor!r}")


def _rest(mask: Value, equality: Map) -> Value | None:
    """The mask without one of the conditions that it joins."""
    if mask is equality:
        return None
    match mask:
        case Map(MapOp.AND, (left, right), kind, quiet):
            one, other = _rest(left, equality), _rest(right, equality)
            if one is None or other is None:
                return one if other is None else other
            return mask if one is left and other is right else Map(MapOp.AND, (one, other), kind, quiet)
        case _:
            return mask


def _only(subscript: Poly | Value, left: frozenset[Index]) -> Index | None:
    """The index of a subscript that is one axis of the left side and a number."""
    if not isinstance(subscript, Poly):
        return None
    mine = [index for index in subscript.indices() if index in left]
    return mine[0] if len(mine) == 1 and subscript.coefficient(mine[0]) == 1 else None


def _placed(subscript: Poly | Value, index: Index, new: Value) -> Value:
    assert isinstance(subscript, Poly)
    return minus(new, Poly.of(index) - subscript, frozenset())


__all__ = ["add_where_equal", "find_equalities"]
