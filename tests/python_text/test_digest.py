"""The digest names what a module was made from: the same for the same network, another for any other."""

from __future__ import annotations

from symbackprop.python_text.digest import digest
from tests.lower.cases import case, named


def test_the_same_again() -> None:
    found = case("contraction", "a matrix product")
    assert digest(found.module) == digest(found.module)


def test_no_two_networks_share_one() -> None:
    digests = {digest(case(group, name).module) for group, name in named("expression", "reading")}
    assert len(digests) == len(named("expression", "reading"))
