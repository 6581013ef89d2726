"""Products by a BLAS, where one is asked for: the same numbers, of whole matrices alone.

All shapes are multiplied by a BLAS of this file's own, which says what its reference asks of arguments; and networks by
one that is installed, too.
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from symbackprop import Network
from tests.c.compiling import STRICT, Calls, compiled, different, example, needs, scratch
from tests.c.test_products import SIZES, test_compiled_in_vectors

pytestmark = needs("gcc")
NETWORKS = ("attention", "lenet", "wavenet")  # which have products at the sizes of examples, of matrices in the last
GEMM = """
static inline void cblas_KINDgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, int m,
                                  int n, int k, TYPE alpha, const TYPE *a, int lda, const TYPE *b, int ldb, TYPE beta,
                                  TYPE *c, int ldc)
{
    const int wrong = order != CblasRowMajor || m < 1 || n < 1 || k < 1 || lda < (ta == CblasNoTrans ? k : m) ||
                      ldb < (tb == CblasNoTrans ? n : k) || ldc < n;
    for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
            TYPE sum = 0;
            for (int p = 0; p < k; p++) {
                const TYPE right = b[tb == CblasNoTrans ? p * ldb + j : j * ldb + p];
                sum += a[ta == CblasNoTrans ? i * lda + p : p * lda + i] * right;
            }
            sum *= alpha;
            if (beta > 0) { /* else what c holds may be anything */
                sum += beta * c[i * ldc + j];
            }
            c[i * ldc + j] = wrong ? (TYPE)NAN : sum;
        }
    }
    cblas_calls++;
}
"""
HEADER = """
#include <math.h>
enum CBLAS_ORDER { CblasRowMajor = 101, CblasColMajor = 102 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112, CblasConjTrans = 113 };
int cblas_calls = 0;
"""


@cache
def reference() -> str:
    """What has the file's own BLAS included."""
    folder = scratch() / "blas"
    folder.mkdir()
    texts = [GEMM.replace("KIND", kind).replace("TYPE", real) for kind, real in (("s", "float"), ("d", "double"))]
    (folder / "cblas.h").write_text("".join([HEADER, *texts]))
    return f"-I{folder}"


@cache
def installed() -> str | None:
    """What links one; None where there is none with its header."""
    text = "#include <cblas.h>\nint main(void) { return (int)cblas_sdot(0, 0, 1, 0, 1); }\n"
    for option in ("-lopenblas", "-lcblas", "-lblas"):
        command = ["gcc", "-x", "c", "-", "-o", str(scratch() / "linked"), option]
        if subprocess.run(command, input=text, text=True, capture_output=True, check=False).returncode == 0:
            return option
    return None


@pytest.mark.parametrize("double", [False, True], ids=["float", "double"])
@pytest.mark.parametrize(("make", "sizes"), SIZES, ids=lambda each: getattr(each, "__name__", None))
@pytest.mark.usefixtures("compiler")
def test_all_shapes(
    make: Callable[[], Network], sizes: Mapping[str, int], double: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", f"gcc -D{make.__name__}_CBLAS {reference()}")
    test_compiled_in_vectors(make, sizes, double)


@pytest.mark.parametrize("whose", [reference, installed])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_equals_the_numpy_module(name: str, whose: Callable[[], str | None]) -> None:
    """Without vectors, what BLAS does not take by loops."""
    option = whose()
    if option is None:
        pytest.skip("no BLAS with cblas.h is installed, as that of the package libopenblas-dev")
    made = example(name)
    file = made.folder / f"blas_{whose.__name__}.so"
    macros = [made.macro(each) for each in ("POINTERS", "DOUBLE", "CBLAS")]
    compiled(["gcc", *STRICT, "-O1", *macros, "-fPIC", "-shared", "-o", file, made.file, option, "-lm"])
    calls = Calls(made, ctypes.CDLL(str(file)))
    assert not different(calls.differentiated() | calls.predicted(), made.expected, 1e-11)
    if name == "wavenet" and whose is reference:
        assert ctypes.c_int.in_dll(calls.library, "cblas_calls").value > 0


def test_without_the_macro_nothing_of_it_is_named(tmp_path: Path) -> None:
    made = example("wavenet")
    file = tmp_path / "without.o"
    compiled(["gcc", *STRICT, "-c", "-o", file, made.file])
    named = subprocess.run(["nm", str(file)], capture_output=True, text=True, check=True).stdout
    assert "blas" not in named
