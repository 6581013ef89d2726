"""The adversary: right claims with one case forgotten. None of them may be proved unless it is right after all.

A right claim is a δ as it was derived. Forgotten or altered is one condition, one part of it, the number that it
compares with, one branch, one side of an extremum. Whether what comes out is right is decided by forward mode in
sixty digits, at data drawn here and not as the checker draws them: at many scales, and with integers from the whole of
their range as well as from its ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import S

from symbackprop import Network, delta
from symbackprop.claims.ground import Ground, ground_of
from symbackprop.claims.proof import Prover
from symbackprop.claims.words import Words
from symbackprop.edits import places
from symbackprop.interpret import Interpreter, Precise, forward_gradients
from symbackprop.interpret.failures import InterpretationError
from symbackprop.language import Claim
from symbackprop.language.claims import read_claim
from symbackprop.terms.build import (
    NIL,
    add,
    apply,
    integer_condition,
    logic_and,
    logic_not,
    logic_or,
    mul,
    number,
    where,
)
from symbackprop.terms.program import Equation, Op, Program
from symbackprop.terms.rewrite import rewrite_equation
from symbackprop.terms.term import (
    Access,
    Apply,
    Compare,
    Connective,
    Function,
    Logic,
    Number,
    Relation,
    Term,
    Where,
    children_of,
)
from symbackprop.verify.data import GIVEN, DType, UnmetAssumption, draw
from symbackprop.verify.prime_sizes import choose_sizes

_SCALES = (0.01, 0.3, 1.0, 2.0, 6.0, 40.0, 900.0)


@dataclass(frozen=True)
class Forgotten:
    """`what` was done to the right claim."""

    claim: Claim
    what: str


def right_claims(net: Network) -> tuple[list[Claim], Ground]:
    """The δ of every tensor of floats, as derived, in the network's own tensors."""
    names = tuple(n for n, tensor in net.symbols.items() if tensor.dtype == "float")
    first = net.symbols[names[0]]
    position = tuple(net.index(f"at{place}", size) for place, size in enumerate(first.shape))
    deltas = {f"delta({name})": name for name in names}
    blank = replace(read_claim(net.book, delta(first)[position or ()], S.Zero), deltas=deltas)
    ground = ground_of(net.to_program(), [blank])
    words = Words.of(ground, Prover.of(ground).facts)
    found = []
    for equations in ground.backward.definitions.values():
        whole = len(equations) == 1 and equations[0].op is Op.ASSIGN
        claim = _claim(blank, ground, words, equations[0]) if whole else None
        found += [claim] if claim is not None else []
    return found, ground


def _claim(blank: Claim, ground: Ground, words: Words, equation: Equation) -> Claim | None:
    """A δ's equation as a claim, if it can be said in the network's own tensors and their δ."""
    names = {adjoint: f"delta({tensor})" for tensor, adjoint in ground.adjoints.items()}
    if equation.target not in names:
        return None
    told = replace(equation, rhs=words.told(equation.rhs, {axis.index: axis for axis in equation.axes}))
    if not told.reads() <= (ground.program.table.keys() | names.keys()) - {equation.target}:
        return None

    def rule(term: Term, _: Any) -> Term | None:
        if isinstance(term, Access) and term.tensor in names:
            return Access(names[term.tensor], term.subscripts)
        return None

    stated = replace(rewrite_equation(told, rule), target=names[equation.target])
    deltas = {names[name]: ground.tensor_of(name) for name in sorted({equation.target, *told.reads()} & names.keys())}
    return _restated(replace(blank, axes=stated.axes, left=stated.lhs, deltas=deltas), stated.rhs)


def _restated(claim: Claim, right: Term) -> Claim:
    return replace(claim, right=right, text=f"{claim.left!r} = {right!r}")


# --- what is forgotten ---------------------------------------------------------------------------------
def forgetful(claim: Claim) -> Iterator[Forgotten]:
    """The claim with one case forgotten or altered, everywhere that this can be done."""
    seen = {claim.right}
    for what, right in _variants(claim.right):
        if right not in seen:
            seen.add(right)
            yield Forgotten(_restated(claim, right), what)


def _variants(term: Term) -> Iterator[tuple[str, Term]]:
    for place in places(term, {}, into=_inside):
        for what, changed in _here(place.term):
            yield what, place.whole(changed)


def _inside(term: Term) -> tuple[Term, ...]:
    """Conditions too, and no subscripts."""
    return () if isinstance(term, Access) else children_of(term)


