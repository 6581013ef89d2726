"""The harness: blocks, ratios of rounds, differences, and processes that answer or say why not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import race, steps
from benchmarks.race import Absent, Block, Contender, Plan, Row, difference, paired, quartiles

NAMES = ("numpy-expert", "numpy-naive", "products")


def test_a_difference_is_measured_by_the_array_it_is_of():
    expected = {"loss": np.array(2.0), "W": np.array([[1.0, -4.0]]), "b": np.array([0.5])}
    assert difference(expected, expected) == 0
    assert difference({**expected, "b": np.array([0.6])}, expected) == pytest.approx(0.2)
    assert difference({**expected, "loss": np.array(3.0)}, expected) == pytest.approx(0.5)
    assert difference({**expected, "W": np.array([[1.0], [-4.0]])}, expected) == 0, "a layout is none of its business"


def test_what_is_nothing_but_rounding_is_measured_by_the_largest_gradient():
    expected = {"W": np.array([1.0]), "b": np.array([0.0])}
    assert difference({**expected, "b": np.array([1e-9])}, expected) == pytest.approx(1e-6)


def test_zeros_where_zeros_are_expected_differ_by_nothing():
    zeros = {"loss": np.array(0.0), "x": np.zeros(3)}
    assert difference(zeros, zeros) == 0
    assert difference({**zeros, "x": np.ones(3)}, zeros) > 1


@pytest.mark.parametrize("found", [{"W": np.array([np.nan])}, {"W": np.array([np.inf])}, {}, {"V": np.array([1.0])}])
def test_what_is_missing_or_not_finite_differs_without_bound(found):
    assert difference(found, {"W": np.array([1.0])}) == float("inf")


def test_ratios_are_of_rounds_in_which_both_were_quiet():
    ours = [Block(2, 2, 0.0), Block(9, 9, 0.9), Block(3, 3, 0.0)]
    theirs = [Block(1, 1, 0.0), Block(1, 1, 0.0), Block(2, 2, 0.01)]
    assert paired(ours, theirs) == [2, 1.5]
    assert paired(ours[1:2], theirs[1:2]) == [9], "there is none: those that are there"
    assert quartiles([1.0, 2.0, 3.0, 4.0, 5.0]) == (2, 3, 4)


def test_contenders_are_compared_and_timed():
    rows = race.race("workloads", "tiny", NAMES, Plan(rounds=2, seconds=0.01, tries=1, beside=NAMES[:1]))
    assert [row.contender for row in rows] == ["numpy-expert", "numpy-naive"], "products know nothing of this case"
    for row in rows:
        assert row.error < 1e-6
        assert 0 < row.least <= row.micros
        assert row.rounds == 2
    expert, naive = rows
    assert expert.ratios["numpy-expert"] == (1, 1, 1)
    assert naive.ratios["numpy-expert"][1] > 1


def test_who_cannot_run_says_why():
    contender = Contender("workloads", "products", "tiny")
    with pytest.raises(Absent, match="products: NotImplementedError: tiny has no matrix products"):
        contender.arrays()
    contender.close()


def row(contender: str, ratio: float) -> Row:
    return Row("zoo", "mlp", contender, 1, 1500.0, 1400.0, 0.1, 5, 5, 1e-7, {"pytorch": (ratio, ratio, ratio)})


def test_a_row_is_a_line_of_a_table():
    columns = steps.heading("pytorch", []).splitlines()[0].count("|")
    line = steps.line(row("generated", 0.5), "pytorch", [])
    assert line == "| mlp | generated | 1.5 ms | 10% | 0.50 | 0.50 .. 0.50 | 1e-07 | 5/5 |"
    assert line.count("|") == columns


def test_what_is_slower_is_named():
    rows = [row("generated", 1.3), row("generated-permuted", 1.05), row("jax", 4.0), row("pytorch", 1.0)]
    assert steps.slower(rows, "pytorch") == "Slower than 1.1 × pytorch: mlp (generated) 1.30."
    assert steps.slower(rows[1:], "pytorch") == "None slower than 1.1 × pytorch."
    assert steps.slower([], "pytorch") == "Nothing stands beside pytorch, which did not run."
