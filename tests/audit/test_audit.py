"""The audit of NumPy on the version that runs the tests, and that no generated call form escapes it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from symbackprop import generate, optimizers, zoo
from symbackprop.errors import SymbackpropError
from symbackprop.lower.values import MapOp
from symbackprop.numpy.array import Fold, If, Let, Loop, Map, Note, Scalar, Statement
from symbackprop.terms.build import number
from symbackprop.terms.term import Reduction
from workshop.fuzz.generate import random_network

from ..layers.cases import CASES
from .calls import call_forms, emitted, forbidden
from .forms import BACK, COMPUTING, FOLDED, SIGNATURES, STEP, Case, plain, window
from .grid import DTYPES, QUICK, Tally, Trial, audit
from .oracles import EXACT, NEAR
from .written import Written, write

GENERATED = Path(__file__).parents[2] / "generated"
VERSION = tuple(int(part) for part in np.__version__.split(".")[:2])


@lru_cache(maxsize=1)
def tally() -> Tally:
    return audit(QUICK)


def test_every_statement_and_operation_is_audited():
    kinds = {kind.__name__ for kind in (*COMPUTING, Note, Let, Loop, If)}
    assert set(re.findall(r"\w+", Statement)) == {*kinds, "Statement"}
    assert SIGNATURES.keys() == set(MapOp) == EXACT.keys() | NEAR.keys()
    assert {*FOLDED, Reduction.LOGSUMEXP} == set(Reduction)  # which lowering opens


def test_this_numpy_computes_every_call_form_rightly():
    wrong = [f"{form}: {text}" for form, text in tally().examples.items()]
    assert not wrong, "\n\n".join(wrong)
    assert sum(tally().runs.values()) > 10_000


def written(text: str, arguments: str) -> Written:
    scope = {"np": np}
    exec(compile(f"def statement({arguments}):\n    {text}", "<text>", "exec"), scope)

    def call(storage, sizes, dtype):
        scope["statement"](**storage, **sizes)

    return Written(text, frozenset(), call)


def test_the_defect_of_negative_is_seen():
    """-x as people write it, at the stride of 16 bytes: wrong in NumPy 2.1 to 2.4, and no text that we write."""
    case = Case(Map(MapOp.MULTIPLY, window("o", STEP), (window("a", STEP), Scalar(number(-1)))), True)
    text = "np.negative(a[1 : n * a_i + 1 : a_i], out=o[1 : n * o_i + 1 : o_i])"
    steps = [{"a_i": a, "o_i": o} for a in range(1, 17) for o in (2, 3, 4)]
    bad = written(text, "a, o, n, a_i, o_i")
    found = [Trial(case, bad, dtype, {"n": 9}).at(step) for dtype in DTYPES[:2] for step in steps]
    assert any(found) == ((2, 1) <= VERSION <= (2, 4))
    good = write(case.statement)
    assert "negative" not in good.text
    assert not any(Trial(case, good, dtype, {"n": 9}).at(step) for dtype in DTYPES for step in steps)


def test_the_defect_of_maximum_reduce_is_seen():
    source = window("a", replace(plain("i", "j"), styles=(plain("i").styles[0], BACK.styles[0])))
    case = Case(Fold(Reduction.MAX, window("o", plain("i")), source), True)
    text = "np.maximum.reduce(a[:, 1 : m * a_j + 1 : a_j][:, ::-1], axis=1, out=o)"
    bad = written(text, "a, o, n, m, a_j")
    sizes = [{"n": n, "m": m, "a_j": 1} for n in (2, 3, 5) for m in (3, 4, 5, 9)]
    found = [Trial(case, bad, dtype, size).at({}) for dtype in DTYPES[:2] for size in sizes]
    assert any(found) == ((1, 25) <= VERSION <= (2, 1))
    good = write(case.statement)
    assert not any(Trial(case, good, dtype, size).at({}) for dtype in DTYPES for size in sizes)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_maxima_keep_undefined_and_infinite_numbers(dtype):
    """With `initial=` as without: NaN wherever there is one, -inf of nothing but -inf."""
    rows = np.array([[1, np.nan, 2], [-np.inf, -np.inf, -np.inf], [3, np.inf, 1]], dtype)
    statement = Fold(Reduction.MAX, window("o", plain("i")), window("a", plain("i", "j")))
    out = np.empty(3, dtype)
    write(statement).call({"a": rows, "o": out}, {"n": 3, "m": 3}, dtype)
    assert np.array_equal(out, np.array([np.nan, -np.inf, np.inf], dtype), equal_nan=True)


# --- what is generated ---------------------------------------------------------------------------------
def guard(name: str, text: str) -> None:
    """The text holds nothing that is forbidden, and no call form that was not audited."""
    assert not forbidden(text), f"{name}: {forbidden(text)}"
    for function in emitted(text):
        unseen = call_forms(function) - tally().runs.keys()
        assert not unseen, f"{name}: {sorted(unseen)}"


@pytest.mark.parametrize("path", sorted(GENERATED.glob("*.py")), ids=lambda path: path.stem)
def test_modules_of_the_zoo_hold_audited_call_forms_alone(path):
    guard(path.stem, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["sgd", "adamw", "rmsprop"])
def test_optimizers_hold_audited_call_forms_alone(name):
    guard(name, generate(zoo.load("mlp"), optimizer=getattr(optimizers, name)()))


def modules_of(cases, seeds):
    for name, case in cases:
        guard(name, generate(case.build()))
    for seed in seeds:
        try:
            network, source = random_network(seed)
        except SymbackpropError:
            continue  # the fuzzer's own tests see to what is refused
        guard(source, generate(network))


def test_layers_and_fuzzed_networks_hold_audited_call_forms_alone():
    modules_of(islice(CASES.items(), 0, None, 12), range(400, 412))


@pytest.mark.parametrize(
    "text",
    [
        "np.negative(x, out=x)", "f = np.negative", "y = -x", "y = -x[0]", "y = np.exp(-(x * x))",
        "np.maximum.reduce(x, axis=0, out=y)", "np.minimum.reduce(x)",
    ],
)  # fmt: skip
def test_what_is_forbidden_is_seen(text):
    assert len(forbidden(text)) == 1


def test_what_is_allowed():
    signs = "DIMS = ('N',); y = -1 * x; np.multiply(x, -1, out=y); s = -N; t = -2.5"
    allowed = f"{signs}; np.maximum.reduce(x, axis=1, out=y, initial=-np.inf)"
    assert not forbidden(allowed)
