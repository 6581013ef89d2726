"""`symbackprop report`: the file it writes, and its exit status."""

from dataclasses import replace
from importlib import import_module

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.verify.verification import Verdict


def test_a_page(command, tmp_path):
    target = tmp_path / "page.html"
    done = command("report", "softmax_regression", "-o", target)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert target.read_text(encoding="utf-8") == symbackprop.report(zoo.load("softmax_regression"))
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_sizes(command, tmp_path):
    target = tmp_path / "page.html"
    assert command("report", "softmax_regression", "-o", target, "--dims", "N=6,C=10").status == 0
    text = target.read_text(encoding="utf-8")
    assert text == symbackprop.report(zoo.load("softmax_regression"), dims={"N": 6, "C": 10})
    assert '"N":6' in text


def test_beside_c(command, tmp_path):
    target = tmp_path / "page.html"
    assert command("report", "softmax_regression", "-o", target, "--backend", "c", "--dims", "N=2,D=3,C=4").status == 0
    net = zoo.load("softmax_regression")
    assert target.read_text(encoding="utf-8") == symbackprop.report(net, {"N": 2, "D": 3, "C": 4}, backend="c")


def test_a_wrong_gradient(command, tmp_path, monkeypatch):
    """The page is written, and says so; so does the exit status."""
    room = import_module("symbackprop.verify")
    verify = room.verify_program

    def wrong(*arguments, **options):
        found = verify(*arguments, **options)
        first, *rest = found.rows
        return replace(found, rows=(replace(first, verdict=Verdict.FAIL), *rest))

    monkeypatch.setattr(room, "verify_program", wrong)
    target = tmp_path / "page.html"
    done = command("report", "softmax_regression", "-o", target)
    assert done.status == 1
    assert "NOT verified" in done.err
    assert "Verification failed." in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "softmax_regression"), "Missing option '-o'"),
        (("report", "softmax_regression", "-o", "page.html", "--dims", "Q=2"), "found Q"),
        (("report", "softmax_regression", "-o", "page.html", "--backend", "c"), "found none for N, D, C"),
        (
            ("report", "softmax_regression", "-o", "page.html", "--backend", "c", "--dims", "N=2,C=4"),
            "found none for D",
        ),
        (("report", "softmax_regression", "-o", "page.html", "--backend", "torch"), "'torch' is not one of"),
        (("report", "no_such_network", "-o", "page.html"), "no_such_network"),
        (("report", "softmax_regression", "-o", "no/such/page.html"), "the folder no/such does not exist"),
    ],
)
def test_refusals(command, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    done = command(*arguments)
    assert done.status == 2
    assert message in done.err
    assert list(tmp_path.iterdir()) == []
