"""Names: what Python takes for one, and what the generated module leaves free."""

from __future__ import annotations

import keyword

import pytest

from symbackprop.errors import InvalidName
from symbackprop.language.names import RESERVED, check_name, split_names


@pytest.mark.parametrize("name", ["x", "W_1", "β", "lambda_"])
def test_names(name: str) -> None:
    assert check_name("tensor", name) == name


@pytest.mark.parametrize("name", ["", "1x", "a b", "x-1", 7, "ﬁ", *keyword.kwlist, *RESERVED])
def test_what_is_none(name: object) -> None:
    with pytest.raises(InvalidName, match="tensor"):
        check_name("tensor", name)


def test_an_index_may_have_the_name_of_an_argument() -> None:
    assert check_name("index", "rng", reserved=()) == "rng"


def test_several_in_one_string() -> None:
    assert split_names("sizes", "N D H") == split_names("sizes", "N, D,H ") == ("N", "D", "H")
    for names in ("", " , ", ["N"], None):
        with pytest.raises(InvalidName, match="sizes"):
            split_names("sizes", names)
