"""Statements of modules one by one on contiguous copies, in storage full of NaN."""

import re
from pathlib import Path

import numpy as np
import pytest

from symbackprop import zoo
from symbackprop.verify.data import finite_data
from symbackprop.verify.prime_sizes import aligned_sizes
from workshop.fuzz.modules import Mismatch, compare_statements, generated_source
from workshop.fuzz.stages import DEFAULT, STAGES, Stage, Trial, Verdict, examine
from workshop.fuzz.statements import StatementDiffers

GENERATED = Path(__file__).parents[3] / "generated"
VERSION = tuple(int(part) for part in np.__version__.split(".")[:2])


@pytest.mark.parametrize("name", zoo.names())
def test_statements_of_the_zoo(name):
    program, text = zoo.load(name).to_program(), (GENERATED / f"{name}.py").read_text(encoding="utf-8")
    seen = 0
    for sizes in aligned_sizes(program, 0, 5_000)[:1]:
        data = finite_data(program, sizes)
        for dtype in (np.float32, np.float64) if data is not None else ():
            compare_statements(text, program, sizes, data, dtype)
            seen += 1
    assert seen


ALONG_TIME = """
net = Network("along_time")
N, T = net.dims("N T")
n = net.index("n", N)
t = net.index("t", (1, T))
x, w = net.input("x", (N, T + 1)), net.parameter("w", ())
h, a = net.tensors("h a")
h[n, 0] = w
a[n, t] = -(h[n, t - 1] * x[n, t])
h[n, t] = sin(a[n, t])
net.loss = Sum(h[n, T] ** 2, n)
SIZES = {"N": 3, "T": 4}
"""
HEADER = "from sympy import sin\nfrom symbackprop import Network, Sum\n"


def along_time():
    trial = Trial(HEADER + ALONG_TIME, 0)
    for stage in (Stage.READ, Stage.DERIVE):
        STAGES[stage](trial)
    return trial.made()


def put_back(text):
    """np.negative for every product with -1."""
    changed = re.sub(r"np\.multiply\((.*), number_minus_1, out=(.*)\)", r"np.negative(\1, out=\2)", text)
    assert changed != text
    return changed


def test_what_numpy_gets_wrong_is_seen():
    program, derived = along_time()
    text = put_back(generated_source(program, derived))
    wrong = []
    for steps in range(2, 9):
        sizes = {"N": 5, "T": steps}
        data = finite_data(program, sizes)
        for dtype in (np.float32, np.float64):
            try:
                compare_statements(text, program, sizes, data, dtype)
            except StatementDiffers as error:
                wrong.append(str(error))
    assert bool(wrong) == ((2, 1) <= VERSION <= (2, 4))
    assert all(message.startswith("np.negative(") for message in wrong)


def test_the_fuzzer_sees_it(monkeypatch):
    import workshop.fuzz.stages as stages

    made = stages.generated_source
    for change, expected in ((lambda text: text, False), (put_back, (2, 1) <= VERSION <= (2, 4))):
        monkeypatch.setattr(stages, "generated_source", lambda p, d, change=change: change(made(p, d)))
        outcomes = [examine(HEADER + ALONG_TIME, DEFAULT, seed) for seed in range(5)]
        failed = [outcome for outcome in outcomes if outcome.verdict is Verdict.FAILED]
        assert bool(failed) == expected, outcomes
        assert all(outcome.error == "statement differs" or outcome.error.startswith("wrong") for outcome in failed)


def test_what_is_read_before_it_is_written_is_seen():
    program, derived = along_time()
    text = generated_source(program, derived)
    line = next(line for line in text.splitlines() if line.strip().startswith("np.copyto(h_view, w)"))
    sizes = {"N": 3, "T": 4}
    with pytest.raises(Mismatch, match="read before it is written"):
        compare_statements(text.replace(line, "    pass"), program, sizes, finite_data(program, sizes), np.float64)
