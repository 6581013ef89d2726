"""Sums over products: `x @ W.T` and `d.sum(axis=0)` where they will do, `np.einsum` elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from string import ascii_letters

from symbackprop.array_text.alignment import Alignment
from symbackprop.array_text.fragment import Code, Level
from symbackprop.lower.values import Contract, Kind, Map, MapOp, Value
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Reduction


def contract(ev: Alignment, value: Contract) -> Code:
    """The product of the factors, summed over the bound axes."""
    arrays = [factor for factor in _squared(value) if factor.axes]
    codes = [ev.code(factor) for factor in arrays]
    held = {axis for factor in arrays for axis in factor.axes}
    bound = tuple(axis for axis in value.bound if axis in held)
    if not arrays:
        return scaled(ev, value, None)
    return scaled(ev, value, _sum(ev, arrays[0], bound) if len(arrays) == 1 else _product(ev, codes, bound))


def scaled(ev: Alignment, value: Contract, arrays: Code | None) -> Code:
    """The value, of what its factors with axes make: times those without, and once for each position of an axis that
    no factor has."""
    single = [ev.code(factor) for factor in _squared(value) if not factor.axes]
    held = {axis for factor in value.factors for axis in factor.axes}
    scales = [code.at(Level.SIGN) for code in single]
    scales += [ev.count(axis).at(Level.SIGN) for axis in value.bound if axis not in held]
    if arrays is None:
        return Code(" * ".join(scales) or "1", Level.PRODUCT, plain=not single)
    if not scales:
        return arrays
    return Code(f"{' * '.join(scales)} * {arrays.at(Level.SIGN)}", Level.PRODUCT, arrays.axes)


def _squared(value: Contract) -> list[Value]:
    """The factors, those that stand twice as squares."""
    out: list[Value] = []
    for factor, times in Counter(value.factors).items():
        out += [Map(MapOp.SQUARE, (factor,), Kind.FLOAT, value.quiet)] * (times // 2) + [factor] * (times % 2)
    return out


def _sum(ev: Alignment, factor: Value, bound: Sequence[Index]) -> Code:
    match factor:
        case Map(MapOp.COPY, (mask,), Kind.FLOAT) if mask.kind is not Kind.FLOAT and mask.axes:
            return ev.total(ev.code(mask), Reduction.SUM, bound, counted=True)
        case _:
            return ev.total(ev.code(factor), Reduction.SUM, bound)


def _product(ev: Alignment, codes: list[Code], bound: tuple[Index, ...]) -> Code:
    if len(codes) == 2:
        a, b = codes
        found = _matmul(ev, a, b, bound) or _matmul(ev, b, a, bound)
        if found is not None:
            return found
    widest = max(codes, key=lambda code: len(code.axes))
    if all(set(code.axes) <= set(widest.axes) for code in codes):
        first, *others = (ev.over(code, widest.axes) for code in codes)
        text = " * ".join([first.at(Level.PRODUCT), *(code.at(Level.SIGN) for code in others)])
        return ev.total(Code(text, Level.PRODUCT, widest.axes), Reduction.SUM, bound)
    return _einsum(ev, codes, bound)


def _matmul(ev: Alignment, a: Code, b: Code, bound: tuple[Index, ...]) -> Code | None:
    """a @ b, where the rows of a stand before the columns of b among the axes of the equation."""
    shared = [axis for axis in a.axes if axis in b.axes]
    if len(bound) != 1 or shared != list(bound):
        return None
    (inner,) = bound
    rows, columns = tuple(x for x in a.axes if x != inner), tuple(x for x in b.axes if x != inner)
    if len(columns) > 1 or (len(rows) > 1 and a.axes[-1] != inner):
        return None
    if rows and columns and max(map(ev.rank, rows)) > ev.rank(columns[0]):
        return None
    left, right = ev.over(a, (*rows, inner)), ev.over(b, (inner, *columns))
    return Code(f"{left.at(Level.POWER)} @ {right.at(Level.POWER)}", Level.MATMUL, (*rows, *columns))


def _einsum(ev: Alignment, codes: list[Code], bound: tuple[Index, ...]) -> Code:
    axes = tuple(ev.ordered({axis for code in codes for axis in code.axes} - set(bound)))
    letters = _letters(ev, dict.fromkeys(axis for code in (*codes, Code("", axes=axes)) for axis in code.axes))
    before = ",".join("".join(letters[axis] for axis in code.axes) for code in codes)
    return ev.library.einsum(f"{before}->{''.join(letters[axis] for axis in axes)}", codes, axes)


def _letters(ev: Alignment, axes: Sequence[Index] | dict[Index, None]) -> dict[Index, str]:
    """A letter for each axis: of its name, or of the name of a dimension that it runs along."""
    out: dict[Index, str] = {}
    for axis in axes:
        name = axis.name if axis.name[:1].isalpha() else ev.dimension(axis)
        candidates = [*name, *ascii_letters] if name else list(ascii_letters)
        out[axis] = next(c for c in candidates if c in ascii_letters and c not in out.values())
    return out


__all__ = ["contract", "scaled"]
