"""Repairs of what is read the wrong way round along an axis: a kernel, a window, a step in time.

    K[R - 1 - r] for K[r]                             an axis read from its end, or from its start
    Σ_r K[r]·d[l + r] for Σ_r K[r]·d[l - r]           a correlation where the convolution belongs, and conversely
    h[t - 1] for h[t + 1]                             the step before for the step behind
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from symbackprop.terms.build import conjuncts, logic_and, substitute, where
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.rewrite import Ranges, rewrite
from symbackprop.terms.term import Access, Subscript, Term, Where, accesses

Inside = Callable[[Access, Ranges], Term]  # an element, 0 where it may be outside its tensor


def flipped_subscripts(
    tensor: Tensor, subscripts: Sequence[Subscript], ranges: Ranges
) -> Iterator[tuple[str, tuple[Subscript, ...]]]:
    """(in words, the subscripts): with one axis read from its other end, with one index running the other way, with a
    step to one side for the same to the other."""
    for place, subscript in enumerate(subscripts):
        if not isinstance(subscript, Poly) or not subscript.indices():
            continue
        end = tensor.origin[place] + tensor.highest[place] - subscript
        yield "the axis the other way round", _with(subscripts, place, end)
        for index in subscript.indices() if subscript.index is None else ():
            if index in ranges:
                back = ranges[index].low + ranges[index].high - Poly.of(index)
                yield f"{index} the other way round", _with(subscripts, place, subscript.substitute({index: back}))
        step = subscript.constant_part
        if step and not subscript.dims():
            yield "the step the other way", _with(subscripts, place, subscript - 2 * step)


def reversed_sums(body: Term, index: Index, ranges: Ranges, inside: Inside) -> Iterator[tuple[Access, Access, Term]]:
    """(an element as it is read, as it then is, the body): the index negated in all of a sum's body but in elements
    that it runs along by itself, the kernel's."""
    kept = {read for read in accesses(body) if any(_is(subscript, index) for subscript in read.subscripts)}
    moved = [read for read in accesses(body) if index in read.free and read not in kept]
    if not kept or not moved:
        return
    mapping = {index: -Poly.of(index)}

    def rule(term: Term, here: Ranges) -> Term | None:
        if isinstance(term, Access):
            return term if term in kept else inside(_moved(term, mapping), here)
        if isinstance(term, Where):
            turned = logic_and(*(substitute(part, mapping) for part in conjuncts(term.condition)))
            return where(turned, rewrite(term.then, rule, here), rewrite(term.otherwise, rule, here))
        return None

    yield moved[0], _moved(moved[0], mapping), rewrite(body, rule, ranges)


def _moved(read: Access, mapping: dict[Index, Poly]) -> Access:
    found = substitute(read, mapping)
    assert isinstance(found, Access)
    return found


def _is(subscript: Subscript, index: Index) -> bool:
    return isinstance(subscript, Poly) and subscript.index == index


def _with(subscripts: Sequence[Subscript], place: int, new: Poly) -> tuple[Subscript, ...]:
    return (*subscripts[:place], new, *subscripts[place + 1 :])
