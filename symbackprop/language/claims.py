"""Claims: `delta(z)[n, j] = expression`, what somebody holds the gradient of the loss to be.

A claim is read as strictly as an equation, and where it is written; but it defines nothing: the network, its program
and all that is derived from it stay as they are. On its right-hand side the δ of any tensors may stand beside the
tensors themselves. Whether it is true is for `symbackprop.check_derivation` to say.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sympy import Basic

from symbackprop.errors import InvalidArgument, InvalidClaim, MissingLoss
from symbackprop.language.ranges import Placed, check_read, reads_of
from symbackprop.language.reading import Book, Reading, Subject, sympified
from symbackprop.language.symbols import AdjointSymbol, Element, TensorSymbol, subscripts_of
from symbackprop.language.whole import cover_of
from symbackprop.terms.program import DType, Equation, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Term, accesses

if TYPE_CHECKING:
    from symbackprop.language.network import Network

_DIFFERENTIABLE = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.INTERMEDIATE)
_AS_IN = "as in delta(z1)[n, j]"


@dataclass(frozen=True, slots=True)
class Claim:
    """δ`tensor`[subscripts] is the right-hand side of `equation`, at every position of its axes.

    In the equation the δ of a tensor T is called `delta(T)`. `text`: as it was written; `place`: where, as
    `file.py:line`; `deltas`: the tensors whose δ it speaks of; `reads`: the elements on the right, bound indices under
    the names that they were written with.
    """

    network: Network
    tensor: str
    equation: Equation
    text: str
    place: str
    deltas: tuple[str, ...]
    reads: frozenset[Access] = frozenset()

    def __str__(self) -> str:
        return self.text


def delta(tensor: TensorSymbol) -> AdjointSymbol:
    """δ of a tensor, ∂loss/∂tensor, to be read in claims: `delta(z1)[n, j]`, or `delta(s)` for a tensor of rank 0.

    `InvalidClaim` for anything but a tensor of floats.
    """
    subject = f"delta({tensor})"
    if not isinstance(tensor, TensorSymbol):
        element = isinstance(tensor, Element) and isinstance(tensor.tensor, TensorSymbol)
        remedy = f"write delta({tensor.args[0]})[...]" if element else "the loss has no name: give its value a tensor"
        raise InvalidClaim(subject, expected="a tensor", found=type(tensor).__name__, remedy=remedy)
    if tensor.is_integer:
        raise InvalidClaim(subject, expected="a tensor of floats", found=f"the int input {tensor}")
    return AdjointSymbol(tensor)


def read_claim(network: Network, element: Any, value: Any, place: str = "") -> Claim:
    """The claim that the δ's element (or the δ of rank 0) is `value`, checked as far as the network is written.

    Raises `InvalidClaim` where it states nothing, `MissingLoss` before there is a loss to differentiate, and for what
    stands in it what an equation would raise.
    """
    symbol, subscripts = _left(element, value)
    expr = sympified(value, lambda: f"claim({element}, {value})")
    text = f"{element} = {expr}"
    if network._loss is None:
        raise MissingLoss(
            f"claim {text}", expected="a loss, of which the δ are the derivatives", found="none so far",
            remedy="write claims behind the network's equations and net.loss",
        )  # fmt: skip
    reading = _ClaimReading(network._book, lambda: f"claim {text}")
    reading.see(symbol, subscripts)
    equation = reading.equation(symbol.name, subscripts, expr).equation
    if equation.lhs in accesses(equation.rhs):
        raise InvalidClaim(
            f"claim {text}", expected="what the δ is, in other terms", found=f"{element} on its own right-hand side",
            remedy="write it in the δ of the tensors that read it",
        )  # fmt: skip
    reads = frozenset(term for term in reading.reader.terms() if isinstance(term, Access))
    return Claim(network, symbol.of.name, equation, text, place, tuple(sorted(reading.deltas)), reads)


def caller() -> str:
    """`file.py:line` of the call of a network's method, which calls this."""
    frame = sys._getframe(2)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def names_of(network: Network) -> dict[str, Any]:
    """The network's indices, sizes and tensors by name; a tensor or size goes before an index of its name."""
    book = network._book
    sizes = {str(symbol): symbol for symbol in book.sizes.dims}
    return {str(index): index for index in book.axes} | sizes | network.symbols


def _left(element: Any, value: Any) -> tuple[AdjointSymbol, tuple[Basic, ...]]:
    if isinstance(element, AdjointSymbol):
        return element, ()
    if isinstance(element, Element) and isinstance(element.tensor, AdjointSymbol):
        return element.tensor, subscripts_of(element.tensor, element.subscripts)
    of = element.args[0] if isinstance(element, Element) else element
    remedy = f"write net.claim(delta({of})[...], ...)" if isinstance(of, TensorSymbol) else _AS_IN
    raise InvalidClaim(f"claim({element}, {value})", expected="an element of a δ", found=str(element), remedy=remedy)


class _ClaimReading(Reading):
    """A claim being read: like an equation, but nothing that is seen becomes known to the network."""

    def __init__(self, book: Book, subject: Subject) -> None:
        super().__init__(book, subject)
        self.deltas: set[str] = set()

    def see(self, symbol: TensorSymbol | AdjointSymbol, subscripts: tuple[Basic, ...]) -> None:
        if not isinstance(symbol, AdjointSymbol):
            return super().see(symbol, subscripts)
        super().see(symbol.of, subscripts)
        declared = self.book.tensors[symbol.of.name]
        if declared.kind not in _DIFFERENTIABLE or declared.dtype is not DType.FLOAT:
            raise InvalidArgument(
                self.subject(), expected="δ of parameters, float inputs and intermediates",
                found=f"that of the {declared.kind.value} tensor {declared.name}",
            )  # fmt: skip
        self.deltas.add(declared.name)
        return None

    def keep(self) -> None:
        """Nothing: a claim is no part of the network."""

    def equation(self, target: str, subscripts: tuple[Basic, ...], expr: Basic) -> Any:
        definition = super().equation(target, subscripts, expr)
        self.check_reads(definition.equation.lhs, definition.equation.axes)
        return definition

    def check_reads(self, term: Term, axes: tuple[Axis, ...]) -> None:
        """Ranges of all reads at once: the network's equations are there."""
        table = self._placed(term)
        for read in reads_of(term, axes, Facts.of(axes, self.book.facts)):
            check_read(read, table, self.subject)

    def _placed(self, term: Term) -> Mapping[str, Placed]:
        """Where the tensors of the term, and those that their δ are of, begin and end."""
        facts, out = Facts.of((), self.book.facts), {}
        names = {f"delta({name})": name for name in self.deltas}
        for read in accesses(term):
            declared = self.book.tensors[names.get(read.tensor, read.tensor)]
            if declared.shape is not None:
                out[read.tensor] = Placed.of(declared.given())
            else:
                found = cover_of(declared, declared.definitions, facts)
                out[read.tensor] = Placed.of(declared.tensor(found.shape, found.origin))
        return out
