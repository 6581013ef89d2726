"""What is said of tensors that are declared: equations, the loss, next values, outputs, facts, claims, and for display
notation and a description."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import sympy
from sympy import Basic, Expr

from symbackprop.errors import (
    GivenTensorDefined,
    InvalidArgument,
    MissingLoss,
    NonScalarLoss,
    RedefinedLoss,
    UnboundIndex,
)
from symbackprop.language.again import ANEW, once, stands
from symbackprop.language.assumptions import read_assumption
from symbackprop.language.book import Book
from symbackprop.language.calls import called
from symbackprop.language.claims import Claim, read_claim
from symbackprop.language.declarations import Declarations
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.equations import Reading, sympified
from symbackprop.language.nodes import holds
from symbackprop.language.notation import read_notation
from symbackprop.language.outputs import read_outputs
from symbackprop.language.source import assumption_as_written, claim_as_written
from symbackprop.language.symbols import TensorSymbol, TrainingSwitch, element_of
from symbackprop.language.told import told
from symbackprop.language.whole import Written
from symbackprop.phrases import language_of
from symbackprop.terms.layer import cotangent_name
from symbackprop.terms.program import TensorKind

_Result = TypeVar("_Result")
_ADVICE = {
    TensorKind.INPUT: "an input is given: define an intermediate, net.tensor(...)",
    TensorKind.PARAMETER: "a parameter is given: define an intermediate, net.tensor(...)",
    TensorKind.RANDOM: "a random tensor is drawn: define an intermediate, net.tensor(...)",
    TensorKind.BUFFER: "a buffer's next value is said with net.update(buffer[...], value)",
}


Description = str | Mapping[str, str]  # a docstring, or one for each language by its name


def _read_description(said: Any) -> dict[str, str]:
    if isinstance(said, str):
        return {"": inspect.cleandoc(said)} if said else {}
    if isinstance(said, Mapping) and said and all(isinstance(text, str) for text in said.values()):
        return {language_of(name).name: inspect.cleandoc(text) for name, text in said.items()}
    expected = "words, such as a docstring, or a dict of them by language"
    raise InvalidArgument("description", expected=expected, found=told(said))


class Statements(Declarations):
    """A list of tensor equations, and what is said beside them; `Network` makes a program of it."""

    __slots__ = ("_written",)

    def __init__(self, name: str, description: Description) -> None:
        super().__init__(name)
        self._written = Written(self._book, descriptions=_read_description(description))

    @property
    def book(self) -> Book:
        """What is known of names while the network is written: what claims are read by, cotangents of a layer too."""
        if self._written.loss is not None:
            return self._book
        tensors, given = dict(self._book.tensors), dict(self._book.given)
        for output in self._written.outputs:
            shape, axes, name = self._book.tensor(output).shape, self._book.tensors[output].axes, cotangent_name(output)
            declared = Declared(TensorSymbol(name, self, self._serial), TensorKind.COTANGENT, shape, axes=axes)
            tensors.setdefault(name, declared)  # where the name is taken, `whole` says so
            given.setdefault(name, declared.given())
        return replace(self._book, tensors=tensors, given=given)

    @property
    def claims(self) -> list[Claim]:
        """Of its gradients, in the order of writing; no part of its program."""
        return self._written.claims

    @property
    def description(self) -> Description:
        """What its author says of it, without the indentation that its lines share; by language where it was given so:
        `{"en": …, "zh": …}`."""
        said = self._written.descriptions
        return dict(said) if any(said) else said.get("", "")

    @description.setter
    def description(self, said: Any) -> None:
        self._written.descriptions = _read_description(said)
        self._changed()

    def _known(self, symbol: TensorSymbol) -> Book:
        return self._book if symbol.name in self._book.tensors else self.book  # a cotangent

    # --- equations ---------------------------------------------------------------------------------
    @property
    def loss(self) -> Expr:
        """The scalar that is differentiated, as it was assigned.

        `NonScalarLoss` for one with free indices, `RedefinedLoss` for a second, `MissingLoss` where there is none.
        """
        if self._written.said is None:
            raise MissingLoss(f"network {self.name!r}", expected="a loss", found="none", remedy="assign net.loss = ...")
        return self._written.said

    @loss.setter
    def loss(self, value: Any) -> None:
        reading, expr = self._opened(lambda right: f"loss = {right}", value)
        try:
            definition = reading.equation("loss", (), expr)
        except UnboundIndex as error:
            escaped = holds(expr, sympy.Sum, sympy.Product)
            raise NonScalarLoss(
                error.subject, expected="a scalar", found=error.found,
                remedy=error.remedy if escaped else "sum or average over it, as in Sum(..., n)/N",
            ) from None  # fmt: skip
        before = self._written.loss
        if before is not None:
            if before.equation == definition.equation:
                return
            raise RedefinedLoss(
                definition.text(), expected="one loss", found=f"{before.text()} before",
                remedy=f"add the terms up in one assignment; {ANEW}",
            )  # fmt: skip
        self._written.said, self._written.loss = expr, definition
        self._book.has_end = True
        self._closed(reading, definition)

    @loss.deleter
    def loss(self) -> None:
        raise RedefinedLoss("del net.loss", expected="a loss that stands", found="one taken back", remedy=ANEW)

    def _define(self, symbol: TensorSymbol, subscripts: tuple[Basic, ...], value: Any) -> None:
        """`symbol[subscripts] = value`."""
        declared = self._book.tensors[symbol.name]
        if declared.kind is not TensorKind.INTERMEDIATE:
            raise GivenTensorDefined(
                f"{symbol.name}[{', '.join(map(told, subscripts))}] = {told(value)}",
                expected="a tensor to be defined on the left",
                found=f"the {declared.kind.value} {symbol.name}", remedy=_ADVICE[declared.kind],
            )  # fmt: skip
        reading, expr = self._opened(lambda right: f"{told(symbol[subscripts])} = {right}", value)
        declared.check_rank(len(subscripts), reading.subject)
        reading.again = bool(declared.definitions)
        definition = reading.equation(symbol.name, subscripts, expr)
        if stands(definition.equation, declared.definitions):
            return
        declared.see_axes(subscripts)
        declared.definitions.append(definition)
        self._closed(reading, definition)

    @called("an element of a buffer and its next value, as in net.update(mean[c], 0.9*mean[c] + 0.1*m[c])")
    def update(self, element: Any, value: Any) -> None:
        """The buffer's next value: `net.update(running[c], 0.9*running[c] + 0.1*mean[c])`.

        `InvalidArgument` for an element of anything but a buffer.
        """
        symbol, subscripts = element_of(element)
        own = symbol is not None and symbol.network is self
        if symbol is None or not own or self._book.tensors[symbol.name].kind is not TensorKind.BUFFER:
            raise InvalidArgument(
                f"update({told(element)}, {told(value)})", expected="an element of a buffer of this network",
                found=told(element), remedy="write net.update(buffer[c], value)",
            )  # fmt: skip
        reading, expr = self._opened(lambda right: f"update({told(element)}, {right})", value)
        reading.see(symbol, subscripts)
        definition = reading.equation(symbol.name, subscripts, expr)
        before = self._written.updates.setdefault(symbol.name, [])
        if not stands(definition.equation, before):
            before.append(definition)
            self._closed(reading, definition)

    def _opened(self, text: Callable[[str], str], value: Any) -> tuple[Reading, Basic]:
        """The reading of an equation with this right-hand side, which `text` puts into the whole."""
        expr = sympified(value, lambda: text(told(value)))
        return Reading(self._book, lambda: text(told(expr))), expr

    def _closed(self, reading: Reading, definition: Definition) -> None:
        """One more equation stands."""
        reading.keep()
        self._written.order.append(definition)
        self._changed()

    def output(self, *tensors: Any) -> None:
        """What `predict` returns; of a network without a loss, a layer, what is differentiated too.

        `InvalidOutput` for what is given and not computed, for one twice, and for a tensor of another network.
        """
        outputs = read_outputs(tensors, self, self._book, self._written.outputs)
        self._written.outputs[:] = outputs
        self._book.has_end |= bool(outputs)
        self._changed()

    def cotangent(self, output: Any) -> TensorSymbol:
        """`d_<output>`, the given cotangent of an output of a layer, to write claims with."""
        declared = self.book.tensors.get(cotangent_name(getattr(output, "name", str(output))))
        if declared is None or declared.kind is not TensorKind.COTANGENT:
            raise InvalidArgument(f"cotangent({output})", expected="an output of a network without a loss",
                                  found=str(output), remedy="say net.output(...) first")  # fmt: skip
        return declared.symbol

    @property
    def training(self) -> TrainingSwitch:
        """A condition, true in `forward` and false in `predict`, as batch normalisation needs:
        `Piecewise((a, net.training), (b, True))`."""
        return TrainingSwitch()

    @called("a fact, as in net.assume(Eq(Sum(y[n, k], k), 1))")
    def assume(self, fact: Any) -> None:
        """A fact the derivation may use: a relation between sizes, or between given tensors for every position of
        its free indices, as in `net.assume(Eq(Sum(y[n, k], k), 1))`.

        `UnsupportedAssumption` for one about what is computed, and for one that cannot hold.
        """
        place, text = assumption_as_written()
        found = read_assumption(fact, self._book, lambda: f"assume({fact})", place, text)
        self._written.assumptions += [each for each in found if each not in self._written.assumptions]
        self._changed()

    @called(r'names and their LaTeX, as in net.notation(W1=r"\Theta")')
    def notation(self, **symbols: str) -> None:
        r"""How tensors, sizes and indices are printed: `net.notation(W1=r"W^{(1)}", u=r"\hat{z}", N="B")`.

        It changes printed mathematics alone. Raises for an unknown name, and for LaTeX that is not one symbol.
        """
        before = self._written.notation
        self._written.notation = before | read_notation(symbols, {*self._book.names(), "loss"}, before)
        self._changed()

    @called("a claim, as in net.claim(delta(z)[n, j], value)")
    def claim(self, claim: Any, value: Any = None) -> Claim:
        """A gradient derived by hand, for `check_derivation` to prove or refute: `net.claim(delta(z)[n, j], value)`,
        `net.claim(Eq(delta(z)[n, j], value))` or `net.claim("delta(z)[n, j] = value")`.

        Both sides are expressions of the language in the network's tensors, the δ of any of them, and derivatives of
        one by another. Subscripts on the left may be integers, sizes, and indices of a shorter range: then the claim is
        of that slice alone. See `language.claims` for what a claim is.
        """
        place, text = claim_as_written(self.book.names())
        found = read_claim(self.book, claim, value, place, text)
        if found not in self.claims:  # as where a cell is run again; the same words in another line are another claim
            self.claims.append(found)
        self._changed()
        return found

    def once(self, key: Hashable | None, write: Callable[[], _Result]) -> _Result:
        """For those who write layers: what `write` gives, or nothing of it where something is refused (`again`)."""
        return once(self._written, key, write)
