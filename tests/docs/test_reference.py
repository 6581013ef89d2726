"""The reference names all that there is: each option of the command, each error, all that can be imported."""

import re
from pathlib import Path

import pytest

import symbackprop
from symbackprop import errors, functions, layers, losses, optimizers
from symbackprop.cli.main import status
from symbackprop.language.initial import SCHEMES
from symbackprop.language.reductions import REDUCTIONS
from symbackprop.language.vocabulary import FUNCTIONS
from symbackprop.pipeline import generate_files
from symbackprop.terms.program import Distribution

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (FOLDER / "command.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `symbackprop ")]
COMMANDS = ("list", "generate", "verify", "latex", "report", "check-derivation", "cost", "profile")


def help_of(command, capfdbinary):
    assert status([command, "--help"]) == 0
    return capfdbinary.readouterr()[0].decode()


@pytest.mark.parametrize("line", ROWS)
def test_the_command_table_names_what_there_is(line, capfdbinary):
    _, command, *_ = re.search(r"`(.*?)`", line).group(1).split()
    text = help_of(command, capfdbinary)
    for option in re.findall(r"--?[a-z][-a-z]*", line):
        assert option in text


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_table_leaves_nothing_out(command, capfdbinary):
    """Every option that a command's help names, by its short name where it has one, but for the two that all have."""
    line = "".join(row for row in ROWS if re.match(rf"\| `symbackprop {command}\b", row))
    options = re.findall(r"^  (-.*?)(?:  | [a-zA-Z\[]|$)", help_of(command, capfdbinary), re.MULTILINE)
    names = {option.split(", ")[0] for option in options} - {"-h", "--debug"}
    assert line
    assert [name for name in sorted(names) if name not in line] == []


def test_every_command_has_its_section():
    assert status(["--help"]) == 0
    headings = re.findall(r"^## (\S+)$", PAGE, re.MULTILINE)
    assert [command for command in COMMANDS if command not in headings] == []


def test_the_language_page_names_all_that_may_stand_in_an_equation():
    text = (FOLDER / "language.md").read_text(encoding="utf-8")
    code = set(re.findall(r"\w+", "".join(re.findall(r"`[^`\n]+`", text))))
    made_by_sympy_alone = {"re", "im", "conjugate", "arg"}
    heads = {head.__name__ for head in FUNCTIONS} | {reduction.__name__ for reduction in REDUCTIONS}
    names = heads | set(SCHEMES) | {kind.value for kind in Distribution}
    assert names - code == made_by_sympy_alone


def test_the_pages_show_every_refusal_of_the_language():
    """An error of each class is raised on a page, but for those of documents, of machines, of those that others are
    and of what no public function raises."""
    family = {
        error.__name__
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SymbackpropError)
    }
    pages = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("language.md", "limits.md"))
    shown = set(re.findall(r"\b([A-Z]\w+): ", pages))
    of_machines = {"CompilerNotFound", "CompilationFailed"}
    assert family - shown == {"SymbackpropError", "UnknownNotation", *of_machines}


@pytest.mark.parametrize("package", [symbackprop, layers, losses, functions, optimizers])
def test_the_api_page_has_all_that_can_be_imported(package):
    text = (FOLDER / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. auto(?:function|class|data):: (\w+)", text, re.MULTILINE))
    assert [name for name in package.__all__ if name not in named] == []


def test_the_page_of_c_names_all_that_the_files_show():
    """Each type, macro, function and file; `net_NAME` of the files is `NAME_…` there."""
    net = symbackprop.Network("net")
    x, label = net.input("x", (4, 3)), net.input("label", (4,), dtype="int", high=2)
    out = layers.dense(layers.batch_norm(layers.dropout(x, 0.5)), 2)
    net.loss = losses.softmax_cross_entropy(out, label)
    net.output(out)
    files = generate_files(net)
    named = set(re.findall(r"`([^`\s(]+)", (FOLDER / "c.md").read_text(encoding="utf-8")))
    assert {name.replace("net", "NAME", 1) for name in files} <= named
    header = files["net.h"]
    shown = set(re.findall(r"\bnet_(\w+)", re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL))) - {"INCLUDED"}
    fields = {"draw_mask1": "draw_NOISE"}
    macros = set(re.findall(r"#ifdef net_(\w+)", header + files["net.c"]))
    assert {"forward", "params", "WORK", "draw_mask1", "predict_at"} <= shown
    assert {"SIMD", "CHECK", "DOUBLE", "POINTERS"} <= macros
    assert {f"NAME_{fields.get(name, name)}" for name in shown | macros} <= named
