"""Each command: what it prints, what it writes, and its exit status."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.measured import known
from symbackprop.picture.device_plot import device_plot
from tests.measured.machines import machine
from tests.processes import PATIENCE, ending

# What a machine without an engine is told has a test of its own, and the appendix as text too.
needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine is installed")


def test_list(command):
    lines = command("list").out.splitlines()
    assert [line.split()[0] for line in lines] == list(zoo.names())
    assert all(line.endswith(".") for line in lines)
    counts = {line.split()[0]: line.partition("Parameters: ")[2] for line in lines}
    assert counts["mlp"] == "C·H + D·H + C + H."
    assert counts["linear_regression"] == "D + 1."
    assert counts["gpt2"] == "D·M + D·V + 12·D^2 + 15·D."  # 12 D² + 13 D a layer, and the last norm


def test_version_and_help(command):
    assert command("--version").out.startswith("symbackprop ")
    assert command("--help").status == 0
    done = command()
    assert done.status == 2
    assert "Usage:" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate",), "expected exactly one of NETWORK, --all and --check DIR"),
        (("generate", "mlp", "--all"), "expected exactly one of"),
        (("generate", "--all"), "--all needs -o DIR"),
        (("generate", "--check", "no/such/folder"), "no/such/folder: no such folder"),
        (("generate", "mlp", "--backend", "fortran"), "'fortran' is not"),
        (("generate", "mlp", "--abi", "casadi"), "--abi is for --backend c"),
        (("generate", "mlp", "--backend", "c", "--abi", "cython"), "'cython' is not"),
        (("generate", "mlp", "--style", "pretty"), "'pretty' is not one of 'fast', 'plain'"),
        (("generate", "mlp", "--style", "plain", "--optimizer", "adamw"), "--optimizer is for --style fast"),
        (("latex", "mlp", "--code", "fast"), "'fast' is not 'plain'"),
        (("generate", "mlp", "--style", "plain", "--memory", "1MB"), "--memory is for --style fast"),
        (("generate", "--all", "-o", "made", "--memory", "1MB"), "--memory belongs to one NETWORK"),
        (("generate", "mlp", "--memory", "1MB"), "no number for N, D, H, C; give each one"),
        (("generate", "mlp", "--memory", "much"), "no number for N, D, H, C"),
        (("generate", "mlp", "--wrt", ","), "expected names such as x,W1"),
        (("generate", "mlp", "--wrt", "q"), "q"),
        (("generate", "mlp", "--dims", "Q=3"), "size Q: expected one of N, D, H, C, found Q"),
        (("generate", "--all", "-o", "x", "--dims", "N=3"), "--dims belongs to one NETWORK"),
        (("generate", "mlp", "-o", "no/such/folder/mlp.py"), "the folder no/such/folder does not exist"),
        (("verify", "mlp", "--dims", "N"), "expected sizes such as N=4,D=3, found 'N'"),
        (("verify", "mlp", "--dims", "N=0"), "expected a positive integer for N, found '0'"),
        (("verify", "mlp", "--dims", "N=2,N=3"), "N is given twice"),
        (("verify", "mlp", "--dims", "Q=2"), "Q"),
        (("verify", "mlp", "--method", "guess"), "guess"),
        (("cost", "mlp", "--dims", "Q=2"), "expected N, D, H, C, found Q"),
        (("cost", "mlp", "--dims", "N=2", "--calibrate"), "write --dims N=…,D=…,H=…,C=…"),
        (("cost", "mlp", "--shard", "n"), "expected indices on mesh axes such as n=data,j=model, found 'n'"),
        (("cost", "mlp", "--shard", "q=data"), "expected an index of the network (n, i, k, j), found q"),
        (("cost", "mlp", "--shard", "n=N"), "a mesh axis with a name of its own, found N, a size of the network"),
        (("cost", "mlp", "--devices", "data=2"), "--devices belongs to --shard"),
        (("cost", "mlp", "--plot", "x.svg"), "--plot belongs to --shard"),
        (("cost", "mlp", "--shard", "n=data", "--plot", "x.png"), "expected an .svg file to draw, found x.png"),
        (
            ("cost", "mlp", "--shard", "n=data", "--plot", "x.svg"),
            "expected a number for each, found none for N, D, H, C",
        ),
        (("cost", "mlp", "--shard", "n=data", "--devices", "model=2"), "expected a mesh axis of --shard (data), found"),
        (("cost", "mlp", "--shard", "n=data", "--dims", "data=2"), "how many devices lie along it is --devices data=…"),
        (("cost", "mlp", "--shard", "n=data", "--calibrate"), "--calibrate is for the module on one machine"),
        (("cost", "lstm", "--shard", "t=time"), "found t on time, along which a loop runs step by step"),
        (("latex", "mlp", "--shard", "n=data,n=model"), "index n is given twice"),
        (("latex", "mlp", "--shard", "q=data"), "expected an index of the network (n, i, k, j), found q"),
        (("profile", "mlp"), "found none for N, D, H, C; write --dims N=…,D=…,H=…,C=…"),
        (("profile", "mlp", "--dims", "N=999999999,D=999999,H=2,C=2"), "choose smaller sizes"),
        (("profile", "mlp", "--dims", "N=2,D=3"), "found none for H, C; write --dims N=2,D=3,H=…,C=…"),
        (("profile", "mlp", "--dims", "N=2,D=3,H=2,C=2,Q=1"), "size Q: expected one of N, D, H, C, found Q"),
        (("unknown",), "unknown"),
        (("latex", "mlp", "--form", "prose"), "'prose' is not"),
        (("latex", "mlp", "--no-steps", "--level", "full"), "--level full was given"),
        (("latex", "mlp", "--standalone", "-o", "mlp.md"), "the output is Markdown"),
        (("latex", "mlp", "-o", "mlp.docx"), "expected a .tex, .pdf or .md file to write, found mlp.docx"),
    ],
)
def test_refusals(command, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = command(*arguments)
    assert done.status == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []


class TestGenerate:
    def test_stdout_and_file_agree(self, command, tmp_path):
        target = tmp_path / "mlp.py"
        target.write_text("old")
        target.chmod(0o640)
        assert command("generate", "mlp", "-o", target).out == ""
        assert (
            target.read_text(encoding="utf-8")
            == command("generate", "mlp").out
            == symbackprop.generate(zoo.load("mlp"))
        )
        assert target.stat().st_mode & 0o777 == 0o640
        assert [path.name for path in tmp_path.iterdir()] == ["mlp.py"]

    def test_a_failure_leaves_the_old_file(self, command, tmp_path):
        target = tmp_path / "out.py"
        target.write_text("old")
        (tmp_path / "bad.py").write_text("1 / 0")
        assert command("generate", tmp_path / "bad.py", "-o", target).status == 2
        assert target.read_text() == "old"

    def test_wrt(self, command):
        out = command("generate", "softmax_regression", "--wrt", "x,W").out
        assert out == symbackprop.generate(zoo.load("softmax_regression"), wrt=("x", "W"))

    def test_dims(self, command):
        out = command("generate", "mlp", "--dims", "N=4,D=3").out
        assert out == symbackprop.generate(zoo.load("mlp"), dims={"N": 4, "D": 3})

    def test_all_and_check(self, command, tmp_path):
        folder = tmp_path / "generated"
        assert command("generate", "--all", "-o", folder).status == 0
        assert sorted(path.stem for path in folder.iterdir()) == list(zoo.names())
        done = command("generate", "--check", folder)
        assert done.status == 0
        assert f"{len(zoo.names())} modules" in done.out

        (folder / "mlp.py").write_text((folder / "mlp.py").read_text() + "# edited\n")
        (folder / "rnn.py").unlink()
        (folder / "extra.py").touch()
        done = command("generate", "--check", folder)
        assert done.status == 1
        assert "mlp.py: differs" in done.out
        assert "-# edited" in done.out
        assert "rnn.py: missing" in done.out
        assert "extra.py: no network of the zoo generates it" in done.out


class TestVerify:
    def test_a_right_gradient(self, command, tmp_path):
        done = command("verify", "softmax_regression", "--dims", "N=3,D=2", "--json", tmp_path / "report.json")
        assert done.status == 0
        assert "W" in done.out
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["passed"] is True

    def test_json_to_stdout(self, command):
        done = command("verify", "softmax_regression", "--json", "-")
        assert json.loads(done.out)["passed"] is True
        assert "W" in done.err


class TestCost:
    def test_polynomials(self, command):
        out = command("cost", "softmax_regression").out
        assert "C*D*N" in out
        for row in ("forward", "backward", "central differences", "chain rule without reuse"):
            assert row in out

    def test_numbers(self, command):
        out = command("cost", "mlp", "--dims", "N=64,D=784,H=128,C=10").out
        assert "backward / forward multiply-adds: " in out

    def test_the_time(self, command, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        dims = ("--dims", "N=64,D=784,H=128,C=10")
        assert "predicted" not in command("cost", "mlp", *dims).out
        monkeypatch.setattr(known, "measured_machine", lambda anew=False: machine())
        monkeypatch.setattr(known, "known_machine", machine)
        first, again = command("cost", "mlp", *dims, "--calibrate").out, command("cost", "mlp", *dims).out
        assert first == again
        assert first.splitlines()[-1].startswith("predicted on this machine: forward ")
        assert "predicted" not in command("cost", "mlp", "--dims", "N=64").out

    def test_on_devices(self, command, tmp_path):
        net, sizes = zoo.load("mlp"), {"N": 64, "D": 784, "H": 128, "C": 10}
        found = symbackprop.cost(net, shard={"n": "data", "j": "model"})
        shard = ("--shard", "n=data,j=model")
        assert command("cost", "mlp", *shard).out == f"{found.table()}\n"
        dims = (*shard, "--dims", ",".join(f"{name}={value}" for name, value in sizes.items()))
        some = command("cost", "mlp", *dims, "--plot", tmp_path / "mlp.svg").out
        assert some == f"{found.table(sizes)}\n"
        assert (tmp_path / "mlp.svg").read_text(encoding="utf-8") == device_plot(found, sizes)
        numbers = command("cost", "mlp", *dims, "--devices", "data=4,model=2").out
        assert numbers == f"{found.table({**sizes, 'data': 4, 'model': 2})}\n"


class TestProfile:
    def test_table_and_data(self, command, tmp_path, monkeypatch):
        monkeypatch.setattr(known, "measured_machine", lambda anew=False: machine())
        done = command("profile", "mlp", "--dims", "N=4,D=3,H=2,C=2", "--json", tmp_path / "mlp.json")
        assert done.status == 0
        assert done.out.startswith("a step of mlp at N = 4, D = 3, H = 2, C = 2\n")
        assert json.loads((tmp_path / "mlp.json").read_text())["network"] == "mlp"


class TestLatex:
    def test_on_devices(self, command, tmp_path):
        derivation, shard = symbackprop.derive(zoo.load("mlp")), {"n": "data", "j": "model"}
        assert command("latex", "mlp", "--shard", "n=data,j=model").out == derivation.latex(shard=shard)
        command("latex", "mlp", "--shard", "n=data,j=model", "-o", tmp_path / "mlp.md")
        assert (tmp_path / "mlp.md").read_text(encoding="utf-8") == derivation.markdown(shard=shard)

    def test_part_and_document(self, command, tmp_path):
        part = command("latex", "mlp").out
        assert r"\sbpdisplay{" in part
        assert r"\documentclass" not in part
        target = tmp_path / "mlp.tex"
        assert command("latex", "mlp", "--standalone", "-o", target).status == 0
        assert target.read_text().startswith(r"\documentclass")
        result, full = (command("latex", "mlp", "--level", level).out for level in ("result", "full"))
        assert len(result) < len(part) < len(full)
        assert command("latex", "mlp", "--no-steps").out == result

    def test_markdown(self, command, tmp_path):
        target = tmp_path / "mlp.md"
        assert command("latex", "mlp", "--form", "matrix", "-o", target).status == 0
        assert target.read_text().startswith(
            "## A multilayer perceptron with one hidden layer and a softmax classifier\n"
        )
        assert r"\tag{B1}" in target.read_text()

    def test_matrix_form(self, command):
        assert r"\odot" in command("latex", "mlp", "--form", "matrix").out

    def test_chinese(self, command, tmp_path):
        assert "由 " in command("latex", "mlp", "--language", "zh").out
        assert command("latex", "mlp", "--language", "en").out == command("latex", "mlp").out
        target = tmp_path / "mlp.md"
        assert command("latex", "mlp", "--language", "zh", "--code", "plain", "-o", target).status == 0
        assert target.read_text(encoding="utf-8").startswith("## 含一个隐藏层")
        assert "### 代码\n" in target.read_text(encoding="utf-8")
        done = command("latex", "mlp", "--language", "fr")
        assert done.status == 2
        assert "'fr' is not one of 'en', 'zh'" in done.err

    def test_chinese_without_an_engine_for_it(self, command, tmp_path, monkeypatch):
        (tmp_path / "pdflatex").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "pdflatex").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        done = command("latex", "mlp", "--language", "zh", "-o", tmp_path / "mlp.pdf")
        assert done.status == 2
        assert "no LaTeX engine for ctex is installed (looked for xelatex, lualatex, tectonic)" in done.err

    def test_chinese_without_ctex(self, command, tmp_path, monkeypatch):
        (tmp_path / "xelatex").write_text('#!/bin/sh\necho "! LaTeX Error: File \\`ctex.sty\' not found."\nexit 1\n')
        (tmp_path / "xelatex").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
        done = command("latex", "mlp", "--language", "zh", "-o", tmp_path / "mlp.pdf")
        assert done.status == 2
        assert "the LaTeX package ctex is not installed; install it" in done.err
        assert not (tmp_path / "mlp.pdf").exists()

    @pytest.mark.skipif(shutil.which("xelatex") is None, reason="no XeLaTeX is installed")
    def test_chinese_pdf(self, command, tmp_path):
        done = command("latex", "mlp", "--language", "zh", "--level", "result", "-o", tmp_path / "mlp.pdf")
        if "ctex is not installed" in done.err:
            pytest.skip("ctex is not installed")
        assert done.status == 0, done.err
        assert (tmp_path / "mlp.pdf").read_bytes().startswith(b"%PDF")

    def test_no_engine(self, command, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        done = command("latex", "mlp", "-o", tmp_path / "mlp.pdf")
        assert done.status == 2
        assert "no LaTeX engine is installed" in done.err
        assert not (tmp_path / "mlp.pdf").exists()

    def test_the_picture_is_in_whole_documents(self, command):
        assert "tikz" not in command("latex", "mlp").out
        assert r"\begin{tikzpicture}" in command("latex", "mlp", "--standalone").out

    @needs_latex
    def test_pdf(self, command, tmp_path):
        done = command("latex", "mlp", "-o", tmp_path / "mlp.pdf")
        assert done.status == 0, done.err
        assert (tmp_path / "mlp.pdf").read_bytes().startswith(b"%PDF")


def test_a_reader_that_goes_away(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "symbackprop", "generate", "lenet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with ending(process):
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_progress_shows_on_a_terminal_alone():
    code = (
        "import time\nfrom symbackprop.cli.progress import Progress\n"
        "with Progress('waiting', total=2) as progress:\n    progress.step('a')\n    time.sleep(1.5)"
    )
    main, terminal = os.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(main, 10_000).decode()
    os.close(main)
    assert "waiting 0/2 a … 1 s" in shown
    quiet = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert quiet.stderr == quiet.stdout == b""


def test_the_plain_style(command):
    assert command("generate", "mlp", "--style", "plain").out == symbackprop.generate(zoo.load("mlp"), style="plain")


def test_all_in_the_plain_style(command, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "names", lambda: ("mlp",))
    assert command("generate", "--all", "--style", "plain", "-o", str(tmp_path)).status == 0
    assert (tmp_path / "mlp.py").read_text() == symbackprop.generate(zoo.load("mlp"), style="plain")
    assert command("generate", "--check", str(tmp_path), "--style", "plain").status == 0


def test_the_plain_module_as_an_appendix(command):
    """In LaTeX with the packages of the first line alone, in one column and in two; in Markdown as it is."""
    source = symbackprop.generate(zoo.load("gpt2"), style="plain")
    fragment = command("latex", "gpt2", "--code", "plain", "--level", "result").out
    code = fragment[fragment.index("\\sbpcode{%\n") :].split("\n")[1:]
    found = [re.fullmatch(r"\\sbpline\{(\d+)\}\{(.*?)\}[%}]", line) for line in code if line]
    lines = [" " * int(line[1]) + line[2] for line in found if line]
    lines = [re.sub(r"\\sbpspaces\{(\d+)\}", lambda f: " " * int(f[1]), line) for line in lines]
    named = {"asciicircum": "^", "less": "<", "greater": ">", "bar": "|"}
    mark = re.compile(rf"\\([_#{{}}%&$])|\\text({'|'.join(named)})\{{\}}")
    lines = [mark.sub(lambda f: f[1] or named[f[2]], line) for line in lines]
    assert lines == source.splitlines()


def test_the_plain_module_in_markdown(command, tmp_path):
    file = tmp_path / "mlp.md"
    assert command("latex", "mlp", "--code", "plain", "-o", str(file)).status == 0
    assert f"```python\n{symbackprop.generate(zoo.load('mlp'), style='plain')}```" in file.read_text()


@needs_latex
@pytest.mark.parametrize("columns", ["onecolumn", "twocolumn"])
def test_the_appendix_compiles(command, tmp_path, columns):
    fragment = command("latex", "mlp", "--code", "plain", "--level", "result").out
    assert fragment.startswith("% The gradients of mlp; needs amsmath and amssymb.")
    head = f"\\documentclass[{columns}]{{article}}\\usepackage{{amsmath,amssymb}}\n"
    (tmp_path / "a.tex").write_text(f"{head}\\begin{{document}}\n{fragment}\n\\end{{document}}\n")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_a_network_for_casadi(command, tmp_path):
    sizes = "N=2,D=3,H=4,C=5"
    asked = ("generate", "mlp", "--backend", "c", "--abi", "casadi", "--dims", sizes)
    assert command(*asked, "-o", f"{tmp_path}/kit/").status == 0
    assert command(*asked, "-o", tmp_path / "one.c").status == 0
    dims = {"N": 2, "D": 3, "H": 4, "C": 5}
    assert (tmp_path / "one.c").read_text("utf-8") == symbackprop.generate(
        zoo.load("mlp"), "c", dims=dims, abi="casadi"
    )
    assert "adj1_mlp_n_in" in (tmp_path / "kit" / "mlp_casadi.c").read_text("utf-8")
