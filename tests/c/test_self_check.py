"""The self-check is right about what is right, in both precisions and watched by sanitizers, and finds what is not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import sympy

from symbackprop import Network, zoo
from symbackprop.c.module_text import kit
from symbackprop.c.self_check import self_check
from symbackprop.sources import c_values
from tests.c.compiling import STRICT, compiled, example, needs

pytestmark = needs("gcc")
SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
LAYERS = [
    "batch_norm(N C T) momentum=0.3 eps=0.001",
    "dropout(N D) defaults",
    "max_pool(N 2 5 6) kernel_size=3 stride=2 padding=1",
]


def checked(file: Path) -> tuple[int, str]:
    done = subprocess.run([str(file)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*zoo.names(), *LAYERS])
def test_it_is_right(name: str) -> None:
    """In double precision, and in single precision under the sanitizers of addresses and of undefined behaviour;
    without warnings."""
    made = example(name)
    for flags in (SANITIZED, [made.macro("DOUBLE")]):
        file = made.folder / "check"
        compiled(["gcc", *STRICT, *flags, "-o", file, made.check, made.file, "-lm"])
        status, said = checked(file)
        assert status == 0, said
        assert re.fullmatch(rf"{made.kit.name}: right, bits [0-9a-f]{{16}}\n", said)


def test_it_says_so_where_there_are_no_data(tmp_path: Path) -> None:
    """The square root of what is negative everywhere."""
    net = Network("nowhere")
    w = net.parameter("w", ())
    net.loss = sympy.sqrt(-1 - w[()] ** 2)
    values = c_values(net.to_program())
    (tmp_path / "nowhere_test.c").write_text(self_check(values, kit(values)))
    compiled(["gcc", *STRICT, "-o", tmp_path / "check", tmp_path / "nowhere_test.c"])
    status, said = checked(tmp_path / "check")
    assert status == 0
    assert "not checked" in said


@needs("valgrind")
@pytest.mark.parametrize("name", ["lstm", "mlp"])
def test_valgrind_says_nothing(name: str) -> None:
    """Of what is read before it is written, for which sanitizers have no eye."""
    made = example(name)
    file = made.folder / "for_valgrind"
    compiled(["gcc", *STRICT, "-O1", "-g", "-o", file, made.check, made.file, "-lm"])
    done = subprocess.run(["valgrind", "-q", "--error-exitcode=9", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["lstm", "mlp", "vae"])
def test_what_is_wrong_is_found(name: str) -> None:
    """Each sign of each addition to an element of a result, in turn."""
    made = example(name)
    text = made.file.read_text()
    start = text.index(f"static void {made.kit.name}_run_backward")
    places = [match.start(1) for match in re.finditer(r"^ *\w+\[[^/\n]*( \+= )", text, re.M) if match.start() > start][
        :6
    ]
    assert places
    for place in places:
        (made.folder / "mutant.c").write_text(f"{text[:place]} -= {text[place + 4 :]}")
        file = made.folder / "mutant"
        compiled(["gcc", "-std=c99", "-O1", "-o", file, made.check, made.folder / "mutant.c", "-lm"])
        status, said = checked(file)
        assert status == 1, text[place - 200 : place + 40]
        assert "wrong" in said
