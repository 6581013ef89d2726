"""Padding against `numpy.pad`."""

import numpy as np
import pytest

from symbackprop import Network, layers
from symbackprop.errors import InvalidArgument

from .values import normal, run


@pytest.mark.parametrize(
    ("mode", "numpys"),
    [("constant", "constant"), ("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")],
)
@pytest.mark.parametrize("sides", [((1, 1), (0, 2)), ((2, 0), (0, 0)), ((2, 3), (1, 1))])
def test_modes(mode: str, numpys: str, sides: tuple[tuple[int, int], ...]) -> None:
    x = normal(1, 2, 4, 3)
    found = run(lambda x: layers.pad(x, sides, mode), x=x)
    np.testing.assert_array_equal(found.value, np.pad(x, [(0, 0), (0, 0), *sides], mode=numpys))


def test_no_more_than_there_is() -> None:
    x = normal(1, 2, 3)
    for mode, most in (("reflect", 2), ("circular", 3)):
        run(lambda x, mode=mode, most=most: layers.pad(x, most, mode), x=x)
        with pytest.raises(InvalidArgument, match=f"at most {most} in mode '{mode}'"):
            run(lambda x, mode=mode, most=most: layers.pad(x, most + 1, mode), x=x)
    net = Network("symbolic")
    N, C, T = net.dims("N C T")
    layers.pad(net.input("x", (N, C, T)), 2, "reflect")
    assert [str(fact.text) for fact in net._written.assumptions] == ["3 <= T"]
