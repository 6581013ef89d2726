"""All files of a network, complete and by their names."""

from __future__ import annotations

from symbackprop import zoo
from symbackprop.pipeline import generate, generate_files

SIZES = {"N": 4, "D": 5, "H": 3, "C": 2}


def test_what_there_is() -> None:
    files = generate_files(zoo.load("mlp"), dims=SIZES)
    assert set(files) == {"mlp.h", "mlp.c", "mlp_test.c", "memory.txt", "mlp_ctypes.py", "Makefile", "CMakeLists.txt"}
    assert files["mlp.c"].startswith('#include "mlp.h"\n')
    assert all(text.endswith("\n") for text in files.values())


def test_one_file_has_the_header_at_its_top() -> None:
    files, one = generate_files(zoo.load("mlp"), dims=SIZES), generate(zoo.load("mlp"), "c", dims=SIZES)
    assert one == files["mlp.h"] + files["mlp.c"].partition("\n")[2]


def test_they_are_the_same_again() -> None:
    assert generate_files(zoo.load("lstm"), dims={"T": 3, "N": 2, "D": 4, "H": 3, "C": 2}) == generate_files(
        zoo.load("lstm"), dims={"T": 3, "N": 2, "D": 4, "H": 3, "C": 2}
    )
