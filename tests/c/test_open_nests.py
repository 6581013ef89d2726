"""Nests compute what the values do that they are made of."""

from __future__ import annotations

import pytest

from symbackprop.c.nests import Nest, Store, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.lower.values import Choose, Contract, Fold, inside
from tests.c.functions import SOME, check_nests, none_changed, values_of


@pytest.mark.parametrize("name", SOME)
def test_they_compute_the_values(name: str) -> None:
    check_nests(name, none_changed, open_nests)


@pytest.mark.parametrize("name", SOME)
def test_every_nest_has_an_index_of_its_own_and_no_value_a_reduction(name: str) -> None:
    module = values_of(name)
    for function in module.functions:
        statements = list(statements_in(open_nests(function, module.program).body))
        indices = [statement.axis.index for statement in statements if isinstance(statement, Nest)]
        assert len(set(indices)) == len(indices)
        for statement in statements:
            if isinstance(statement, Store):
                assert not [p for p in inside(statement.value) if isinstance(p, Contract | Fold | Choose)]
