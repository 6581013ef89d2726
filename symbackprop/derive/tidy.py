"""From contributions to adjoint equations: renaming, shifting, summing, merging.

A contribution `δU[g(I)] += v over I` becomes

- a plain position where a subscript is `i`, `i + c` or `c - i`, with i in no other subscript: the index is replaced
  and its range moved (so `δh[t-1] += v[t], t = 1..T` is `δh[t] += v[t+1], t = 0..T-1`);
- an indicator where one subscript is a gather of positions that the other subscripts name
  (`δz[n, label[n]] += v` is `δz[n, k] += [k = label[n]]·v`);
- a scatter, left as it is, otherwise (several indices in one subscript, diagonals, true gathers).

Axes in no subscript are summed. What covers all of U is merged into one `=`; boxes that together cover U exactly once
become `=` too; the rest stay `+=` on their domains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from symbackprop.derive.axis_names import axis_name, axis_names
from symbackprop.derive.reverse import Contribution
from symbackprop.terms.addend import Addend
from symbackprop.terms.binders import moved
from symbackprop.terms.brackets import collect
from symbackprop.terms.build import (
    NIL,
    add,
    compare,
    fresh_indices,
    guarded,
    indicator,
    integer_condition,
    mul,
    poly_value,
    reduce,
    split_guards,
    substitute,
    where,
)
from symbackprop.terms.cover import Cover, cover
from symbackprop.terms.domains import Span, everywhere, plain_subscripts, spans_of, tightened
from symbackprop.terms.equalities import slope_of
from symbackprop.terms.match import renaming
from symbackprop.terms.namer import Letters
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.readings import nonempty
from symbackprop.terms.rewrite import ranges_of, renamed_equation
from symbackprop.terms.term import (
    Access,
    Axis,
    Reduction,
    Relation,
    Subscript,
    Term,
    Where,
)


def normal_form(contribution: Contribution, tensor: Tensor) -> Contribution:
    """Plain subscripts named by the tensor's axes, guards turned into ranges, leftover axes summed."""
    return _sum_leftover(solved_form(contribution, tensor), tensor)


def solved_form(contribution: Contribution, tensor: Tensor) -> Contribution:
    """The same with the leftover axes, which no subscript has, still open."""
    c = _tighten(contribution)
    c = _solve_gather(c, tensor)
    c = _plain_subscripts(c, tensor)
    return _solve_indicators(c)


# --- guards -> ranges --------------------------------------------------------------------------------
def _tighten(c: Contribution) -> Contribution:
    """A guard `i >= c` or `i <= c` around the whole value becomes a bound of i's range, where it is the tighter."""
    guards, value = split_guards(c.value)
    ranges = ranges_of(c.axes)
    kept: list[Term] = []
    for guard in guards:
        axis = _tightened(guard, ranges)
        if axis is None:
            kept.append(guard)
        else:
            ranges[axis.index] = axis
    if len(kept) == len(guards):
        return c
    return replace(c, axes=tuple(ranges[axis.index] for axis in c.axes), value=guarded(kept, value))


def _tightened(guard: Term, ranges: Mapping[Index, Axis]) -> Axis | None:
    """The axis of which the guard is a bound, with it."""
    match integer_condition(guard):
        case (Relation.GE, poly) if poly.indices() and poly.indices()[0] in ranges:
            return tightened(ranges[poly.indices()[0]], poly, Facts())
        case _:
            return None


# --- gathers -----------------------------------------------------------------------------------------
def _solve_gather(c: Contribution, tensor: Tensor) -> Contribution:
    """`δz[n, label[n]] += v` as `δz[n, k] += [k = label[n]]·v`, where the other subscripts fix every index used."""
    gathers = [place for place, s in enumerate(c.subscripts) if isinstance(s, Access)]
    if len(gathers) != 1:
        return c
    others = [s.index for place, s in enumerate(c.subscripts) if place != gathers[0] and isinstance(s, Poly)]
    plain = {index for index in others if index is not None}
    gather = c.subscripts[gathers[0]]
    assert isinstance(gather, Access)
    if None in others or len(plain) != len(others) or not gather.free <= plain:
        return c
    (new,) = fresh_indices(1, [axis.index for axis in c.axes])
    hit = compare(Relation.EQ, gather, poly_value(Poly.of(new)))
    subscripts = tuple(Poly.of(new) if place == gathers[0] else s for place, s in enumerate(c.subscripts))
    axes = (*c.axes, tensor.axis(gathers[0], new))
    return replace(c, subscripts=subscripts, axes=axes, value=mul(c.value, indicator(hit)))


