"""A module on its own: run where NumPy alone is importable, its check and the verdict; the same bytes always."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symbackprop
from symbackprop import generate

ROOT = Path(np.__file__).resolve().parents[1]
RUNNER = """
import sys, runpy, importlib.abc
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sympy", "jinja2", "mpmath", "symbackprop", "scipy", "click"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def run(file, folder):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER, str(file)],
        cwd=folder, capture_output=True, text=True, timeout=900,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


BUILT = ("convolution", "normalised", "dropout", "steps", "padded", "mixed")


@pytest.mark.parametrize("name", [*BUILT, "lstm", "gmm"])
def test_the_check_passes_and_refutes(contract, name, tmp_path):
    """As generated it passes; with one gradient off by a percent it fails, and says which."""
    source = generate(contract.network(name))
    file = tmp_path / f"{name}.py"
    file.write_text(source, encoding="utf-8")
    good = run(file, tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1] == "passed"
    tail = source[source.index("def backward") : source.index("def value_and_grad")]
    returned = re.findall(r'"(\w+)": ([^,}]+)', tail[tail.rindex("return {") :])
    assert [gradient for gradient, _ in returned] == list(contract.module(name).PARAMETERS)
    gradient, value = returned[-1]
    wrong = tail.replace(f'"{gradient}": {value}', f'"{gradient}": 1.01 * {value}')
    assert wrong != tail
    file.write_text(source.replace(tail, wrong), encoding="utf-8")
    bad = run(file, tmp_path)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert bad.stdout.splitlines()[-1] == "FAILED"
    lines = {line.split(":")[0].strip(): line for line in bad.stdout.splitlines()[1:-1]}
    assert "WRONG" in lines[gradient]
    assert not any("WRONG" in line for key, line in lines.items() if key != gradient)


def test_every_check_passes(contract, every, capsys):
    made = contract.module(every)
    assert made.check()
    assert made.check(seed=1)
    assert capsys.readouterr().out.splitlines()[-1] == "passed"


def test_the_check_is_seeded(contract, capsys):
    made = contract.module("dropout")
    texts = []
    for seed in (0, 0, 1):
        made.check(seed)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from conftest import network
import symbackprop
from symbackprop import generate
for name in {names!r}:
    source = generate(network(name))
sys.stdout.buffer.write(source.encode())
"""


@pytest.mark.parametrize("name", ["padded", "lstm"])
def test_the_same_bytes(contract, name, tmp_path):
    """Whatever the hash seed, the working directory, and what was generated before in the same process."""
    expected = generate(contract.network(name)).encode()
    assert (
        expected
        == generate(contract.builders[name]() if name in contract.builders else contract.network(name)).encode()
    )
    here = str(Path(__file__).resolve().parent)
    package = str(Path(symbackprop.__file__).resolve().parents[1])
    for seed, before, folder in (("0", ["mlp", "normalised"], tmp_path), ("1", [], "/"), ("77", ["crf"], tmp_path)):
        script = SCRIPT.format(folder=here, names=[*before, name])
        found = subprocess.run(
            [sys.executable, "-W", "error", "-c", script], cwd=folder, capture_output=True, timeout=900, check=True,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": seed, "PYTHONPATH": package},
        )  # fmt: skip
        assert found.stdout == expected
