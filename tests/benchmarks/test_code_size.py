"""Code for a Cortex-M4 beside CasADi's: the same gradients, and what is counted of either."""

from __future__ import annotations

import re

import numpy as np
import pytest

from benchmarks import code_size
from benchmarks.typical import given
from symbackprop import zoo
from tests.c.compiling import needs

NETWORKS = list(code_size.SIZES)
needs_arm = needs("arm-none-eabi-gcc")
needs_cc = needs("cc")


def test_the_farthest_of_all():
    ours = 2.0, {"a": np.array([1.0, -4.0]), "b": np.array([[10.0]])}
    assert code_size.farthest(ours, ours) == 0
    assert code_size.farthest(ours, (2.0, {"a": np.array([1.0, -3.0]), "b": np.array([[9.0]])})) == 0.25
    assert code_size.farthest(ours, (1.0, dict(ours[1]))) == 0.5
    with pytest.raises(AssertionError):
        code_size.farthest(ours, (2.0, {"a": ours[1]["a"]}))


@needs_arm
def test_what_is_counted(tmp_path):
    """What nothing calls is not, tables are, and of a program the functions of the library."""
    source = """
        #include <math.h>
        static const int table[100] = {1, 2, 3};
        int idle(int n) { return table[n] * n + 5; }
        float entry(float x, int n);
        float entry(float x, int n) { return WHAT; }
    """
    bare = code_size.measured(source.replace("WHAT", "x + 1"), "entry", tmp_path, 7)
    assert (bare.rodata, bare.work) == (0, 7)
    assert 0 < bare.text <= bare.program < 40
    tabled = code_size.measured(source.replace("WHAT", "x + (float)table[n]"), "entry", tmp_path, 7)
    assert tabled.rodata == 400
    called = code_size.measured(source.replace("WHAT", "tanhf(x)"), "entry", tmp_path, 7)
    assert called.text < 40
    assert called.program > 200
    with pytest.raises(RuntimeError, match="error"):
        code_size.measured("no C", "entry", tmp_path, 7)


@needs_cc
@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_gradients(network):
    pytest.importorskip("casadi")
    from benchmarks import in_casadi

    sizes = {"mlp": {"N": 1, "D": 5, "H": 3, "C": 2}, "lstm": {"T": 3, "N": 1, "D": 2, "H": 5, "C": 3}, "lenet": {
        "N": 1, "B": 2, "H": 13, "W": 11, "C": 3, "F": 5, "G": 3, "R": 3, "S": 2, "M": 7}}[network]  # fmt: skip
    params, data = given(network, zoo.load(network).to_program(), np.random.default_rng(1), sizes)
    ours = code_size.gradients(network, {**params, **data})
    for build in in_casadi.NETWORKS[network]:
        theirs = build(sizes).step({**params, **data})
        assert {name: value.shape for name, value in theirs[1].items()} == {n: v.shape for n, v in params.items()}
        assert code_size.farthest(ours, theirs) < 1e-13


@needs_arm
@needs_cc
def test_ours_is_smaller(capsys):
    pytest.importorskip("casadi")
    code_size.main(["mlp", "lenet", "lstm"])
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in capsys.readouterr().out.splitlines()
            if re.match(r"\| \w+ \| (ours|CasADi) ", line)]  # fmt: skip
    assert [row[:2] for row in rows] == [[name, whose] for name in NETWORKS for whose in ("ours", "CasADi")]
    for mine, theirs in zip(rows[::2], rows[1::2], strict=True):
        text, rodata, program, work = (int(cell.replace(",", "")) for cell in mine[2:6])
        others = [int(cell.replace(",", "")) for cell in theirs[2:6]]
        assert text + rodata < others[0] + others[1]
        assert program < others[2]
        assert work < others[3]
        assert float(theirs[6]) < 1e-12
