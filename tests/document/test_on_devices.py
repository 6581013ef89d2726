"""The section on several devices: placements, collectives and bytes, in one notation."""

from __future__ import annotations

import pytest

from symbackprop import derive, zoo
from symbackprop.document import markdown
from symbackprop.document.latex_document import fragment
from symbackprop.document.model import Math, Paragraph, Reference, Table
from symbackprop.document.on_devices import placed_names
from symbackprop.errors import UnknownIndex, UnsplittableIndex
from symbackprop.formula.latex import latex
from symbackprop.formula.text import text
from symbackprop.latex.printed_names import Names
from symbackprop.shard import ExchangeKind
from tests.shard.cases import sharded


def section(name, language="en", **indices):
    document = derive(zoo.load(name)).document("result", language=language, shard=indices)
    (found,) = (section for section in document.sections if section.key == "devices")
    return found


def tables(found):
    """Their cells as text; what is held in LaTeX, whose parentheses may be closed on another line."""
    return [[tuple(cell(each, latex if block.kind == "cost" else text) for each in row) for row in block.rows]
            for block in found.blocks if isinstance(block, Table)]  # fmt: skip


def cell(runs, write):
    return "".join(run if isinstance(run, str) else f"({run.label})" if isinstance(run, Reference)
                   else write(run.formula) for run in runs)  # fmt: skip


def test_the_perceptron_on_data_and_model():
    computed, sent, held = tables(section("mlp", n="data", j="model"))
    assert computed[:5] == [
        ("(F1)", "z^1[n, j] = Σ_i W^1[j, i]·x[n, i] + b^1[j]", "z^1[N_data, H_model]"),
        ("(F2)", "a^1[n, j] = tanh(z^1[n, j])", "a^1[N_data, H_model]"),
        ("(F3)", "z^(2 part)[n, k] = Σ_j W^2[k, j]·a^1[n, j]", "z^(2 part)[N_data, C]{U_model}"),
        ("(F3)", "AllReduce_model(z^(2 part)[N_data, C]{U_model})", "z^(2 part)[N_data, C]"),
        ("(F3)", "z^2[n, k] = b^2[k] + z^(2 part)[n, k]", "z^2[N_data, C]"),
    ]
    assert computed[-1] == ("(B7)", "AllReduce_data(∂L/∂W^1[H_model, D]{U_data})", "∂L/∂W^1[H_model, D]")
    assert [row[0] for row in sent] == ["(F3)", "(F6)", "(B4)", "(B5)", "(B6)", "(B7)"]
    assert sent[0][1:] == ("z^(2 part)[N_data, C]", "AllReduce_model", "8·((model - 1)/model)·C·N/data")
    assert sent[-1][2:] == ("AllReduce_data", "8·((data - 1)/data)·D·H/model")
    assert [row[0] for row in held] == ["parameters", "gradients", "data", "values kept for the backward pass"]
    assert held[2][1] == r"\frac{4 \, N \, \bigl( C + D \bigr)}{\mathrm{data}}"


CASES = [
    ("mlp", {"n": "data", "j": "data"}), ("gpt2", {"n": "data", "v": "model", "a": "model"}),
    ("transformer_block", {"n": "data", "a": "model", "f": "model", "t": "model"}), ("resnet", {"h": "data"}),
    ("wavenet", {"t": "data"}), ("rnn", {"j": "model"}), ("neural_ode", {"n": "data"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "indices"), CASES)
def test_every_equation_stands_there_once(name, indices):
    one, found = sharded(name, indices), section(name, **indices)
    equations = [e for way in (one.forward, one.backward) for e in dict.fromkeys(way.equations)]
    computed, sent, _ = tables(found)
    assert [row[0] for row in computed] == [
        ", ".join(f"({label})" for label in e.label.split(", ") if label) for e in equations
    ]
    assert len(sent) == len(one.exchanges)
    (given,) = [block for block in found.blocks if isinstance(block, Paragraph)][2:3]
    assert sum(isinstance(run, Math) for run in given.runs) >= len(one.backward.program.wrt)


@pytest.mark.parametrize(("name", "indices"), CASES)
def test_what_a_collective_makes_of_a_tensor_has_its_name_and_nothing_else_has(name, indices):
    one, derived = sharded(name, indices), derive(zoo.load(name)).derived
    tensors = {tensor.name: tensor for tensor in (*derived.joint.tensors, *derived.adjoints.values())}
    program = derived.joint.with_(tensors=tuple(tensors.values()))
    names = Names.of(program)
    found = placed_names(one, program, names)
    together = {name: {name} for name in {*one.table, *tensors}}
    for exchange in one.exchanges.values():
        joint = together[exchange.source] | together[exchange.target]
        together |= dict.fromkeys(joint, joint)
    alike = {}
    for tensor in together:
        alike.setdefault(latex(found.symbols[tensor]), set()).add(tensor)
    assert all(same == together[min(same)] for same in alike.values())
    assert all(latex(found.symbols[tensor]) == latex(names.symbols[tensor]) for tensor in tensors)


def test_halos_and_other_reductions():
    found = section("resnet", h="data")
    written = [row for table in tables(found) for row in table]
    assert any(row[1].startswith("HaloExchange_{data,H}(x[N, ") for row in written)
    assert any("H_data^(-1,+1)" in row[2] for row in written if len(row) == 3)
    found = section("gpt2", n="data", v="model")
    kinds = {exchange.kind for exchange in sharded("gpt2", {"n": "data", "v": "model"}).exchanges.values()}
    assert ExchangeKind.PMAX in kinds
    written = [row for table in tables(found) for row in table]
    assert any(row[2] == "AllReduce_{model,max}" for row in written)
    assert any("{U_model^max}" in row[2] for row in written)


def test_in_latex_markdown_and_chinese():
    derivation = derive(zoo.load("mlp"))
    found = derivation.latex(level="result", shard={"n": "data", "j": "model"})
    assert r"\subsection{On several devices}" in found
    assert r"\sbprecord{\eqref{mlp:F1}}" in found
    assert found == fragment(derivation.document("result", shard={"n": "data", "j": "model"}))
    written = derivation.markdown(level="result", shard={"n": "data"})
    assert r"| (B7) | $\partial \mathcal{L}/\partial W^{(1)}\left[H,\, D\right]$ |" in written
    assert written == markdown.text(derivation.document("result", shard={"n": "data"}))
    chinese = section("mlp", "zh", n="data", j="model")
    assert chinese.title == "在多个设备上"
    assert tables(chinese)[:2] == tables(section("mlp", n="data", j="model"))[:2]


def test_without_devices_there_is_no_section():
    document = derive(zoo.load("mlp")).document("result")
    assert all(section.key != "devices" for section in document.sections)


def test_what_cannot_be_split():
    with pytest.raises(UnknownIndex, match="found q"):
        section("mlp", q="data")
    with pytest.raises(UnsplittableIndex, match="t on time"):
        section("lstm", t="time")
