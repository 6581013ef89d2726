"""Libraries by sizes and dtype: which is made for a call, and which is found again."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from symbackprop import load
from symbackprop.c import compiled as compiling
from symbackprop.c.compiled import Compiled, Texts
from symbackprop.c.compiler import Compiler, shared_library
from symbackprop.errors import CompilationFailed, CompilerNotFound

from .handwritten import layer, noisy_texts

SIZES = {"N": 5, "D": 3, "K": 4}


class Generated:
    def __init__(self) -> None:
        self.asked: list[Mapping[str, int]] = []
        self.compiled = Compiled(SIZES, self.texts, lambda sizes: {**SIZES, **sizes})

    def texts(self, sizes: Mapping[str, int]) -> Texts:
        self.asked.append(dict(sizes))
        return noisy_texts(sizes)


def test_one_text_for_a_set_of_sizes(compiler: Compiler) -> None:
    made = Generated()
    function, given, work = made.compiled("forward", True, SIZES)
    assert (given, work) == (("w", "c", "x", "label", "m", "keep"), 5)
    assert function.restype is ctypes.c_int
    assert made.compiled("predict", False, SIZES)[1:] == (("w", "c", "x", "label", "m"), 1)
    assert made.asked == [SIZES]
    made.compiled("forward", True, {**SIZES, "N": 6})
    assert made.asked == [SIZES, {**SIZES, "N": 6}]


def test_sizes_that_a_function_does_not_know(compiler: Compiler) -> None:
    """Those of a library that is there, else such as meet the network's conditions."""
    made = Generated()
    made.compiled("predict", True, {"N": 7, "D": 3})
    assert made.asked == [{"N": 7, "D": 3, "K": 4}]
    made.compiled("forward", True, {"N": 2, "D": 3, "K": 9})
    made.compiled("predict", True, {"N": 2, "D": 3})
    assert len(made.asked) == 2


def test_what_is_no_library(compiler: Compiler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "no.so"
    file.write_bytes(b"nothing")
    monkeypatch.setattr(compiling, "shared_library", lambda *_, **__: file)
    with pytest.raises(CompilationFailed, match=r"library noisy: expected that this process can load .*no\.so"):
        Generated().compiled("forward", True, SIZES)


def test_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said at once, before anything is called."""
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    net: Any = layer()
    with pytest.raises(CompilerNotFound, match="install one"):
        load(net, backend="c")


@pytest.mark.parametrize(("said", "expected"), [("", False), ("1", False), ("2", True), ("4,2", True), ("1,2", False)])
def test_threads_are_asked_for(compiler: Compiler, monkeypatch: pytest.MonkeyPatch, said: str, expected: bool) -> None:
    asked = []

    def library(*given: Any, **options: Any) -> Path:
        asked.append(options["threads"])
        return shared_library(*given, **{**options, "threads": False})

    monkeypatch.setenv("OMP_NUM_THREADS", said)
    monkeypatch.setattr(compiling, "shared_library", library)
    Generated().compiled("forward", True, SIZES)
    assert asked == [expected]


STEP = """
import sys
from inspect import signature
import numpy as np
import symbackprop
from symbackprop import zoo
from tests.c.test_products import images, matrices
net = {"images": images, "matrices": matrices}.get(sys.argv[1], lambda: zoo.load(sys.argv[1]))()
module, rng = symbackprop.load(net, backend="c"), np.random.default_rng(0)
sizes = {size: int(extent) for size, extent in (each.split("=") for each in sys.argv[2:])}
shape = lambda given: tuple(eval(str(size), {}, sizes) for size in given)
params = {name: rng.normal(size=shape(given)) / 8 for name, (given, _) in module.PARAMETERS.items()}
data = {name: rng.integers(0, 3, shape(given)) if kind == "int" else rng.normal(size=shape(given))
        for name, (given, kind) in module.INPUTS.items()}
data |= {name: size for name, size in sizes.items() if name in signature(module.value_and_grad).parameters}
loss, found = module.value_and_grad(params, **data)
print(loss.tobytes().hex(), *(array.tobytes().hex() for array in found.values()))
"""


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("mlp", "N=70 D=65 H=300 C=10"),
        ("lenet", "N=16 B=3 H=20 W=20 C=10 F=16 G=16 R=5 S=3 M=40"),
        ("lstm", "T=4 N=40 D=33 H=65 C=5"),
        ("matrices", "N=33 D=300 H=20"),  # of nine threads one has a column
        ("matrices", "N=49 D=200 H=40"),
        ("matrices", "N=4 D=256 H=128"),
        ("matrices", "N=1 D=512 H=256"),
        ("images", "N=2 C=17 F=32 H=8 R=5"),
    ],
)
def test_threads_compute_the_same_bits(compiler: Compiler, name: str, sizes: str) -> None:
    """Each element is summed in one order, whoever sums it."""

    def run(threads: int) -> str:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, "-c", STEP, name, *sizes.split()]
        root = Path(__file__).parents[2]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, cwd=root).stdout

    one = run(1)
    assert len(one) > 1000
    assert {run(threads) for threads in (2, 3, 5, 9)} == {one}
