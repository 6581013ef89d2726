"""Claims in every form in which a caller may give them are read as one."""

from __future__ import annotations

import pytest
from sympy import Eq, S

from symbackprop import Network, Sum, delta
from symbackprop.claims import claims_about
from symbackprop.errors import ForeignTensor, InvalidClaim
from symbackprop.terms.show import show


def network(name: str = "one"):
    net = Network(name)
    N = net.dim("N")
    n = net.index("n", N)
    w = net.parameter("w", (N,))
    net.loss = Sum(w[n] ** 2, n)
    return net, delta(w)[n], 2 * w[n]


def test_every_form_says_the_same() -> None:
    net, element, value = network()
    (first,) = claims_about(net, [(element, value)])
    for claims in (
        (element, value), {element: value}, Eq(element, value), [Eq(element, value)], [[element, value]],
        "delta(w)[n] = 2*w[n]", ["delta(w)[n] = 2*w[n]"], first, [first], iter([(element, value)]),
    ):  # fmt: skip
        made = claims_about(net, claims)
        assert len(made) == 1
        assert made[0].deltas == first.deltas
        assert made[0].left is first.left
        assert made[0].right is first.right


def test_those_of_the_network_where_none_are_given() -> None:
    net, element, value = network()
    net.claim(element, value)
    net.claim(element, 3 * value)
    assert claims_about(net, None) == tuple(net.claims)
    assert [show(claim.right) for claim in claims_about(net, None)] == ["2·w[n]", "6·w[n]"]


@pytest.mark.parametrize("claims", [None, [], 3.5, S.One, object(), [object()], [("delta(w)[n]",)], [(1, 2, 3)]])
def test_what_is_no_claim_is_refused(claims: object) -> None:
    net, _, _ = network()
    with pytest.raises(InvalidClaim) as error:
        claims_about(net, claims)  # type: ignore[arg-type]
    assert "expected" in str(error.value)


def test_a_claim_of_another_network_is_refused() -> None:
    net, element, value = network()
    other, _, _ = network("other")
    (claim,) = claims_about(net, [(element, value)])
    with pytest.raises(ForeignTensor, match=r"about network 'other'.*one about network 'one'"):
        claims_about(other, [claim])
