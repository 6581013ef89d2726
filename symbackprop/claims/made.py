"""The claims to look at: those that a network remembers, or others about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symbackprop.errors import ForeignTensor, InvalidClaim
from symbackprop.language import Claim, Network, read_claim


def claims_about(net: Network, claims: Iterable[Claim | tuple[Any, Any]] | None) -> tuple[Claim, ...]:
    """`claims`, pairs (`delta(z)[n, j]`, value) among them read; those of the network where None.

    Raises `InvalidClaim` for what is no claim, or if there is none, and `ForeignTensor` for one of another network.
    """
    made = tuple(_claim(net, claim) for claim in (net.claims if claims is None else claims))
    if not made:
        raise InvalidClaim(
            f"network {net.name!r}", expected="a claim about a gradient of it", found="none",
            remedy="write net.claim(delta(z)[n, j], value) behind its equations, with delta imported from symbackprop",
        )  # fmt: skip
    return made


def _claim(net: Network, claim: Any) -> Claim:
    match claim:
        case Claim() if claim.network is net:
            return claim
        case Claim():
            raise ForeignTensor(
                f"claim {claim}", expected=f"claims about network {net.name!r}",
                found=f"one about network {claim.network.name!r}",
            )  # fmt: skip
        case (element, value):
            return read_claim(net, element, value)
        case _:
            raise InvalidClaim(f"claim {claim}", expected="(delta(z)[n, j], value)", found=type(claim).__name__)
