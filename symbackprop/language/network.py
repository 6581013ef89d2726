"""`Network`: what is declared (`declarations`) and what is said of it (`statements`), as an object.

An equation is read and checked where it is written; what needs the whole network is checked in `whole`, when a
program is made of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from symbackprop.errors import UnknownMethod, UnknownTensor
from symbackprop.language.calls import called
from symbackprop.language.claims import Claim, mentioned
from symbackprop.language.display import html_of, latex_of, text_of
from symbackprop.language.statements import Description, Statements
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import told
from symbackprop.language.whole import check_network
from symbackprop.terms.program import Program

_INNER = {  # what the package itself asks a network
    "axis_names", "book", "has_name", "index_if_free", "once", "to_program", "with_claims",
}  # fmt: skip


class Network(Statements):
    """A network: a list of tensor equations. `description`: what is said of it where it is printed, as in a docstring:
    a line that is its title, then paragraphs, and formulas that are indented; or a dict of such texts by language,
    `{"en": …, "zh": …}`.

    >>> from symbackprop.language import Network, Sum
    >>> net = Network("linear")
    >>> N, D = net.dims("N D")
    >>> n, i = net.indices(n=N, i=D)
    >>> x, w = net.input("x", (N, D)), net.parameter("w", (D,))
    >>> y = net.tensor("y")
    >>> y[n] = Sum(w[i] * x[n, i], i)
    >>> net.loss = Sum(y[n] ** 2, n) / (2 * N)
    >>> y.shape
    (N,)
    """

    __slots__ = ("_program",)

    @called('a name, as in Network("mlp"), and a description if it has one')
    def __init__(self, name: str, description: Description = "") -> None:
        super().__init__(name, description)
        self._program: Program | None = None

    def __repr__(self) -> str:
        return f"Network({self.name!r}): {len(self._book.tensors)} tensors, {len(self._written.order)} equations"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(text_of(self._written))

    def _repr_html_(self) -> str:
        return html_of(self._written)

    def _repr_latex_(self) -> str:
        return latex_of(self._written)

    def __getitem__(self, name: Any) -> Any:
        raise UnknownMethod(f"net[{name!r}]", expected="a network, which is no list", found="subscripts",
                            remedy='its tensors by name are net.symbols, as in net.symbols["W1"]')  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._unknown(name)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            object.__setattr__(self, name, value)
        except AttributeError:
            raise self._unknown(name, f" = {told(value)}") from None

    def _unknown(self, name: str, then: str = "") -> UnknownMethod:
        known = [each for each in dir(type(self)) if not each.startswith("_") and each not in _INNER]
        if name in known:  # and assigned
            remedy = f"write net.{name}(...)" if callable(getattr(type(self), name)) else f"net.{name} is read alone"
            return UnknownMethod(
                f"net.{name}{then}", expected="net.loss or net.description, which are assigned", found=f"net.{name}",
                remedy="net.claims.clear() empties the list, net.claim(...) adds to it" if name == "claims" else remedy,
            )  # fmt: skip
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"did you mean net.{near[0]}?" if near else ""
        return UnknownMethod(f"net.{name}{then}", expected=f"one of {', '.join(known)}", found=name, remedy=remedy)

    @property
    def symbols(self) -> dict[str, TensorSymbol]:
        """The tensors by name."""
        return {name: declared.symbol for name, declared in self._book.tensors.items()}

    # --- the whole ---------------------------------------------------------------------------------
    def to_program(self, *, needs_loss: bool = True) -> Program:
        """The network as a checked program, its equations as they were written; raises for what is wrong as a whole.

        `needs_loss`: whether it is to be differentiated. One with outputs alone is a layer then, whose loss is the
        inner product with given cotangents (`terms.layer`); else it stays as it is, such as an optimiser's.
        """
        if not needs_loss:
            return self._checked(needs_loss)
        if self._program is None:
            self._program = self._checked(needs_loss)
        return self._program

    def with_claims(self, claims: Collection[Claim]) -> Program:
        """`to_program` with the tensors that these claims read, also where nothing else does."""
        program = self._checked(True, mentioned(claims))
        for claim in claims:
            for name in sorted(claim.mentions - program.table.keys()):
                raise UnknownTensor(
                    f"claim {claim}", expected=f"tensors of {self.name}", found=f"{name}, which it has no more",
                    remedy="a network with a loss has no cotangents: write the claim anew",
                )  # fmt: skip
        return program

    def _checked(self, needs_loss: bool, kept: frozenset[str] = frozenset()) -> Program:
        written = replace(self._written, claimed=mentioned(self.claims) | kept)
        return check_network(written.without_auxiliaries(kept), needs_loss)

    def _changed(self) -> None:
        self._program = None
