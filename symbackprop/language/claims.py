"""Claims: what somebody holds the gradients of the loss to be, for `symbackprop.check_derivation` to prove or refute.

A claim (`language` has its grammar) is an equation at every position of the free indices of its left side. In it
`delta(T)[i]` is ∂loss/∂T[i], of a layer's output its cotangent, and `Derivative(A[i], B[k])` is ∂A[i]/∂B[k].

∂A/∂B is what a small number added to the one element of B adds to that of A, by all the equations that lead from there
to here, through whatever lies between. (So ∂A/∂A is [i = k], and ∂A/∂B is 0 where nothing leads from B to A.) δ_T is
the same of the loss.

There are many ways to write a claim, and all become such an equation here and in what this calls:

    net.claim(left, right), net.claim(Eq(left, right)), net.claim("left = right")        `sides_of`, `claim_text`
    whole tensors, rows, `.T` and `@`                                                     `by_element`

A claim is read as strictly as an equation, and where it is written; but it defines nothing: the network, its program
and all that is derived from it stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Basic, Idx
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from symbackprop.errors import InvalidArgument, InvalidClaim, MissingLoss
from symbackprop.language.book import Book
from symbackprop.language.by_element import Elements
from symbackprop.language.claim_text import sides_of_text
from symbackprop.language.equations import Reading, sympified
from symbackprop.language.nodes import holds, nodes
from symbackprop.language.owner import Owner
from symbackprop.language.ranges import check_reads
from symbackprop.language.reader import Named
from symbackprop.language.symbols import AdjointSymbol, DerivativeSymbol, Element, TensorSymbol
from symbackprop.language.told import Subject, quoted, told
from symbackprop.terms.poly import Index
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.term import Access, Axis, Term, accesses

_DIFFERENTIABLE = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.INTERMEDIATE)
_WAYS = 'net.claim(delta(z)[n, j], value), net.claim(Eq(delta(z)[n, j], value)) or net.claim("delta(z)[n, j] = value")'


@dataclass(frozen=True, slots=True)
class LocalDerivative:
    """∂of/∂by: an access to it has the subscripts of `of`, then those of `by`."""

    of: str
    by: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`left` is `right`, at every position of `axes`.

    `deltas`: names in these terms that stand for the δ of a tensor; `derivatives`: those that stand for the derivative
    of one tensor by another. `text`: as it was written; `place`: where, as `file.py:line`; `mentions`: the tensors that
    it reads; `reads`: the elements on the right, bound indices under the names that they were written with.
    """

    network: Owner
    axes: tuple[Axis, ...]
    left: Term
    right: Term
    text: str
    place: str
    deltas: Mapping[str, str]
    derivatives: Mapping[str, LocalDerivative]
    mentions: frozenset[str]
    reads: frozenset[Access]

    def __str__(self) -> str:
        return self.text


def read_claim(book: Book, claim: Any, value: Any = None, place: str = "", text: str = "") -> Claim:
    """The claim that `claim` is `value`, or the one that `claim` states by itself, checked as far as the network is
    written. `text`: how to quote it, if not as it is printed.

    Raises `InvalidClaim` where it states nothing, `MissingLoss` before there is a loss to differentiate, and for what
    stands in it what an equation would raise.
    """
    left, right = sides_of(book, claim, value)
    shown = text or (claim if isinstance(claim, str) else f"{told(left)} = {told(right)}")

    def subject() -> str:
        return f"claim {shown}"

    if not book.has_end:
        raise MissingLoss(
            subject(), expected="a loss, of which the δ are the derivatives, or the outputs of a layer",
            found="none so far", remedy="write claims behind the network's equations and net.loss or net.output",
        )  # fmt: skip
    left, right = _oriented(left, right, subject)
    elements = Elements.of(book, subject, left, right)
    left, right = elements.equation(left, right)
    is_delta = isinstance(left, Element) and isinstance(left.tensor, AdjointSymbol)
    if left == right or (is_delta and left in nodes(right)):
        raise InvalidClaim(
            subject(), expected="what the δ is, in other terms", found=f"{told(left)} on its own right-hand side",
            remedy="write it in the δ of the tensors that read it",
        )  # fmt: skip
    return _Reading(elements.extended(), subject).claim(left, right, shown, place)


def sides_of(book: Book, claim: Any, value: Any = None) -> tuple[Basic, Basic]:
    """The two sides, however they are written."""
    if isinstance(claim, str) and value is None:
        return sides_of_text(claim, book.names())
    if value is None and isinstance(claim, sympy.Equality):
        return claim.lhs, claim.rhs
    if value is None:
        found = told(claim) if isinstance(claim, bool | BooleanAtom | Relational) else f"{told(claim)} alone"
        decided = isinstance(claim, bool | BooleanAtom)
        raise InvalidClaim(
            f"claim {told(claim)}", expected="both sides of an equation", found=found,
            remedy=f"{'the two were compared at once: ' if decided else ''}write {_WAYS}",
        )  # fmt: skip
    for side in (claim, value):
        if isinstance(side, str):
            raise InvalidClaim(
                f"claim({', '.join(map(quoted, (claim, value)))})", expected="two expressions, or one text",
                found=f"{side!r} as one side",
                remedy='write net.claim("delta(z)[n, j] = value")',
            )  # fmt: skip
    left, right = (sympified(side, lambda: f"claim({told(claim)}, {told(value)})") for side in (claim, value))
    return left, right


