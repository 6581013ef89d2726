"""Axes that are split into equal groups."""

import pytest
from sympy import floor

from symbackprop import Network
from symbackprop.errors import InvalidArgument
from symbackprop.layers.grouping import in_groups, share
from symbackprop.layers.naming import Layer


def test_shares() -> None:
    net = Network("shares")
    C, G = net.dims("C G")
    assert share(net, "test", 6, 2) == 3
    assert share(net, "test", 2 * C, 2) == C
    assert share(net, "test", C, 1) == C
    assert net._written.assumptions == []
    with pytest.raises(InvalidArgument, match="a divisor of 6, found 4"):
        share(net, "test", 6, 4)
    assert share(net, "test", C, G) == floor(C / G)
    assert [fact.text for fact in net._written.assumptions] == ["Eq(C, G*floor(C/G))"]


@pytest.mark.parametrize(("channels", "filters", "groups"), [(6, 4, 2), (3, 3, 3), (5, 2, 1)])
def test_channels_by_enumeration(channels: int, filters: int, groups: int) -> None:
    net = Network("groups")
    found = in_groups(Layer(net, "1"), "test", channels, filters, groups)
    read: dict[int, set[int]] = {}
    g = next((index for index in net._book.axes if str(index) == "g"), found.c)
    for group in range(groups):
        for c in range(found.inner):
            for f in range(found.own):
                at = {g: group, found.c: c, found.f: f}
                read.setdefault(int(found.filter.subs(at)), set()).add(int(found.channel.subs(at)))
    assert set(read) == set(range(filters))
    for filter_, own in read.items():
        first = filter_ // (filters // groups) * (channels // groups)
        assert own == set(range(first, first + channels // groups))