# --- subscripts --------------------------------------------------------------------------------------
def _plain_subscripts(c: Contribution, tensor: Tensor) -> Contribution:
    """Every subscript that one index alone determines becomes an index named as the tensor's axis."""
    ranges = ranges_of(c.axes)
    counts: dict[Index, int] = {}
    for s in c.subscripts:
        for index in s.indices() if isinstance(s, Poly) else s.free:
            counts[index] = counts.get(index, 0) + 1
    mapping: dict[Index, Poly] = {}
    names: set[str] = set()
    axes: list[Axis] = []
    subscripts: list[Subscript] = list(c.subscripts)
    for place, subscript in enumerate(c.subscripts):
        if not isinstance(subscript, Poly) or len(subscript.indices()) != 1:
            continue
        index = subscript.indices()[0]
        slope, shift = slope_of(subscript, index), subscript.without_indices()
        if counts[index] > 1 or not slope or index not in ranges:
            continue
        name = tensor.axes[place] if place < len(tensor.axes) else ""
        if not name or name in names:
            name = axis_name((), ranges[index], {}, Letters(), names, {})
        names.add(name)
        new, old = Poly.of(Index(name)), ranges.pop(index)
        if slope == 1:
            mapping[index] = new - shift
            axes.append(Axis(Index(name), old.low + shift, old.high + shift))
        else:
            mapping[index] = shift - new
            axes.append(Axis(Index(name), shift - old.high, shift - old.low))
        subscripts[place] = new
    written = tuple(moved(s, mapping) for s in subscripts)
    rest = tuple(axis for axis in c.axes if axis.index in ranges)
    return replace(c, subscripts=written, axes=(*axes, *rest), value=substitute(c.value, mapping))


def _used(subscripts: Sequence[Subscript]) -> set[Index]:
    return {index for s in subscripts for index in (s.indices() if isinstance(s, Poly) else s.free)}


# --- sums --------------------------------------------------------------------------------------------
def _solve_indicators(c: Contribution) -> Contribution:
    """An axis to be summed that an equality fixes (`[j = i]`) is replaced by what it equals."""
    used = _used(c.subscripts)
    fixed = Addend.of(c.axes, c.value).solved(axis for axis in c.axes if axis.index not in used)
    return replace(c, axes=fixed.axes, value=guarded(fixed.guards, fixed.value)) if fixed.axes != c.axes else c


def _sum_leftover(c: Contribution, tensor: Tensor) -> Contribution:
    """With the leftover axes summed; in front of all that they are not empty, if only then the writing is inside."""
    used = _used(c.subscripts)
    summed = [axis for axis in c.axes if axis.index not in used]
    axes = tuple(axis for axis in c.axes if axis.index in used)
    value = reduce(Reduction.SUM, summed, c.value)
    somewhere = nonempty(summed)
    if somewhere and not _is_written_inside(c.subscripts, tensor, Facts.of(axes)):
        value = guarded(somewhere, value)
    return replace(c, axes=axes, value=value)


def _is_written_inside(subscripts: Sequence[Subscript], tensor: Tensor, facts: Facts) -> bool:
    """Whether provably so (of looked-up positions it is known)."""
    return all(
        whole.holds(Span.at(subscript), facts)
        for subscript, whole in zip(subscripts, spans_of(tensor), strict=True)
        if isinstance(subscript, Poly)
    )


# --- merging -----------------------------------------------------------------------------------------
def adjoint_equations(
    adjoint: Tensor,
    parts: Sequence[Contribution],
    tensors: Mapping[str, Tensor],
    declared: Sequence[Axis] = (),
) -> list[Equation]:
    """The equations of one adjoint from its normal contributions: one `=` for all that cover it whole, first.
    `declared`: the user's indices."""
    whole: list[Contribution] = []
    boxes: list[Contribution] = []
    for contribution in parts:
        plain = plain_subscripts(contribution.subscripts, contribution.axes, adjoint)
        (boxes if plain is None else whole).append(contribution)
    equations: list[Equation] = []
    if whole:
        axes = whole[0].axes
        ordered = tuple(next(a for a in axes if Poly.of(a.index) == s) for s in whole[0].subscripts)
        value = collect(add(*(c.value for c in whole)))
        equations.append(Equation(adjoint.name, whole[0].subscripts, ordered, value))
    elif not boxes:
        return [everywhere(adjoint, NIL)]
    scattered = [
        named_axes(Equation(adjoint.name, c.subscripts, c.axes, collect(c.value), Op.ACCUMULATE), tensors, declared)
        for c in _merge_boxes(_unified(boxes, adjoint))
    ]
    if not whole and _cover_exactly(adjoint, scattered):
        scattered = [replace(equation, op=Op.ASSIGN) for equation in scattered]
    return equations + scattered


