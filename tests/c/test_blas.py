"""Products by a BLAS, where one is asked for: the same numbers, of whole matrices alone."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from symbackprop import Network
from tests.c.compiling import STRICT, Calls, compiled, different, example, needs, scratch
from tests.c.test_products import SIZES, test_compiled_in_vectors

pytestmark = needs("gcc")
NETWORKS = ("mlp", "lenet", "lstm", "attention", "autoencoder", "embedding", "gru_seq2seq")


@cache
def blas() -> str | None:
    """What links one; None where there is none with its header."""
    for option in ("-lopenblas", "-lcblas", "-lblas"):
        text = "#include <cblas.h>\nint main(void) { return (int)cblas_sdot(0, 0, 1, 0, 1); }\n"
        command = ["gcc", "-x", "c", "-", "-o", str(scratch() / "blas"), option]
        if subprocess.run(command, input=text, text=True, capture_output=True, check=False).returncode == 0:
            return option
    return None


@pytest.fixture
def option(monkeypatch: pytest.MonkeyPatch) -> str:
    found = blas()
    if found is None:
        pytest.skip("no BLAS with cblas.h, as that of the package libopenblas-dev")
    return found


@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize(("make", "sizes"), SIZES, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.usefixtures("compiler")
def test_all_shapes(
    make: Callable[[], Network], sizes: Mapping[str, int], double: bool, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"gcc -D{make.__name__}_CBLAS -Wl,--no-as-needed {option}")
    test_compiled_in_vectors(make, sizes, double)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_equals_the_numpy_module(name: str, option: str) -> None:
    """Without vectors, what BLAS does not take by loops."""
    made = example(name)
    file = made.folder / "blas.so"
    macros = [made.macro(each) for each in ("POINTERS", "DOUBLE", "CBLAS")]
    compiled(["gcc", *STRICT, "-O1", *macros, "-fPIC", "-shared", "-o", file, made.file, option, "-lm"])
    calls = Calls(made, ctypes.CDLL(str(file)))
    assert not different(calls.differentiated() | calls.predicted(), made.expected, 1e-11)


def test_what_it_asks_for(option: str) -> None:
    """Two functions of it, in files that are built with the macro alone."""
    made = example("lenet")
    for macros, expected in (([], set()), (["CBLAS"], {"cblas_sgemm"}), (["CBLAS", "DOUBLE"], {"cblas_dgemm"})):
        file = made.folder / "blas.o"
        compiled(["gcc", *STRICT, *map(made.macro, macros), "-c", "-o", file, made.file])
        named = subprocess.run(["nm", "-u", str(file)], capture_output=True, text=True, check=True).stdout.split()
        assert {each for each in named if "blas" in each} == expected
