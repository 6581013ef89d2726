"""What README.md shows is what one gets: its files are written, its commands run, their output compared.

A line `…` stands for any lines. Numbers with a fraction are compared as such alone: their last digits differ from one
machine to another.
"""

import re
from pathlib import Path

import numpy as np
import pytest

import symbackprop
from symbackprop.cli.main import status

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# Rounding decides where the error is the worst: it is not the same in every version of NumPy
NUMBER = re.compile(r"-?\d+\.\d+(e[-+]\d+)?(?= |$)|(?<=  )\[\d+(, \d+)*\](?= )", re.MULTILINE)


def named(name):
    """The block of Python that begins `# name`."""
    (found,) = [text for kind, text in BLOCKS if kind == "python" and text.startswith(f"# {name}")]
    return found


CONSOLE = [
    (line.removeprefix("$ "), expected)
    for kind, text in BLOCKS
    if kind == "console"
    for line, expected in [text.split("\n", 1)]
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the file that README.md shows, the current one."""
    (tmp_path / "perceptron.py").write_text(named("perceptron.py"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pattern(text):
    """A regular expression for the output shown."""
    lines = (re.escape(NUMBER.sub("#", line)) for line in text.splitlines())
    return "".join("(.*\n)*" if line == re.escape("…") else re.sub(r"(\\ )+", " +", line) + "\n" for line in lines)


@pytest.mark.parametrize(("command", "expected"), CONSOLE, ids=[command for command, _ in CONSOLE])
def test_commands(folder, capfdbinary, command, expected):
    program, *arguments = command.split()
    assert program == "symbackprop"
    code = status(arguments)
    out, err = capfdbinary.readouterr()
    assert code == 0
    found = NUMBER.sub("#", (out + err).decode())
    assert re.fullmatch(pattern(expected), found), found


def test_derivation(folder):
    (expected,) = [text for kind, text in BLOCKS if kind == "text" and "backward" in text]
    names = {}
    exec(named("perceptron.py"), names)
    assert str(symbackprop.derive(names["net"])) == expected.rstrip("\n")


def test_use(folder, monkeypatch, capsys):
    monkeypatch.syspath_prepend(folder)
    assert status(["generate", "perceptron.py", "-o", "perceptron_numpy.py"]) == 0
    names = {}
    exec(next(text for _, text in BLOCKS if "import perceptron_numpy" in text), names)
    assert np.mean(names["y"].argmax(axis=1) == names["perceptron"].predict(names["params"], names["x"]).argmax(1)) == 1


def test_it_is_a_page():
    """Two hundred lines at most, and what it leads to is there."""
    assert len(README.splitlines()) <= 200
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert len(targets) > 10
    assert [target for target in targets if not (ROOT / target).exists()] == []
