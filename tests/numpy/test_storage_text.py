"""Storage as text: functions that make it by phases, and the calls that give it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from symbackprop import generate, load, zoo
from symbackprop.numpy.storage_text import Storage, Storages
from symbackprop.python_text.identifiers import Names, Scope
from symbackprop.python_text.python_lines import FunctionText


def storages(*names: str, rows: bool = False) -> Storages:
    of = {
        name: Storage((f"{name}_z", "number_1"), ("N",) if name == "shared" else ("N", "D"),
                      FunctionText(f"_{name}_storage", ("take", "dtype"), "", ()))
        for name in names
    }  # fmt: skip
    return Storages(Names({"N", "D", "max"}), ("N", "D", "max"), of, rows)


def test_the_calls_of_phases() -> None:
    found = storages("shared", "forward", "backward")
    names = Scope(found.names)
    assert found.table() == [
        "_MAKES = {",
        '    "forward": (_shared_storage, _forward_storage), "backward": (_backward_storage,), '
        '"predict": (_shared_storage,),',
        "}",
        '_SIZES = {"forward": ("N", "D"), "backward": ("N", "D"), "predict": ("N",)}',
    ]  # fmt: skip
    assert found.opening("forward", names) == ['    storage, made = _storage(workspace, "forward", dtype, (N, D))']
    assert found.opening("backward", names) == ['    [made] = _storage(workspace, "backward", dtype, (N, D))']
    assert found.opening("predict", names) == ['    [storage] = _storage(workspace, "predict", dtype, (N,))']
    assert found.unpacked("backward", names) == ["    backward_z, number_1 = made"]
    assert found.unpacked("predict", names) == []


def test_what_has_no_storage_calls_for_none() -> None:
    found = storages("forward")
    assert found.opening("backward", Scope(found.names)) == []
    assert found.table()[0] == '_MAKES = {"forward": (_forward_storage,), "backward": (), "predict": ()}'


def test_rows_are_handed_to_predict_alone() -> None:
    found = storages("shared", "forward", "backward", rows=True)
    assert ", (N,), rows)" in found.opening("predict", Scope(found.names))[0]
    assert "rows" not in found.opening("forward", Scope(found.names))[0]


@pytest.mark.parametrize("name", ["mlp", "lstm", "lenet"])
def test_every_array_is_taken_with_its_moments(name: str) -> None:
    source = generate(zoo.load(name))
    forward, kept = map(int, re.search(r"_FORWARD, _KEPT = (\d+), (\d+)", source).groups())
    taken = re.findall(r"(\w+)=\((\d+)((?:, \d+)+)\)", source.partition("# --- arrays")[2])
    assert taken
    for array, first, rest in taken:
        lasts = list(map(int, rest.strip(", ").split(", ")))
        assert all(int(first) <= last <= kept for last in lasts), array
    assert 0 < forward < kept


def test_a_step_in_a_workspace_leaves_forward_s_own_cache_alone() -> None:
    """A step may write over what forward leaves; forward by itself, in the same workspace, does not."""
    module = load(zoo.load("mlp"))
    rng = np.random.default_rng(0)
    params = module.init_params(0, D=7, H=5, C=3)
    x, y = rng.normal(size=(11, 7)).astype(np.float32), np.eye(3, dtype=np.float32)[rng.integers(3, size=11)]
    workspace = module.Workspace()
    expected = {k: a.copy() for k, a in module.value_and_grad(params, x, y, workspace=workspace)[1].items()}
    _, cache = module.forward(params, x, y, workspace=workspace)
    before = {k: a.copy() for k, a in cache.items() if isinstance(a, np.ndarray)}
    for _ in range(2):
        found = module.backward(cache, workspace=workspace)
        assert all((found[k] == a).all() for k, a in expected.items())
    assert all((cache[k] == a).all() for k, a in before.items())
