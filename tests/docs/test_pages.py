"""What the pages of docs/ show is what one gets: their files are written, commands run and prompts answered, in order.

A block of Python that begins `# name.py` is a file, and so is one of C (`/* name.c */`), C++ or CMake; a console block
commands and their output, where a line `…` stands for any lines and numbers with a fraction are not compared; a command
succeeds unless `$ echo $?` shows another exit status under it; a block `pycon` is a doctest. A page that says
`% with the files of: a.md b.md` goes on from these pages beside it: their files are there. The prompts of a page that
says `% needs jax`, or the name of a program, are left out where that is not installed, and so are the commands that are
not symbackprop's; elsewhere JAX has eight devices.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.cli.main import status
from symbackprop.measured import calibrate

FOLDER = Path(__file__).parents[2] / "docs"
MADE = ("gallery", "_ext", "_build")  # pages made while the site is built, and what makes them
PAGES = {
    file.relative_to(FOLDER).with_suffix("").as_posix(): file
    for file in sorted(FOLDER.rglob("*.md"))
    if file.relative_to(FOLDER).parts[0] not in MADE
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```python\n(# (\w+\.py)\n.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"(?:#|//|/\*) (\w+\.(?:py|c|cpp|txt))(?:\n|:| \*/)")
CONTINUES = re.compile(r"^% with the files of: (.*)$", re.MULTILINE)
NEEDS = re.compile(r"^% needs (\S+)$", re.MULTILINE)
NUMBER = re.compile(r"-?\d+\.\d+(e[-+]\d+)?(?= |$)", re.MULTILINE)
os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")  # JAX reads it when it begins
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def pattern(text: str) -> str:
    """A regular expression for the output shown."""
    lines = (re.escape(NUMBER.sub("#", line)) for line in text.splitlines())
    return "".join("(.*\n)*" if line == re.escape("…") else re.sub(r"(\\ )+", " +", line) + "\n" for line in lines)


@pytest.fixture
def folder(tmp_path, tmp_path_factory, monkeypatch):
    """An empty current folder that Python imports from, its modules forgotten afterwards. The machine is measured by
    little alone, and what is found forgotten too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(calibrate, "calibrated", partial(calibrate.calibrated, largest=1024, side=4))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent == tmp_path:
            del sys.modules[name]


def run_commands(text, is_runnable, capfdbinary):
    """Each command of a console block: what it prints, and its exit status, 0 where none is shown."""
    *shown, rest = re.split(r"^\$ echo \$\?\n(\d+)\n", text, flags=re.MULTILINE)
    for part, code in [*zip(shown[::2], shown[1::2], strict=True), (rest, "0")]:
        commands = re.split(r"^\$ ", part, flags=re.MULTILINE)
        assert not commands[0].strip(), commands[0]
        for place, command in enumerate(commands[1:], 2):
            run_command(command, int(code) if place == len(commands) else 0, is_runnable, capfdbinary)


def run_command(text, code, is_runnable, capfdbinary):
    shown, _, expected = text.partition("\n")
    program, *arguments = shlex.split(shown)
    if program == "symbackprop":
        capfdbinary.readouterr()
        found_code = status(arguments)
        printed = b"".join(capfdbinary.readouterr())
    elif is_runnable and shutil.which(program):
        done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        found_code, printed = done.returncode, done.stdout
    else:
        return
    found = NUMBER.sub("#", printed.decode())
    assert found_code == code, found
    assert re.fullmatch(pattern(expected), found), f"{shown}\n{found}"


def run_prompts(text, names, page, line):
    test = doctest.DocTestParser().get_doctest(text, names, page, str(PAGES[page]), line)
    assert test.examples, text
    told = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append, clear_globs=False)
    names.update(test.globs)  # the doctest ran on a copy
    assert not result.failed, "".join(told)


@pytest.mark.parametrize("page", PAGES)
def test_page(page, folder, capfdbinary):
    text = PAGES[page].read_text(encoding="utf-8")
    names: dict[str, object] = {}
    is_runnable = all(importlib.util.find_spec(name) or shutil.which(name) for name in NEEDS.findall(text))
    for earlier in " ".join(CONTINUES.findall(text)).split():
        for body, name in FILE.findall((PAGES[page].parent / earlier).read_text(encoding="utf-8")):
            (folder / name).write_text(body, encoding="utf-8")
    for block in BLOCK.finditer(text):
        kind, body = block.groups()
        named = NAMED.match(body)
        if kind in ("python", "c", "cpp", "cmake") and named:
            (folder / named.group(1)).write_text(body, encoding="utf-8")
        elif kind == "console":
            run_commands(body, is_runnable, capfdbinary)
        elif kind == "pycon" and is_runnable:
            run_prompts(body, names, page, text.count("\n", 0, block.start()))


def test_the_layer_takes_ten_lines():
    """Those of its function that are neither blank nor docstring, without the import."""
    text = PAGES["how_to/own_layer"].read_text(encoding="utf-8")
    function = re.search(r"^def swiglu.*?\n\n\n", text, re.MULTILINE | re.DOTALL).group()
    lines = [line for line in function.splitlines() if line.strip() and '"""' not in line]
    assert len(lines) == 10


def test_the_first_course_explains_what_is_printed():
    """Each phrase between the steps of the derivation at its end, and none that is not printed."""
    listed = re.findall(r"^- \*([^*]+)\*", PAGES["learn/mlp"].read_text(encoding="utf-8"), re.MULTILINE)
    printed = symbackprop.derive(zoo.load("mlp")).markdown(level="full", form="matrix")
    assert [phrase for phrase in listed if phrase not in printed] == []
    remarks = {text.strip() for text in re.findall(r"\\text\{([^}]*)\}", printed)}
    assert {text for text in remarks if re.search("[a-z]", text)} - {"for", "and"} <= set(listed)
    assert len(listed) == 8


def test_links_lead_somewhere():
    for file in PAGES.values():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", BLOCK.sub("", file.read_text(encoding="utf-8"))):
            found = (file.parent / target).resolve()
            made = found.parent == FOLDER / "gallery" and found.stem in (*zoo.names(), "index")
            assert made or found.exists(), f"{file.name}: {target}"
