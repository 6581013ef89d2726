"""What stands beside the equations: a row for every size and tensor, and the conventions that the equations use."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum, derive, zoo
from symbackprop.document.model import Code, Document, Math, Paragraph, Reference, Table
from symbackprop.formula.text import text
from symbackprop.formula.tree import Formula


def tables(document: Document) -> dict[str, Table]:
    return {block.kind: block for section in document.sections for block in section.blocks if isinstance(block, Table)}


def said(document: Document, key: str) -> str:
    blocks = [block for section in document.sections if section.key == key for block in section.blocks]
    return "\n".join(words(block.runs) for block in blocks if isinstance(block, Paragraph))


def words(runs: object) -> str:
    return "".join(text(run.formula) if isinstance(run, Math) else str(run) for run in runs)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["mlp", "lstm", "vae", "embedding", "lenet"])
def test_every_size_and_tensor_has_its_row(name: str) -> None:
    derivation = derive(zoo.load(name))
    program, found = derivation.program, tables(derivation.document())
    tensors = [tensor for tensor in program.tensors if tensor.adjoint_of is None]
    rows = [row for row in found["symbols"].rows if row[1] != (Code("d_…"),)]
    assert [row[1] for row in rows] == [(Code(tensor.name),) for tensor in tensors]
    symbols = [row[0][0].formula for row in rows]  # type: ignore[union-attr]
    assert len(set(symbols)) == len(symbols)
    assert all(isinstance(symbol, Formula) for symbol in symbols)
    for tensor, row in zip(tensors, rows, strict=True):
        assert (words(row[3]) == "scalar") == (tensor.rank == 0)
        assert words(row[3]).count("×") == max(tensor.rank - 1, 0)
        assert words(row[2]).startswith("parameter") == (tensor.kind.value == "parameter")
    sizes = [words(row[0]) for row in found["sizes"].rows]
    assert sizes[: len(program.dims)] == list(program.dims)


def network(power: bool, guarded: bool) -> Network:
    net = Network("small")
    N = net.dim("N")
    n = net.index("n", N)
    x, w, y = net.input("x", (N,)), net.parameter("w", (N,)), net.tensor("y")
    y[n] = abs(w[n]) * x[n] if power else w[n] * x[n]
    if guarded:
        s = net.tensor("s")
        s[0] = 1
        m = net.index("m", (1, N - 1))
        s[m] = s[m - 1] * w[m]
        net.loss = Sum(y[n], n) / N + s[N - 1]
    else:
        net.loss = Sum(y[n] ** 2, n) / N
    return net


def test_conventions_are_those_that_the_equations_use() -> None:
    plain, guarded = (derive(network(False, each)).document() for each in (False, True))
    both = [said(document, "conventions") for document in (plain, guarded)]
    assert all("is the derivative of the loss by every element" in each for each in both)
    assert not any("factor" in each for each in both)  # no δ has it: the gradient itself, or a part of the loss alone
    kinked = said(derive(network(True, False)).document(), "conventions")
    assert kinked != both[0]
    assert "0" in kinked.replace(both[0], "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mlp", "The factor 1/N of the loss F6 is in B1, so"), ("attention", " the loss F10 is in B1"),
     ("vae", "is in B1, B5 and B6, so"), ("crf", None), ("gmm", None)],  # whose gradients are written with it
)  # fmt: skip
def test_where_the_factor_of_the_loss_is(name: str, expected: str | None) -> None:
    document = derive(zoo.load(name)).document("result")
    (conventions,) = (section for section in document.sections if section.key == "conventions")
    runs = [run for block in conventions.blocks if isinstance(block, Paragraph) for run in block.runs]
    found = words([run.label if isinstance(run, Reference) else run for run in runs])
    assert (expected in found) if expected else ("factor" not in found)


@pytest.mark.parametrize("weight", ["1", "1/D", "N/D", "none"])
def test_a_factor_that_a_gradient_has_too_is_not_told(weight: str) -> None:
    """Of a penalty beside the errors the gradient is divided by N itself, or by N with another size."""
    net = Network("ridge")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, y, w, z = net.input("x", (N, D)), net.input("y", (N,)), net.parameter("w", (D,)), net.tensor("z")
    z[n] = Sum(w[i] * x[n, i], i)
    times = {"1": 1, "1/D": 1 / D, "N/D": N / D, "none": 0}[weight]
    net.loss = (Sum((z[n] - y[n]) ** 2, n) + times * Sum(w[i] ** 2, i)) / N
    derivation = derive(net)
    gradient = str(derivation.gradient("w")[0])
    assert ("written without it" in derivation.markdown()) == ("N)" not in gradient and "/N" not in gradient)


def test_a_size_that_no_equation_runs_over_has_the_indices_of_its_tensors() -> None:
    sizes = tables(derive(zoo.load("embedding")).document())["sizes"]
    rows = {words(size): words(over) for size, over in sizes.rows}
    assert all(rows.values())
    assert "i" in rows["V"]
    assert rows["T"] == "t = 0..T - 1"


def test_a_part_of_a_gradient_is_called_so() -> None:
    symbols = tables(derive(zoo.load("gmm")).document())["symbols"]
    (meaning,) = (words(row[2]) for row in symbols.rows if words(row[0]) == "S")
    assert meaning.startswith("part of ∂L/∂q, ")