def _here(term: Term) -> Iterator[tuple[str, Term]]:  # noqa: C901  a table, a row a kind
    match term:
        case Where(condition, then, otherwise):
            yield "the condition is forgotten", then
            yield "what holds otherwise is taken everywhere", otherwise
            yield "the condition is the wrong way round", where(logic_not(condition), then, otherwise)
            yield "one case gives nothing", where(condition, NIL, otherwise)
            if otherwise is not NIL:
                yield "one case gives nothing", where(condition, then, NIL)
        case Logic(connective, args):
            combine = logic_and if connective is Connective.AND else logic_or
            other = logic_or if connective is Connective.AND else logic_and
            if len(args) > 1:
                for place in range(len(args)):
                    yield "a part of the condition is forgotten", combine(*args[:place], *args[place + 1 :])
                yield "all of the parts, or one", other(*args)
        case Compare(relation, left, right) if integer_condition(term) is None:
            if relation in (Relation.GT, Relation.GE):
                yield "the other way", Compare(relation, right, left)
                yield "widened", Compare(Relation.GE if relation is Relation.GT else Relation.GT, left, right)
            for value in (-2, -1, 1):
                yield "another number is compared with", Compare(relation, add(left, number(value)), right)
            yield "compared with nothing", Compare(relation, left, NIL)
        case Compare(relation, left, right):
            for value in (-1, 1):
                yield "a bound is off by one", Compare(relation, add(left, number(value)), right)
        case Apply(Function.RELU | Function.ABS as function, (inner,)):
            yield f"{function.value} is forgotten", inner
        case Apply(Function.SIGN, (inner,)):
            yield "a sign is forgotten", number(1)
        case Apply(Function.MAX | Function.MIN as function, args):
            for place in range(len(args)):
                yield "a side of an extremum is forgotten", apply(function, *args[:place], *args[place + 1 :])
            for place, arg in enumerate(args):
                if isinstance(arg, Number):
                    moved = number(arg.value + 1)
                    yield "another bound", apply(function, *args[:place], moved, *args[place + 1 :])


def rarely_wrong(claim: Claim, program: Program) -> Iterator[Forgotten]:
    """The claim, wrong only where several integers take values of our choice, or two values lie far apart."""
    axes = {axis.index for axis in claim.axes}
    conditions = []
    for read in _reads(claim.right):
        if read.free <= axes:
            whole = program.table.get(read.tensor)
            if whole is not None and whole.dtype is DType.INT:
                conditions += [Compare(Relation.EQ, read, number(value)) for value in (0, 1)]
            elif whole is not None:
                conditions += [Compare(Relation.GT, read, number(value)) for value in (-3, 50)]
    for one in conditions:
        for other in conditions:
            both = logic_and(one, other)
            wrong = _restated(claim, add(claim.right, where(both, mul(number(3), claim.right), NIL)))
            yield Forgotten(replace(wrong, text=f"{claim.text}, thrice more where {both!r}"), "rarely wrong")


def _reads(term: Term) -> list[Access]:
    found: dict[Access, None] = {}
    stack = [term]
    while stack:
        top = stack.pop()
        if isinstance(top, Access):
            found[top] = None
        stack += children_of(top)
    return list(found)


# --- the oracle ----------------------------------------------------------------------------------------
def falsified(program: Program, claim: Claim, seed: int, most: int = 150) -> dict[str, Any] | None:
    """Data at which forward mode finds another gradient than the claim; None if none of `most` draws show it."""
    for attempt in range(most):
        rng = np.random.default_rng([seed, attempt, 0xADE])
        sizes = choose_sizes(program, seed + attempt % 5, ones=attempt % 3 == 1, budget=3_000)
        try:
            data = draw(program, sizes, seed + attempt)
        except UnmetAssumption:
            continue
        for tensor in program.of_kind(*GIVEN):
            values = data[tensor.name]
            if tensor.dtype is DType.INT:
                data[tensor.name] = _integers(rng, values, Interpreter(program, sizes, {}).size(tensor.high))
            elif tensor.noise is None and not program.assumptions:
                data[tensor.name] = values * rng.choice(_SCALES) + rng.choice([0, 0, 0, 1, -2, 5])
        if differs(program, claim, sizes, data):
            return {"sizes": sizes, **data}
    return None


def _integers(rng: np.random.Generator, values: np.ndarray, high: int) -> np.ndarray:
    ends = [value for value in (0, 0, 1, 2, high - 1) if value < high]
    some = rng.choice(ends, size=values.shape)
    return np.where(rng.random(values.shape) < 0.6, some, rng.integers(0, high, size=values.shape))


def differs(program: Program, claim: Claim, sizes: dict[str, int], data: dict[str, Any]) -> bool:
    """By forward mode in sixty digits: every value of the network and every δ is given as data to the claim's right
    side."""
    values = Interpreter(program, sizes, data, Precise())
    try:
        loss, slopes = forward_gradients(values, list(claim.deltas.values()))
        arrays = {tensor.name: values.array(tensor.name) for tensor in program.tensors}
    except InterpretationError:
        return False
    if not np.isfinite(float(loss)):
        return False
    arrays |= {f"delta({name})": slope for name, slope in slopes.items()}
    table = [replace(program.table[of], name=name) for name, of in claim.deltas.items()]
    assert isinstance(claim.left, Access)
    target = replace(program.table[claim.deltas[claim.left.tensor]], name="claimed")
    stated = Equation("claimed", claim.left.subscripts, claim.axes, claim.right)
    stating = program.with_(tensors=(*program.tensors, *table, target), equations=(stated,), loss=None)
    try:
        found = Interpreter(stating, sizes, arrays, Precise()).array("claimed")
    except InterpretationError:  # it reads out of range, which nobody may write
        return False
    pairs = zip(found.flat, arrays[claim.left.tensor].flat, strict=True)
    return any(
        np.isfinite(float(right)) and not abs(left - right) <= 1e-12 * (abs(left) + abs(right)) + 1e-40
        for left, right in pairs
    )
