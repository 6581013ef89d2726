"""Strongly connected components, by hand."""

from symbackprop.terms.graph import ordered_components, strong_components

EDGES = {0: [1], 1: [2, 3], 2: [1], 3: [3], 4: [0]}


def test_components_come_after_what_they_reach():
    assert strong_components(range(5), EDGES) == [[3], [1, 2], [0], [4]]


def test_ordered_components_come_before_what_they_reach():
    assert ordered_components(range(5), EDGES) == [[4], [0], [1, 2], [3]]
    assert ordered_components([2, 0, 1], {}) == [[0], [1], [2]]


def test_a_long_chain_needs_no_recursion():
    chain = {place: [place + 1] for place in range(5000)}
    assert len(strong_components(range(5001), chain)) == 5001