def _cover_exactly(tensor: Tensor, boxes: Sequence[Equation]) -> bool:
    """Whether every position is written by one instance of one of the equations."""
    if any(isinstance(s, Access) for box in boxes for s in box.subscripts):
        return False
    found = cover([replace(box, op=Op.ASSIGN) for box in boxes])
    return (
        isinstance(found, Cover) and found.origin == tensor.origin and found.shape == tensor.shape and not found.needs
    )


def _merge_boxes(boxes: list[Contribution]) -> list[Contribution]:
    """Contributions to one and the same box are added; those behind a guard, which may keep the writing inside the
    tensor, only to others behind the same one, so that it stays in front of the whole."""
    groups: list[list[Contribution]] = []
    places: dict[tuple[tuple[Subscript, ...], frozenset[Axis], Term | None], int] = {}
    for c in boxes:
        guard = c.value.condition if isinstance(c.value, Where) and c.value.otherwise is NIL else None
        place = places.setdefault((c.subscripts, frozenset(c.axes), guard), len(groups))
        if place == len(groups) or any(axis.index.fresh for axis in c.axes):
            groups.append([c])
        else:
            groups[place].append(c)
    return [group[0] if len(group) == 1 else _added(group) for group in groups]


def _added(group: Sequence[Contribution]) -> Contribution:
    """One contribution for several to one box, behind what all of them stand behind."""
    first = group[0]
    guard = first.value.condition if isinstance(first.value, Where) and first.value.otherwise is NIL else None
    value = add(*(_behind(guard, c.value) for c in group))
    return replace(first, value=value if guard is None else where(guard, value, NIL))


def _unified(boxes: Sequence[Contribution], tensor: Tensor) -> list[Contribution]:
    """Contributions that go to each element once, to the same one but for the names of their indices, are added: what
    groups of channels receive, `δx[g·R + r] += ...`, from all that is computed by group."""
    out: list[Contribution] = []
    alike: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for c in boxes:
        places = alike.setdefault(_outline(c.subscripts), []) if _is_compound(c.subscripts) else []
        for place in places:
            first = out[place]
            value = _renamed(c, first)
            if value is not None and _covers_once(first, tensor):
                out[place] = replace(first, value=add(first.value, value))
                break
        else:
            places.append(len(out))
            out.append(c)
    return out


def _is_compound(subscripts: Sequence[Subscript]) -> bool:
    """Whether several indices stand in one of them."""
    return any(isinstance(s, Poly) and len(s.indices()) > 1 for s in subscripts)


def _outline(subscripts: Sequence[Subscript]) -> tuple[tuple[int, int], ...]:
    """What renaming indices leaves as it is."""
    return tuple((len(s.terms), s.constant_part) if isinstance(s, Poly) else (0, 0) for s in subscripts)


def _renamed(c: Contribution, like: Contribution) -> Term | None:
    """The value of `c` in the indices of `like`, where both go to the same elements over the same ranges."""
    mapping = renaming(c.subscripts, like.subscripts)
    if mapping is None or {axis.index for axis in c.axes} != set(mapping) or len(c.axes) != len(like.axes):
        return None
    axes = {Axis(index, axis.low, axis.high) for axis in c.axes if (index := mapping[axis.index].index) is not None}
    return substitute(c.value, mapping) if axes == set(like.axes) else None


def _covers_once(c: Contribution, tensor: Tensor) -> bool:
    return _cover_exactly(tensor, [Equation(tensor.name, c.subscripts, c.axes, NIL)])


def _behind(guard: Term | None, value: Term) -> Term:
    return value.then if guard is not None and isinstance(value, Where) else value


def named_axes(equation: Equation, tensors: Mapping[str, Tensor], declared: Sequence[Axis]) -> Equation:
    """The axes that have no reader's names yet get the names of the axes they run along."""
    names = axis_names(equation.rhs, equation.axes, tensors, declared, equation.subscripts)
    return renamed_equation(equation, map(Index, names))
