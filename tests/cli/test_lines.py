"""Whatever is typed, the command ends as promised: see `lines`."""

import random
import subprocess
import sys

import pytest

from . import lines

LONG = "9" * 5000
SAID = {  # a line and what it is told
    ("verify", "ok.py", "--dims", f"N={10**20}"): "expected at most 9223372036854775807 for N, found 21 digits",
    ("cost", "ok.py", "--dims", f"N={LONG}"): "expected at most 9223372036854775807 for N, found 5000 digits",
    ("verify", "ok.py", "--dims", "N=10000000000"): "expected an evaluation of at most 40,000,000 elements",
    ("report", "ok.py", "-o", "x.html", "--dims", "N=10000000000"): "choose smaller sizes",
    (
        "check-derivation",
        "claimed.py",
        "--dims",
        "N=10000000000",
    ): "expected an evaluation of at most 1,500,000 elements",
    ("verify", "ok.py", "--seed", str(2**32)): "4294967296 is not in the range 0<=x<=4294967295",
    ("verify", "ok.py", "--seed", LONG): "is not a valid integer range",
    ("cost", "ok.py", "--dims", ","): "expected sizes such as N=4,D=3, found none",
    ("generate", "ok.py", "-o", "round"): "round cannot be written: Too many levels of symbolic links",
    ("generate", "ok.py", "-o", "lost"): "missing does not exist",
    ("generate", "ok.py", "-o", "folder"): "folder is a folder; expected a file",
    ("generate", "ok.py", "-o", "no/"): "expected the name of a file, found that of a folder, no/",
    ("generate", "ok.py", "-o", ""): "expected the name of a file, found an empty one",
    ("generate", "ok.py", "-o", "/dev/full"): "/dev/full cannot be written: No space left on device",
    ("generate", "ok.py", "-o", "x.pdf"): "`symbackprop latex … -o x.pdf` writes that",
    ("generate", "ok.py", "-o", "x.html"): "`symbackprop report … -o x.html` writes that",
    ("report", "ok.py", "-o", "x.pdf"): "expected an .html file to write, found x.pdf",
    ("verify", "ok.py", "--json", "no/x.json"): "no/x.json: the folder no does not exist",
    ("generate", "folder"): "expected a network of the zoo or a Python file, found the folder folder",
    ("generate", "folder.py"): "found the folder folder.py",
    ("generate", ""): "found an empty name",
    ("generate", "--all", "-o", "round/x"): "round/x cannot be written: Too many levels of symbolic links",
    ("generate", "--all", "-o", ""): "found an empty name",
    ("generate", "--check", ""): "expected the name of a folder after --check, found an empty one",
    ("generate", "--check", "ok.py"): "ok.py is no folder",
    ("check-derivation", "ok.py", "folder"): "folder is a folder",
    ("generate", "base.py"): "base.py:1: BaseException: no",
    ("generate", "generator.py"): "generator.py:1: GeneratorExit",
    ("generate", "memory.py"): "memory.py:1: MemoryError",
    ("generate", "deep.py"): "RecursionError: maximum recursion depth exceeded",
    ("generate", "bytes.py"): "bytes.py:1: SyntaxError",
    ("generate", "mute.py"): "mute.py:4: E: (it cannot say what)",
    ("generate", "lines.py"): "lines.py:1: ValueError: a b c",
}


@pytest.fixture
def furnished(tmp_path, monkeypatch):
    lines.furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", SAID, ids=lambda line: " ".join(part[:12] for part in line))
def test_what_is_said(command, furnished, line):
    before = sorted(furnished.rglob("*"))
    done = command(*line)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert SAID[line] in done.err
    assert sorted(furnished.rglob("*")) == before


def test_lines_drawn(tmp_path):
    """A few of those that `python -m tests.cli.lines` tries."""
    lines.furnish(tmp_path)
    rng = random.Random(8)
    drawn = [lines.draw(rng) for _ in range(60)]
    assert [(line, found) for line in drawn if (found := lines.trouble(line, tmp_path))] == []


def test_what_a_file_prints_is_no_part_of_the_result(command, furnished):
    plain, printing = command("generate", "ok.py"), command("generate", "prints.py")
    assert (printing.out, printing.err) == (plain.out, "hello\n")


def test_a_link_leads_to_the_file(command, furnished):
    assert command("generate", "ok.py", "-o", "link").status == 0
    assert (furnished / "link").is_symlink()
    assert (furnished / "linked.py").read_text() == command("generate", "ok.py").out


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        (">&-", 2, "symbackprop: error: stdout cannot be written: it is closed\n"),
        (">/dev/full", 2, "symbackprop: error: stdout cannot be written: No space left on device\n"),
        ("| head -n 1", 0, ""),
        (">&- 2>&-", 2, ""),
    ],
)
def test_stdout(furnished, streams, code, said):
    shell = f"set -o pipefail; {sys.executable} -m symbackprop generate ok.py {streams}"
    done = subprocess.run(
        ["bash", "-c", shell], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, said)
