"""What is asked of a check: what is good comes back as it is, all else is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sympy import Ge

from symbackprop import Network, Sum
from symbackprop.errors import InvalidArgument, InvalidSize, UnknownSymbol
from symbackprop.terms.program import Program
from symbackprop.verify.asked import LONGEST_AXIS, MOST_SEED, asked_seed, asked_sizes, check_sizes, check_work


def program() -> Program:
    net = Network("asked")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x = net.parameter("x", (N, D))
    net.assume(Ge(N, D))
    net.loss = Sum(x[n, d], n, d)
    return net.to_program()


def test_sizes() -> None:
    N, D = Network("sizes").dims("N D")
    assert asked_sizes(None) is None
    assert asked_sizes({N: 4, "D": np.int64(3)}) == {"N": 4, "D": 3}
    assert asked_sizes({D: LONGEST_AXIS}) == {"D": LONGEST_AXIS}


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None, LONGEST_AXIS + 1])
def test_a_size_that_is_none(size: Any) -> None:
    with pytest.raises(InvalidSize, match="size N"):
        asked_sizes({"N": size})


def test_a_size_that_is_too_long_to_print() -> None:
    with pytest.raises(InvalidSize, match="a number of about 6000 digits"):
        asked_sizes({"N": 1 << 20000})


@pytest.mark.parametrize("dims", [3, [("N", 2)], "N"])
def test_sizes_that_are_none(dims: Any) -> None:
    with pytest.raises(InvalidArgument, match="dims"):
        asked_sizes(dims)


@pytest.mark.parametrize("seed", [0, 7, np.uint32(9), MOST_SEED])
def test_seeds(seed: Any) -> None:
    assert asked_seed(seed) == int(seed)


@pytest.mark.parametrize("seed", [-1, MOST_SEED + 1, 1.0, "1", None, False])
def test_a_seed_that_is_none(seed: Any) -> None:
    with pytest.raises(InvalidArgument, match="seed"):
        asked_seed(seed)


def test_sizes_of_a_program() -> None:
    assert check_sizes(program(), {"D": 2, "N": 5}) == {"N": 5, "D": 2}
    with pytest.raises(UnknownSymbol, match="one of N, D"):
        check_sizes(program(), {"N": 5, "D": 2, "M": 1})
    with pytest.raises(InvalidSize, match="none for D"):
        check_sizes(program(), {"N": 5})
    with pytest.raises(InvalidSize, match=r"N=2, D=5"):
        check_sizes(program(), {"N": 2, "D": 5})
    check_work(program(), {"N": 5, "D": 2}, 1000)
    with pytest.raises(InvalidSize, match=r"at most 10 elements.*at N=5, D=2"):
        check_work(program(), {"N": 5, "D": 2}, 10)
