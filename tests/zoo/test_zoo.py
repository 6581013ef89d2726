"""The zoo: every network reads, derives, verifies, and its committed module is what it generates."""

import ast
import runpy
from pathlib import Path

import pytest

import symbackprop
from symbackprop import zoo
from symbackprop.terms.inside import check_inside
from symbackprop.zoo import __main__ as listed

GENERATED = Path(__file__).parents[2] / "generated"


FIRST = (
    "attention", "crf", "deep_mlp", "embedding", "gmm", "layer_norm_mlp", "lenet", "lstm", "mlp", "rnn",
    "softmax_regression",
)  # fmt: skip


def test_names():
    assert set(FIRST) <= set(zoo.names())
    assert list(zoo.names()) == sorted(zoo.names())


def test_unknown():
    with pytest.raises(KeyError):
        zoo.load("no_such_network")
    with pytest.raises(KeyError):
        zoo.parameters("no_such_network")


def test_the_list_is_of_the_networks_as_they_are():
    assert listed.LIST.read_text(encoding="utf-8") == listed.written(), "write it with: python -m symbackprop.zoo"


@pytest.mark.parametrize("name", zoo.names())
class TestEach:
    def test_it_is_documented(self, name):
        docstring = ast.get_docstring(ast.parse(zoo.path(name).read_text(encoding="utf-8")))
        assert zoo.summary(name).endswith(".")
        assert len(zoo.summary(name)) < 100
        assert "Shapes:" in docstring
        assert "Source:" in docstring

    def test_its_name_is_its_file(self, name):
        assert zoo.load(name).name == name

    def test_it_verifies(self, name):
        report = symbackprop.verify(zoo.load(name))
        assert report.passed, str(report)

    def test_every_element_of_its_derivation_lies_inside(self, name):
        check_inside(symbackprop.derive(zoo.load(name)).derived.joint)

    def test_its_module_is_committed(self, name):
        expected = symbackprop.generate(zoo.load(name))
        assert (GENERATED / f"{name}.py").read_text(encoding="utf-8") == expected, (
            "regenerate with: symbackprop generate --all -o generated"
        )

    def test_its_module_checks_itself(self, name, capsys):
        """As a script; its warnings are errors. (That it is one without this package, `tests/project` sees.)"""
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(GENERATED / f"{name}.py"), run_name="__main__")
        out = capsys.readouterr().out
        assert end.value.code == 0, out
        assert out.splitlines()[-1] == "passed"


def test_nothing_else_is_committed():
    assert sorted(file.stem for file in GENERATED.glob("*.py")) == list(zoo.names())
