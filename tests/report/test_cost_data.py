"""The costs as data: what they say is what the polynomials say."""

import pytest
import sympy

from symbackprop import cost, zoo
from symbackprop.errors import InvalidSize
from symbackprop.feasible.size_conditions import conditions_of, first_failure
from symbackprop.report.cost_data import QUANTITIES, cost_data, expression_data, numbers, starting_sizes, value_of
from symbackprop.sources import program_of
from symbackprop.verify.prime_sizes import choose_sizes


@pytest.mark.parametrize("name", ["mlp", "lstm", "unet"])
def test_numbers_are_the_polynomials(name):
    net = zoo.load(name)
    program, found = program_of(net), cost(net)
    for seed in (0, 1):
        sizes = choose_sizes(program, seed)
        at = {sympy.Symbol(key, integer=True, positive=True): sympy.Integer(size) for key, size in sizes.items()}
        rows = dict(numbers(cost_data(found, program, sizes), sizes))
        assert list(rows) == [row.name for row in found.rows]
        for row in found.rows:
            assert rows[row.name] == tuple(int(getattr(row, quantity).xreplace(at)) for quantity in QUANTITIES)


def test_dominated_entries_of_a_maximum_are_left_out():
    N, D = sympy.symbols("N D", integer=True, positive=True)
    largest = sympy.Max(4 * N, 8 * N + 1, 8 * N + D, 3 * sympy.floor(N / 2), evaluate=False)
    data = expression_data(largest)
    assert len(data) == 4  # max, and three entries: 4 N is below 8 N + 1
    for n in (1, 2, 7):
        for d in (1, 5, 100):
            assert value_of(data, {"N": n, "D": d}) == largest.xreplace({N: sympy.Integer(n), D: sympy.Integer(d)})


def test_entries_that_hold_a_lesser_of_two_are_kept():
    N, D = sympy.symbols("N D", integer=True, positive=True)
    lesser = 9 * sympy.Min(8192, N * D, evaluate=False) + N
    for entries in ((lesser, 2 * N * D + N), (2 * N * D + N, lesser), (8192 * N, lesser, 3 * N)):
        largest = sympy.Max(*entries, evaluate=False)
        data = expression_data(largest)
        for n in (1, 2, 700):
            for d in (1, 5, 100):
                assert value_of(data, {"N": n, "D": d}) == largest.xreplace({N: sympy.Integer(n), D: sympy.Integer(d)})


def test_what_costs_do_not_hold_is_refused():
    with pytest.raises(TypeError, match="not an expression of a cost"):
        expression_data(sympy.sin(sympy.Symbol("N")))
    with pytest.raises(TypeError, match="not an expression of a cost"):
        value_of(["-", 1, 2], {})


@pytest.mark.parametrize("name", ["mlp", "lenet", "crf", "unet"])
def test_the_first_sizes_meet_the_conditions(name):
    program = program_of(zoo.load(name))
    sizes = starting_sizes(program, choose_sizes(program), None)
    assert list(sizes) == list(program.dims)
    assert first_failure(conditions_of(program, allow_empty=False), sizes) is None


def test_sizes_asked_for():
    program = program_of(zoo.load("mlp"))
    assert starting_sizes(program, choose_sizes(program), {"H": 128})["H"] == 128
    with pytest.raises(InvalidSize, match="expected N, D, H, C, found Q"):
        starting_sizes(program, choose_sizes(program), {"Q": 2})


def test_conditions_are_stated():
    net = zoo.load("crf")
    program = program_of(net)
    (longer,) = cost_data(cost(net), program, choose_sizes(program))["conditions"]  # and none that every size meets
    assert longer["text"] == "T ≥ 2"
    sizes = dict.fromkeys(program.dims, 2)
    assert value_of(longer["expression"], {**sizes, "T": 1}) < 0 <= value_of(longer["expression"], sizes)
