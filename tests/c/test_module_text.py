"""The text of C files: names that cannot meet, numbers of equations, what is included, the same text again."""

from __future__ import annotations

import re

import pytest
from sympy import tanh

from symbackprop import Network, Sum, zoo
from symbackprop.c.module_text import kit
from symbackprop.pipeline import generate
from tests.c.functions import SOME, values_of


@pytest.mark.parametrize("name", SOME)
def test_it_includes_little_and_asks_for_no_memory(name: str) -> None:
    source = kit(values_of(name)).source
    asked = re.findall(r"#ifdef \w+_CBLAS\n#include <cblas.h>\n", source)  # on request alone
    included = set(re.findall(r"#include <(\S+)>", "".join(source.split(asked[0]) if asked else source)))
    assert included <= {"math.h", "stdint.h", "string.h", "omp.h"}
    assert not re.findall(r"\b(malloc|calloc|free|printf|static (?!const|inline|void|real|int|uint)\w+)\b", source)


def test_equations_stand_over_what_computes_them() -> None:
    made = kit(values_of("mlp"))
    assert "/* (F2) a1[n, j] = tanh(z1[n, j]) */" in made.source
    assert "/* (B3) d_z1[n, j] = d_a1[n, j]·(1 - a1[n, j]^2) */" in made.source
    assert "(B3) d_z1[n, j] = d_a1[n, j]·(1 - a1[n, j]^2)" in made.header


def awkward() -> Network:
    """Names that C has, that the files have, and that are none in C."""
    net = Network("int")
    N, work, exp = net.dims("N work exp")
    n, i, j = net.indices(n=N, i=work, j=exp)
    x, W, a = net.input("double", (N, work)), net.parameter("work_", (work, exp)), net.tensor("θ")
    a[n, j] = tanh(Sum(x[n, i] * W[i, j], i))
    net.loss = Sum(a[n, j] ** 2, n, j)
    return net


def test_names_that_meet() -> None:
    sizes = {"N": 3, "work": 4, "exp": 5}
    text = generate(awkward(), "c", dims=sizes)
    assert text == generate(awkward(), "c", dims=sizes)
    assert "#define int_N 3" in text
    assert len(re.findall(r"^#define int_\w+ [345]$", text, re.M)) == 3
    assert not re.search(r"^#define int_(exp|work) ", text, re.M) or "int_exp(" not in text


def test_a_size_without_a_number_is_refused() -> None:
    from symbackprop.errors import InvalidArgument

    with pytest.raises(InvalidArgument, match=r"a number for every size.* none for D, C"):
        generate(zoo.load("mlp"), "c", dims={"N": 2, "H": 3})


def test_a_tensor_beyond_what_an_int_counts_is_refused() -> None:
    from symbackprop.errors import InvalidArgument

    with pytest.raises(InvalidArgument, match="dims: x: expected at most 2147483647 elements"):
        generate(zoo.load("mlp"), "c", dims={"N": 2_000_000, "D": 2_000, "H": 3, "C": 2})
