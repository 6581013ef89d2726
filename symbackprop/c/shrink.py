"""Tensors that live in one nest alone lose the dimensions that run along with it: of an element nothing is left but a
variable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from symbackprop.c.nests import (
    Nest,
    NestFunction,
    Product,
    Statement,
    Store,
    Subscripts,
    When,
    as_read,
    body_of,
    reads_of,
    statements_in,
    with_body,
    written_by,
)
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import Read, Value, with_children
from symbackprop.terms.poly import Index, Poly


def shrink(function: NestFunction, kept: Collection[str]) -> NestFunction:
    """`kept`: the tensors that somebody wants beside the function."""
    tensors, locals = dict(function.tensors), set(function.locals)
    dropped: dict[str, tuple[int, ...]] = {}
    homes = dict(_homes(function.body))
    for name, (around, body) in homes.items():
        if name in kept or name in function.given or name in locals or not around:
            continue
        accesses = [subscripts for found, subscripts in _accesses(body) if found == name]
        places = tuple(place for place in range(len(accesses[0])) if _runs_along(accesses, place, around))
        shape = [size for place, size in enumerate(tensors[name].shape) if place not in places]
        if not places or (not shape and not _begins_with_it(body, name)):
            continue
        if not shape and _in_products(body, name):
            continue  # which take no variable
        dropped[name] = places
        tensors[name] = replace(tensors[name], shape=tuple(shape), origin=tuple(size - size for size in shape), axes=())
        if not shape:
            locals.add(name)
    body = tuple(_without(statement, dropped) for statement in function.body)
    return NestFunction(function.name, tensors, function.given, frozenset(locals), body)


def _homes(body: Sequence[Statement]) -> Iterator[tuple[str, tuple[frozenset[Index], tuple[Statement, ...]]]]:
    """Of each tensor that is written: the nests around all that touches it, and the innermost of their bodies."""
    touched: dict[str, list[tuple[Nest, ...]]] = {}

    def walk(statements: Sequence[Statement], around: tuple[Nest, ...], open_: bool) -> None:
        for statement in statements:
            for name, _ in _touches(statement):
                touched.setdefault(name, []).append(around)
            inner = (*around, statement) if isinstance(statement, Nest) and open_ else around
            walk(body_of(statement), inner, open_ and isinstance(statement, Nest))

    walk(body, (), True)
    for name, chains in touched.items():
        common = chains[0]
        for chain in chains[1:]:
            length = next((k for k, (a, b) in enumerate(zip(common, chain, strict=False)) if a is not b),
                          min(len(common), len(chain)))  # fmt: skip
            common = common[:length]
        yield name, (frozenset(nest.axis.index for nest in common), common[-1].body if common else tuple(body))


def _touches(statement: Statement) -> Iterator[tuple[str, Subscripts]]:
    written = written_by(statement)
    if written is not None:
        yield written
    for read in reads_of(statement):
        yield read.tensor, read.subscripts


def _accesses(body: Sequence[Statement]) -> Iterator[tuple[str, Subscripts]]:
    for statement in statements_in(body):
        yield from _touches(statement)


def _runs_along(accesses: Sequence[Subscripts], place: int, around: frozenset[Index]) -> bool:
    found = {subscripts[place] for subscripts in accesses}
    (subscript, *others) = found
    return not others and isinstance(subscript, Poly) and set(subscript.indices()) <= around


def _begins_with_it(body: Sequence[Statement], name: str) -> bool:
    """Whether the first that touches it writes it, directly in the body: there a variable can be declared."""
    for statement in body:
        if any(found == name for found, _ in _accesses([statement])):
            return isinstance(statement, Store) and statement.tensor == name and statement.op.value == "="
    return False


def _in_products(body: Sequence[Statement], name: str) -> bool:
    return any(
        isinstance(each, Product) and name in (each.tensor, each.left.tensor, each.right.tensor)
        for each in statements_in(body)
    )


def _without(statement: Statement, dropped: dict[str, tuple[int, ...]]) -> Statement:
    def subscripts_of(name: str, subscripts: Subscripts) -> Subscripts:
        return tuple(s for place, s in enumerate(subscripts) if place not in dropped.get(name, ()))

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        if isinstance(value, Read) and value.tensor in dropped:
            left = subscripts_of(value.tensor, value.subscripts)
            over = frozenset(i for s in left if isinstance(s, Poly) for i in s.indices()) & value.over
            return Read(value.tensor, left, over, value.kind, value.padded)
        return with_children(value, children)

    def at(value: Value) -> Value:
        return rebuilt(value, changed)

    match statement:
        case Store(name, subscripts, value, op):
            left = tuple(s if isinstance(s, Poly) else at(s) for s in subscripts_of(name, subscripts))
            return Store(name, left, at(value), op)
        case Product(name, subscripts, _, left, right):
            return replace(
                statement, subscripts=subscripts_of(name, subscripts), left=as_read(at(left)), right=as_read(at(right))
            )
        case When(mask, body):
            return When(at(mask), tuple(_without(each, dropped) for each in body))
        case _:
            return with_body(statement, (_without(each, dropped) for each in body_of(statement)))


__all__ = ["shrink"]