def _oriented(left: Basic, right: Basic, subject: Subject) -> tuple[Basic, Basic]:
    """With what is claimed about on the left."""
    if _is_of_gradients(left):
        return left, right
    bare = isinstance(left, Element | TensorSymbol)
    if not bare and _is_of_gradients(right):
        return right, left
    of = left.args[0] if isinstance(left, Element) else left
    shown = f"delta({of})[...]" if bare and isinstance(of, TensorSymbol) else "delta(z)[n, j]"
    raise InvalidClaim(
        subject(), expected="a δ or a derivative on the left", found=told(left),
        remedy=f"write net.claim({shown}, ...), or Derivative(a[n, j], z[n, j]) for ∂a/∂z",
    )  # fmt: skip


def _is_of_gradients(expr: Basic) -> bool:
    return holds(expr, AdjointSymbol, sympy.Derivative)


class _Reading(Reading):
    """A claim being read: like an equation, but nothing that is seen becomes known to the network."""

    def __init__(self, book: Book, subject: Subject) -> None:
        super().__init__(book, subject)
        self.deltas: dict[str, str] = {}
        self.derivatives: dict[str, LocalDerivative] = {}

    def claim(self, left: Basic, right: Basic, text: str, place: str) -> Claim:
        """The claim, with all of its reads in range."""
        sides = self.reader.term(left), self.reader.term(right)
        axes = self._axes(left, sides[0])
        unbound = sorted(sides[1].free - {axis.index for axis in axes}, key=str)
        if unbound:
            self.refuse_unbound(unbound[0], right)
        for side in sides:
            self.check_reads(side, axes)
        reads = frozenset(term for term in self.reader.terms() if isinstance(term, Access))
        mentions = frozenset(declared.name for declared, _ in self.seen)
        return Claim(self.book.network, axes, *sides, text, place, self.deltas, self.derivatives, mentions, reads)

    def _axes(self, left: Basic, term: Term) -> tuple[Axis, ...]:
        """Of the free indices of the left side, in the order in which they stand there."""
        order = [Index(str(node)) for node in nodes(left) if isinstance(node, Idx)]
        return tuple(self.book.ranges[index] for index in dict.fromkeys((*order, *sorted(term.free, key=str)))
                     if index in term.free)  # fmt: skip

    def see(self, symbol: Named, subscripts: tuple[Basic, ...]) -> None:
        match symbol:
            case AdjointSymbol():
                super().see(symbol.of, subscripts)
                self._differentiable(symbol.of, "δ of")
                self.deltas[symbol.name] = symbol.of.name
            case DerivativeSymbol(of=of, by=by):
                rank = self.book.tensor(of.name).rank
                super().see(of, subscripts[:rank])
                super().see(by, subscripts[rank:])
                self._differentiable(by, "derivatives by")
                if self.book.tensors[of.name].dtype is not DType.FLOAT:
                    raise InvalidArgument(self.subject(), expected="derivatives of floats", found=f"of the int {of}")
                self.derivatives[symbol.name] = LocalDerivative(of.name, by.name)
            case _:
                super().see(symbol, subscripts)

    def _differentiable(self, symbol: TensorSymbol, what: str) -> None:
        declared = self.book.tensors[symbol.name]
        if declared.kind not in _DIFFERENTIABLE or declared.dtype is not DType.FLOAT:
            kind = "int input" if declared.dtype is DType.INT else f"{declared.kind.value} tensor"
            raise InvalidArgument(
                self.subject(), expected=f"{what} parameters, float inputs and intermediates",
                found=f"that of the {kind} {declared.name}",
            )  # fmt: skip

    def keep(self) -> None:
        """Nothing: a claim is no part of the network."""

    def check_reads(self, term: Term, axes: tuple[Axis, ...]) -> None:
        """Ranges of all reads at once: the network's equations are there."""
        table = {name: self._tensor(name) for name in {read.tensor for read in accesses(term)}}
        check_reads(term, axes, self.book.facts, table, self.subject)

    def _tensor(self, name: str) -> Tensor:
        """A tensor, its δ or a derivative, with the range that it has."""
        derivative = self.derivatives.get(name)
        if derivative is None:
            return self.book.tensor(self.deltas.get(name, name))
        of, by = self.book.tensor(derivative.of), self.book.tensor(derivative.by)
        return Tensor(name, TensorKind.INTERMEDIATE, (*of.shape, *by.shape), (*of.origin, *by.origin))


def mentioned(claims: Iterable[Claim]) -> frozenset[str]:
    """The tensors that stand in the claims."""
    return frozenset[str]().union(*(claim.mentions for claim in claims))
