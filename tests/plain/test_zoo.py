"""The plain module of every network of the zoo against the fast one, and under the checks that the fast one passes."""

import ast
import inspect
from functools import cache

import numpy as np
import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.sources import program_of
from symbackprop.stable import stable_forms
from symbackprop.terms.program import TensorKind
from symbackprop.verify.data import finite_data
from symbackprop.verify.evaluators import ModuleEvaluator, Of, PlainEvaluator
from symbackprop.verify.feasible_sizes import feasible_sizes

QUICK = ("embedding", "linear_regression", "mlp", "word2vec")


@cache
def plain_source(name):
    return symbackprop.generate(zoo.load(name), style="plain")


def loaded(name):
    return symbackprop.load(zoo.load(name), style="plain")


@pytest.mark.parametrize("name", zoo.names())
def test_it_equals_the_fast_module(name):
    """To 1e-12 of the largest entry; a gradient that is 0 by cancellation to 1e-14."""
    program = program_of(zoo.load(name))
    fast, plain = symbackprop.load(zoo.load(name)), loaded(name)
    for seed in range(4):
        sizes = feasible_sizes(program, seed)
        data = finite_data(stable_forms(program), sizes, seed)
        if data is None:
            continue
        expected = ModuleEvaluator(fast, program, sizes).values(data)
        found = PlainEvaluator(plain, program, sizes).values(data)
        assert set(found) == {key for key in expected if key.of is not Of.PREDICTED}
        for key, value in found.items():
            assert (value.shape, value.dtype) == (expected[key].shape, np.float64), key
            scale = np.abs(expected[key]).max(initial=0.0)
            assert np.abs(value - expected[key]).max(initial=0.0) <= 1e-12 * scale + 1e-14, key
        single = PlainEvaluator(plain, program, sizes, np.float32)
        with np.errstate(all="ignore"):
            assert {key: value.dtype for key, value in single.values(data).items()} == dict.fromkeys(found, np.float32)
        break
    else:
        pytest.fail("no data were found")


@pytest.mark.parametrize("name", QUICK)
def test_it_passes_the_checks_of_the_fast_module(name):
    report = symbackprop.verify(zoo.load(name), style="plain")
    assert report.passed, str(report)
    assert {row.method for row in report.rows} == {"exact", "module", "numeric"}


def test_the_checks_look_at_the_plain_module(monkeypatch):
    """A module that is wrong in one sign fails them."""
    from symbackprop import pipeline

    text = pipeline.plain_text
    monkeypatch.setattr(pipeline, "plain_text", lambda *args: text(*args).replace("(p - y)", "(p + y)"))
    report = symbackprop.verify(zoo.load("mlp"), style="plain")
    failed = {(row.tensor, row.method) for row in report.rows if row.verdict.value == "FAIL"}
    assert failed >= {("W1", "module"), ("W1", "numeric")}, str(report)


@pytest.mark.parametrize("name", zoo.names())
def test_it_is_numpy_and_one_function(name):
    source = plain_source(name)
    tree = ast.parse(source)
    imports = {node.names[0].name if isinstance(node, ast.Import) else node.module
               for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}  # fmt: skip
    assert imports <= {"numpy", "numpy.lib.stride_tricks"}
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions[-1] == "loss_and_gradients"
    assert set(functions[:-1]) <= {"erf", "sigmoid", "log_cosh", "exp_normalized", "look_up", "add_inside"}
    assert max(map(len, source.splitlines())) <= 120
    program = program_of(zoo.load(name))
    arguments = list(inspect.signature(loaded(name).loss_and_gradients).parameters)
    assert arguments[0] == "params"
    inputs = [tensor.name for tensor in program.of_kind(TensorKind.INPUT)]
    assert arguments[1 : 1 + len(inputs)] == inputs


def test_the_perceptron_is_a_slide():
    lines = plain_source("mlp").splitlines()
    assert len(lines) < 40
    body = [line.strip().partition("  #")[0] for line in lines]
    for wanted in ("z1 = x @ W1.T + b1", "a1 = np.tanh(z1)", "d_z2 = (p - y) / N", "d_z1 = d_a1 * (1 - a1**2)",
                   "d_W1 = d_z1.T @ x", "d_b1 = d_z1.sum(axis=0)"):  # fmt: skip
        assert wanted in body


def test_the_same_text_every_time():
    assert symbackprop.generate(zoo.load("lenet"), style="plain") == plain_source("lenet")
