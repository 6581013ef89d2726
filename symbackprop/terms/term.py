"""Terms: interned immutable expressions over tensor elements.

Grammar (`Poly` is an integer polynomial, see `poly`)::

    term  ::= Number(fraction)                          an exact rational
            | Constant(PI | INFINITY | NEGATIVE_INFINITY | ...)
            | PolyValue(poly)                           sizes and indices standing as a number
            | Access(tensor, subscripts)                an element; tensors are known by name
            | Add(args) | Mul(args)                     flat, sorted, like terms and powers collected
            | Power(base, fraction)                     a constant exponent
            | Apply(function, args)                     a scalar function
            | Where(condition, then, otherwise)         a guarded value
            | Reduce(reduction, axes, body)             a reduction over bound indices
    condition ::= Truth(bool) | Training | Compare(relation, left, right) | Logic(connective, args)
    subscript ::= poly, affine in its indices | Access to an integer tensor (a gather)
    axis  ::= Axis(index, low, high)                    inclusive, as in SymPy's Idx

Two terms that are equal, bound indices renamed or not, are the same object: a reduction's indices are numbered by
the height of the reductions inside it (Axelsson and Claessen, "Using circular programs for higher-order syntax",
2013), so a binder's number does not depend on where it stands and capture cannot happen. Make terms with the
functions of `build`, which keep them normal; the classes here only hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice
from operator import attrgetter
from typing import Any, ClassVar

from symbackprop.terms.interning import Interned
from symbackprop.terms.operators import Connective as Connective
from symbackprop.terms.operators import ConstantKind as ConstantKind
from symbackprop.terms.operators import Function as Function
from symbackprop.terms.operators import Reduction as Reduction
from symbackprop.terms.operators import Relation as Relation
from symbackprop.terms.poly import Index, Poly

_MOST_SHOWN = 40  # terms in the text of one's structure
_MOST_KEPT = 100  # fewer terms inside one that it keeps, once they were asked for
_NOTHING: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Axis(Interned):
    """An index and its inclusive range."""

    index: Index
    low: Poly
    high: Poly

    def __new__(cls, index: Index, low: Poly, high: Poly) -> Axis:
        return Interned.__new__(cls, index, low, high)

    @property
    def extent(self) -> Poly:
        return self.high - self.low + 1

    def __str__(self) -> str:
        return f"{self.index}={self.low}..{self.high}"


class Term(Interned):
    """A term or condition. Identity is equality.

    `children`: the terms directly inside, gathering subscripts included. `free`: the indices not bound inside it.
    `height`: the largest number of an index bound inside it. `tensors`: the names it reads.
    """

    __slots__ = ("_below", "_blind", "_digest", "children", "free", "height", "tensors")
    children: tuple[Term, ...]
    free: frozenset[Index]
    height: int
    tensors: frozenset[str]
    _digest: bytes | None
    _blind: bytes | None
    _below: tuple[Term, ...] | None
    __match_args__: ClassVar[tuple[str, ...]]

    def _finish(self) -> None:
        put = object.__setattr__
        children = _inside(self)
        put(self, "children", children)
        put(self, "_digest", None)
        put(self, "_blind", None)
        put(self, "_below", None)
        free: frozenset[Index] = _NOTHING
        tensors: frozenset[str] = _NOTHING
        height = 0
        for child in children:  # most have the same sets, which are kept once
            if not child.free <= free:
                free = free | child.free if free else child.free
            if not child.tensors <= tensors:
                tensors = tensors | child.tensors if tensors else child.tensors
            if child.height > height:
                height = child.height
        match self:
            case Access(tensor, subscripts):
                free |= _indices_of(subscripts)
                tensors |= {tensor}
            case PolyValue(poly):
                free = frozenset(poly.indices())
            case Reduce(_, axes, _):
                free -= {axis.index for axis in axes}
                height = max(height, *[axis.index.level for axis in axes])
        put(self, "free", free)
        put(self, "height", height)
        put(self, "tensors", tensors)

    @property
    def digest(self) -> bytes:
        """Of its structure, the same in every process."""
        return self._digest or _digest(self)

    @property
    def blind(self) -> bytes:
        """The same with all indices alike, for an order of arguments that renaming does not change."""
        return self._blind or _blind(self)

    def __repr__(self) -> str:
        """Its structure, of which only the beginning where it is long; `show` writes it as a formula."""
        return _structure(self, [_MOST_SHOWN])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Term):
    value: Fraction


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(Term):
    kind: ConstantKind


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PolyValue(Term):
    poly: Poly


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Access(Term):
    tensor: str
    subscripts: tuple[Subscript, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Add(Term):
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mul(Term):
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Power(Term):
    base: Term
    exponent: Fraction


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Term):
    function: Function
    args: tuple[Term, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Where(Term):
    condition: Term
    then: Term
    otherwise: Term


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reduce(Term):
    reduction: Reduction
    axes: tuple[Axis, ...]
    body: Term


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Truth(Term):
    value: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Training(Term):
    """True where the loss is computed, false in `predict`. Only in a network's own program: see `specialise`."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compare(Term):
    relation: Relation
    left: Term
    right: Term


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Logic(Term):
    connective: Connective
    args: tuple[Term, ...]


