"""`net.output(p, q)`: the tensors that `predict` returns, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symbackprop.errors import InvalidOutput
from symbackprop.language.again import ANEW
from symbackprop.language.book import Book, foreign
from symbackprop.language.owner import Owner
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import told
from symbackprop.terms.program import TensorKind


def read_outputs(tensors: Sequence[Any], network: Owner, book: Book, before: Sequence[str]) -> list[str]:
    """The names of all outputs, with these behind those `before`; one that was said before keeps its place.

    InvalidOutput for what is no computed tensor of the network, one twice in a call, and a call in another order.
    """
    names: list[str] = []
    for tensor in tensors:
        names.append(_computed(tensor, network, book))
        if names[-1] in names[:-1]:
            raise InvalidOutput(f"output {tensor}", expected="each output once", found=f"{tensor} twice")
    outputs = list(dict.fromkeys((*before, *names)))
    if [name for name in outputs if name in names] != names:
        raise InvalidOutput(
            f"output {', '.join(names)}", expected="the order in which predict returns them",
            found=f"{', '.join(before)} before", remedy=ANEW,
        )  # fmt: skip
    return outputs


def _computed(tensor: Any, network: Owner, book: Book) -> str:
    subject = f"output {told(tensor)}"
    if not isinstance(tensor, TensorSymbol):
        raise InvalidOutput(
            subject, expected="a tensor of this network", found=f"{told(tensor)} ({type(tensor).__name__})",
            remedy="write net.output(p) for a tensor p: its name without subscripts or quotes",
        )  # fmt: skip
    if tensor.network is not network:
        other = foreign(tensor, network, subject, "")
        raise InvalidOutput(subject, expected="a tensor of this network", found=other.found, remedy=other.remedy)
    kind = book.tensors[tensor.name].kind
    if kind is not TensorKind.INTERMEDIATE:
        raise InvalidOutput(
            subject, expected="a tensor that is computed", found=f"the {kind.value} {tensor}",
            remedy="define a tensor that equals it",
        )  # fmt: skip
    return tensor.name  # type: ignore[no-any-return]
