"""What a module says of itself is what its network was declared to be."""

from __future__ import annotations

import pytest

from symbackprop import zoo
from symbackprop.python_text.module_tables import listed, module_tables
from symbackprop.sources import program_of
from symbackprop.terms.program import DType, TensorKind


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("name", ["mlp", "resnet", "vae", "word2vec"])
def test_tables(name: str, every: bool) -> None:
    program = program_of(zoo.load(name))
    found: dict[str, object] = {}
    exec("\n".join(module_tables(program, program, ["a", "b"], every)), {}, found)
    kinds = {"INPUTS": TensorKind.INPUT, "PARAMETERS": TensorKind.PARAMETER, "NOISE": TensorKind.RANDOM,
             "BUFFERS": TensorKind.BUFFER, "COTANGENTS": TensorKind.COTANGENT}  # fmt: skip
    for title, kind in kinds.items():
        expected = {
            tensor.name: (tuple(map(str, tensor.shape)), "int" if tensor.dtype is DType.INT else "float")
            for tensor in program.of_kind(kind)
        }
        if expected or every or title in ("INPUTS", "PARAMETERS"):
            table = found[title]
            assert isinstance(table, dict)
            assert table.keys() == expected.keys()
            assert {n: (len(shape), dtype) for n, (shape, dtype) in table.items()} == {
                n: (len(shape), dtype) for n, (shape, dtype) in expected.items()
            }
        else:
            assert title not in found
    assert found["DIMS"] == tuple(program.dims)
    assert found["WRT"] == ("a", "b")


def test_long_equations_hang() -> None:
    lines = listed(["short", "a " * 100])
    assert lines[0] == "    short"
    assert lines[1].startswith("    a")
    assert all(line.startswith("        a") for line in lines[2:])
    assert len(lines) > 2