Subscript = Poly | Access
CONDITIONS = (Truth, Training, Compare, Logic)


@lru_cache(maxsize=65536)
def _indices_of(subscripts: tuple[Subscript, ...]) -> frozenset[Index]:
    """Those that stand in the subscripts themselves."""
    return _NOTHING.union(*[subscript.indices() for subscript in subscripts if isinstance(subscript, Poly)])


def _inside(term: Term) -> tuple[Term, ...]:
    match term:
        case Access(_, subscripts):
            return tuple([subscript for subscript in subscripts if isinstance(subscript, Access)])
        case Add(args) | Mul(args) | Apply(_, args) | Logic(_, args):
            return args
        case Power(base, _):
            return (base,)
        case Where(condition, then, otherwise):
            return (condition, then, otherwise)
        case Reduce(_, _, body):
            return (body,)
        case Compare(_, left, right):
            return (left, right)
        case _:
            return ()


children_of: Callable[[Term], tuple[Term, ...]] = attrgetter("children")


def subterms(term: Term, inside: Callable[[Term], Sequence[Term]] = children_of) -> Iterable[Term]:
    """The term and all inside it, each object once, outermost first. `inside`: what is to be met in a term."""
    if inside is not children_of:
        return _walked(term, inside)
    if term._below is not None:
        return (term, *term._below)
    walk = _walked(term, inside)
    found = list(islice(walk, _MOST_KEPT))
    if len(found) == _MOST_KEPT:
        return chain(found, walk)
    object.__setattr__(term, "_below", tuple(found[1:]))  # stage after stage asks for them
    return found


def _walked(term: Term, inside: Callable[[Term], Sequence[Term]]) -> Iterator[Term]:
    seen: set[Term] = set()
    stack = [term]
    while stack:
        top = stack.pop()
        if top in seen:
            continue
        seen.add(top)
        yield top
        below = inside(top)
        if below:
            stack += below[::-1]


def accesses(term: Term) -> Iterator[Access]:
    """Every element read inside the term, each once."""
    return (inner for inner in subterms(term) if isinstance(inner, Access))


def _structure(value: object, left: list[int]) -> str:
    """`Add((Number(1), Access('x', (i,))))`; `left`: how many more terms are written before dots stand for them."""
    match value:
        case Term():
            left[0] -= 1
            if left[0] < 0:
                return "…"
            fields = (_structure(getattr(value, name), left) for name in value.__match_args__)
            return f"{type(value).__name__}({', '.join(fields)})"
        case tuple():
            return f"({', '.join(_structure(item, left) for item in value[: left[0] + 2])})"
        case Enum():
            return value.name
        case str():
            return repr(value)
        case _:
            return str(value)


def _digest(term: Term) -> bytes:
    """Those inside first, so that no call goes as deep as they stand inside each other."""
    stack = [term]
    while stack:
        top = stack[-1]
        missing = [child for child in top.children if child._digest is None]
        if missing:
            stack += missing
        else:
            object.__setattr__(stack.pop(), "_digest", _hashed(top, blind=False))
    return term.digest


def _blind(term: Term) -> bytes:
    stack = [term]
    while stack:
        top = stack[-1]
        alike = not top.free and not top.height
        missing = () if alike else [child for child in top.children if child._blind is None]
        if missing:
            stack += missing
        else:
            object.__setattr__(stack.pop(), "_blind", top.digest if alike else _hashed(top, blind=True))
    return term.blind


def _hashed(term: Term, blind: bool) -> bytes:
    parts = [_field_text(getattr(term, name), blind) for name in term.__match_args__]
    return blake2b(type(term).__name__.encode() + b";".join(parts), digest_size=12).digest()


def _field_text(value: object, blind: bool) -> bytes:
    match value:
        case Term():
            return value.blind if blind else value.digest
        case tuple():
            return b"(" + b",".join([_field_text(item, blind) for item in value]) + b")"
        case Poly():
            return _poly_text(value, blind)
        case Axis():
            return f"{'' if blind else value.index}={value.low}..{value.high}".encode()
        case ConstantKind():  # as it was called first: arguments are in the order of digests, in all that is printed
            return f"Constant_.{value.name}".encode()
        case _:
            return str(value).encode()


@lru_cache(maxsize=65536)
def _poly_text(poly: Poly, blind: bool) -> bytes:
    return (_blind_poly(poly) if blind else str(poly)).encode()


def _blind_poly(poly: Poly) -> str:
    if not poly.indices():
        return str(poly)
    parts = []
    for monomial, coefficient in poly.terms:
        atoms = sorted(("_" if isinstance(atom, Index) else str(atom), power) for atom, power in monomial)
        parts.append((atoms, coefficient))
    return str(sorted(parts))
