"""Reductions and what goes through them: binding, opening, substituting, rebuilding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from operator import is_
from typing import TypeAlias

from symbackprop.terms.arithmetic import add, apply, mul, power
from symbackprop.terms.conditions import compare, conjuncts, connect, logic_and, logic_not, where
from symbackprop.terms.leaves import NIL, in_order, poly_value
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Connective,
    Function,
    Logic,
    Mul,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Relation,
    Subscript,
    Term,
    Where,
    children_of,
    subterms,
)


def reduce(reduction: Reduction, axes: Sequence[Axis], body: Term) -> Term:
    """The reduction of `body` over free indices, which become bound.

    The axes' ranges may not depend on each other. Axes are ordered by where they first stand in the body.
    """
    if not axes:
        return body
    return _sum(axes, body) if reduction is Reduction.SUM else _close(reduction, axes, body)


def _sum(axes: Sequence[Axis], body: Term) -> Term:
    """Behind the condition that there is anything to sum, where only then all is there that is read."""
    if body is NIL:
        return NIL
    some = _some_position(axes)
    if some and _reads_at_sizes(body):
        return where(logic_and(*some), _sum_of_some(axes, body), NIL)
    return _sum_of_some(axes, body)


def _some_position(axes: Sequence[Axis]) -> list[Term]:
    """That each of the axes has a position, where that depends on sizes."""
    extents = [axis.high - axis.low for axis in axes]
    return [compare(Relation.GE, poly_value(extent), NIL) for extent in extents if not plainly_nonnegative(extent)]


def _reads_at_sizes(term: Term) -> bool:
    """Whether an element is read at a position that sizes alone decide on, such as x[K - 5]: in a sum that is empty
    without it, it need not be there, and in front of that sum it would be read all the same."""
    return any(
        isinstance(inner, Access)
        and any(isinstance(s, Poly) and not s.indices() and s.constant != 0 for s in inner.subscripts)
        for inner in subterms(term)
    )


def _sum_of_some(axes: Sequence[Axis], body: Term) -> Term:
    """With what no index touches in front."""
    unused = [axis for axis in axes if axis.index not in body.free]
    if unused:
        used = [axis for axis in axes if axis.index in body.free]
        times = [poly_value(axis.extent) for axis in unused]
        if _countable(unused):
            return mul(*times, _sum(used, body) if used else body)
    bound = {axis.index for axis in axes}
    if isinstance(body, Mul):
        outside = [arg for arg in body.args if not (arg.free & bound)]
        if outside:
            inside = [arg for arg in body.args if arg.free & bound]
            return mul(*outside, _sum(axes, mul(*inside)))
    elif isinstance(body, Where) and body.otherwise is NIL:
        conditions = conjuncts(body.condition)
        outside = [condition for condition in conditions if not (condition.free & bound)]
        if outside:
            inside = [condition for condition in conditions if condition.free & bound]
            return where(logic_and(*outside), _sum(axes, where(logic_and(*inside), body.then, NIL)), NIL)
    return _close(Reduction.SUM, axes, body)


def _countable(axes: Sequence[Axis]) -> bool:
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
    bound = {axis.index: Index("", base + 1 + place, False) for place, axis in enumerate(axes)}
    closed = substitute(body, {index: Poly.of(numbered) for index, numbered in bound.items() if index != numbered})
    return Reduce(reduction, tuple(Axis(bound[axis.index], axis.low, axis.high) for axis in axes), closed)


def first_places(term: Term, wanted: Set[Index]) -> dict[Index, int]:
    """Where each wanted index first stands, in the order of reading."""

    def inside(inner: Term) -> tuple[Term, ...]:
        return () if isinstance(inner, Access) or wanted.isdisjoint(inner.free) else children_of(inner)

    places: dict[Index, int] = {}
    for inner in subterms(term, inside):
        for poly in _polys(inner):
            for index in poly.indices():
                if index in wanted:
                    places.setdefault(index, len(places))
        if len(places) == len(wanted):
            break
    return places


def _polys(term: Term) -> Iterator[Poly]:
    """The polynomials in the term itself, those of gathering subscripts among them, in the order of reading."""
    match term:
        case PolyValue(poly):
            yield poly
        case Access(_, subscripts):
            for subscript in subscripts:
                yield from (subscript,) if isinstance(subscript, Poly) else _polys(subscript)


@lru_cache(maxsize=1024)
def fresh_index(name: str) -> Index:
    """A free index of a stage's own; `name` begins with `~`, as no user's does."""
    return Index(name, 0, True)


def fresh_indices(number_of: int, taken: Iterable[Index]) -> list[Index]:
    """Free indices that are not among `taken`: the same ones for the same arguments, in every process."""
    avoid, found, number = {index.name for index in taken}, list[Index](), 0
    while len(found) < number_of:
        if (name := f"~{number}") not in avoid:
            found.append(fresh_index(name))
        number += 1
    return found


def open_reduce(term: Reduce, taken: Iterable[Index] = ()) -> tuple[list[Axis], Term]:
    """(axes, body) with the bound indices free again, under names neither in `taken` nor free in the term.

    `taken` must hold every free index that the body will be combined with.
    """
    axes, opened = renamed(term.axes, fresh_indices(len(term.axes), (*taken, *term.free)))
    return axes, substitute(term.body, opened)


def substitute(term: Term, mapping: Mapping[Index, Poly]) -> Term:
    """Indices replaced by polynomials.

    Bound indices may come in only where no reduction inside the term could capture them: whoever puts terms with
    reductions under a binder opens it first (`rewrite`).
    """
    return term if term.free.isdisjoint(mapping) else _substituted(term, tuple(mapping.items()))


Pairs: TypeAlias = tuple[tuple[Index, Poly], ...]


@lru_cache(maxsize=65536)
def _substituted(term: Term, mapping: Pairs) -> Term:
    keys, levels, new = _told(mapping)
    assert not any(0 < level <= term.height for level in levels), "an index would be captured"
    mapped = map_renamed if new is not None and new.isdisjoint(term.free - keys) else map_children
    atoms = dict[Atom, Poly](mapping)
    memo: dict[Term, Term] = {}

    def visit(inner: Term) -> Term:
        if keys.isdisjoint(inner.free):
            return inner
        found = memo.get(inner)
        if found is None:
            match inner:
                case Access(tensor, subscripts) if not inner.children:
                    found = Access(tensor, _moved_together(subscripts, mapping))
                case Access(tensor, subscripts):
                    put = [s.substitute(atoms) if isinstance(s, Poly) else _as_access(visit(s)) for s in subscripts]
                    found = Access(tensor, tuple(put))
                case PolyValue(poly):
                    found = poly_value(poly.substitute(atoms))
                case _:
                    found = mapped(inner, visit)
            memo[inner] = found
        return found

    return visit(term)


# few mappings and subscripts, but they meet in the terms of every equation
@lru_cache(maxsize=65536)
def _told(mapping: Pairs) -> tuple[frozenset[Index], frozenset[int], frozenset[Index] | None]:
    """(what is replaced, the levels of the indices that come in, these where each index gets another for itself alone,
    so that terms that differ still do)."""
    new = frozenset(poly.index for _, poly in mapping if poly.index is not None)
    levels = frozenset(index.level for _, poly in mapping for index in poly.indices())
    return frozenset(index for index, _ in mapping), levels, new if len(new) == len(mapping) else None


@lru_cache(maxsize=65536)
def _moved_together(subscripts: tuple[Poly, ...], mapping: Pairs) -> tuple[Poly, ...]:
    atoms = dict[Atom, Poly](mapping)
    return tuple([subscript.substitute(atoms) for subscript in subscripts])


def map_renamed(term: Term, rename: Callable[[Term], Term]) -> Term:
    """As `map_children`, of a renaming, which can only change the order in what is in normal form."""
    match term:
        case Add(args):
            return Add(in_order([rename(arg) for arg in args]))
        case Mul(args):
            return Mul(in_order([rename(arg) for arg in args]))
        case Power(base, exponent):
            return Power(rename(base), exponent)
        case Apply(head, args) if head not in (Function.MAX, Function.MIN, Function.LOG_ADD_EXP):
            return Apply(head, tuple(map(rename, args)))
        case _:
            return map_children(term, rename)


def moved(subscript: Subscript, mapping: Mapping[Index, Poly]) -> Subscript:
    """The subscript with indices replaced by polynomials."""
    if isinstance(subscript, Poly):
        return subscript.substitute(dict[Atom, Poly](mapping.items()))
    return _as_access(substitute(subscript, mapping))


def _as_access(term: Term) -> Access:
    assert isinstance(term, Access), term
    return term


def renamed(axes: Sequence[Axis], names: Iterable[Index]) -> tuple[list[Axis], dict[Index, Poly]]:
    """(the axes under other names, what is to be put for their indices)."""
    new = [Axis(name, axis.low, axis.high) for axis, name in zip(axes, names, strict=True)]
    return new, {old.index: Poly.of(axis.index) for old, axis in zip(axes, new, strict=True)}


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
    if not term.children:
        return term
    match term:
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
            return _if_changed(term, args, function, lambda new: connect(connective, new))
        case Reduce(reduction, axes, body):
            new_body = function(body)
            if new_body is body:
                return term
            if new_body.height < axes[0].index.level:  # nothing inside is bound under the same number
                return reduce(reduction, axes, new_body)
            opened, names = renamed(axes, fresh_indices(len(axes), new_body.free))
            return reduce(reduction, opened, substitute(new_body, names))
        case _:
            raise TypeError(f"not a term: {term!r}")


def _if_changed(
    term: Term, args: tuple[Term, ...], function: Callable[[Term], Term], build: Callable[[list[Term]], Term]
) -> Term:
    new = [function(arg) for arg in args]
    return term if all(map(is_, args, new)) else build(new)
