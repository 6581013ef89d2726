"""Libraries by sizes and dtype: which is made for a call, and which is found again."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from symbackprop import load
from symbackprop.c import compiled as compiling
from symbackprop.c.compiled import Compiled, Texts
from symbackprop.c.compiler import Compiler
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
