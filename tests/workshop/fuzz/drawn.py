"""Random networks for the tests of other stages."""

from __future__ import annotations

from itertools import count

from symbackprop import Network
from symbackprop.errors import UnreachedParameter, UnreachedTensor
from workshop.fuzz.generate import network_of, random_source

# Where SymPy itself simplifies a tensor away, the language rightly says that nothing reads it.
VANISHED = (UnreachedTensor, UnreachedParameter)


def drawn(seed: int) -> tuple[Network, dict[str, int]]:
    """A network that the language takes, the same for a seed, and its sizes."""
    for again in count():
        net, sizes = network_of(random_source(seed + 1_000_000 * again))
        try:
            net.to_program()
        except VANISHED:
            continue
        return net, sizes
    raise AssertionError("unreachable")
