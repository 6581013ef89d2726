"""The claims to look at: those that a network remembers, or others about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from symbackprop.errors import ForeignTensor, InvalidClaim
from symbackprop.language import Claim, Network
from symbackprop.language.book import Book
from symbackprop.language.claims import read_claim
from symbackprop.language.programs import book_of
from symbackprop.terms.program import Program

Claims = Iterable[Any] | Mapping[Any, Any] | Claim | str | None


def claims_about(source: Network | Program, claims: Claims) -> tuple[Claim, ...]:
    """`claims`: those of `net.claim`, pairs (`delta(z)[n, j]`, value), equations and texts among them read, or what
    maps the one to the other; those of the network where None.

    Raises `InvalidClaim` for what is no claim, or if there is none, and `ForeignTensor` for one of another network.
    """
    book = book_of(source)
    made = tuple(_claim(book, claim) for claim in _several(source, claims))
    if not made:
        raise InvalidClaim(
            f"network {source.name!r}", expected="a claim about a gradient of it", found="none",
            remedy="write net.claim(delta(z)[n, j], value) behind its equations, with delta imported from symbackprop",
        )  # fmt: skip
    return made


def _several(source: Network | Program, claims: Any) -> Iterable[Any]:
    match claims:
        case None:
            return source.claims if isinstance(source, Network) else ()
        case Claim() | str() | sympy.Equality():
            return (claims,)
        case Mapping():
            return claims.items()
        case (sympy.Expr(), other) if not isinstance(other, Claim | sympy.Equality | str | tuple | list):
            return (claims,)
        case sympy.Basic() | bool() | int() | float():
            return (claims,)
        case _ if hasattr(claims, "__iter__"):
            return claims  # type: ignore[no-any-return]
        case _:
            raise InvalidClaim(
                f"claims {claims!r}", expected="a list of claims", found=type(claims).__name__,
                remedy="write check_derivation(net, [(delta(z)[n, j], value)])",
            )  # fmt: skip


def _claim(book: Book, claim: Any) -> Claim:
    match claim:
        case Claim() if claim.network is book.network:
            return claim
        case Claim():
            raise ForeignTensor(
                f"claim {claim}", expected=f"claims about network {book.network.name!r}",
                found=f"one about network {claim.network.name!r}",
            )  # fmt: skip
        case str() | sympy.Basic() | bool() if not isinstance(claim, sympy.Tuple):
            return read_claim(book, claim)
        case (element, value):
            return read_claim(book, element, value)
        case _:
            raise InvalidClaim(
                f"claim {claim}", found=type(claim).__name__,
                expected='(delta(z)[n, j], value), Eq(delta(z)[n, j], value) or "delta(z)[n, j] = value"',
            )  # fmt: skip
