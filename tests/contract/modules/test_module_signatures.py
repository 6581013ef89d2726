"""What a generated module is called with: signatures, tables, positions and keywords, exactly as promised."""

import ast
import inspect

import numpy as np
import pytest

from symbackprop import Network, Sum, load

CALLS = {
    "mlp": {
        "init_params": "(rng, *, D, H, C, dtype=<class 'numpy.float32'>)",
        "forward": "(params, x, y, *, workspace=None)",
        "backward": "(cache, *, workspace=None)",
        "value_and_grad": "(params, x, y, *, workspace=None)",
        "predict": "(params, x, *, workspace=None)",
        "Workspace": "()",
    },
    "steps": {
        "init_params": "(rng, *, D, dtype=<class 'numpy.float32'>)",
        "forward": "(params, x, y, *, T, workspace=None)",
        "backward": "(cache, *, workspace=None)",
        "value_and_grad": "(params, x, y, *, T, workspace=None)",
        "predict": "(params, x, *, T, workspace=None)",
    },
    "normalised": {
        "init_params": "(rng, *, C, dtype=<class 'numpy.float32'>)",
        "init_buffers": "(*, C, dtype=<class 'numpy.float32'>)",
        "forward": "(params, x, y, *, buffers, workspace=None)",
        "value_and_grad": "(params, x, y, *, buffers, workspace=None)",
        "predict": "(params, x, *, buffers, workspace=None)",
        "next_buffers": "(cache)",
    },
    "dropout": {
        "forward": "(params, x, y, *, mask=None, jitter=None, rng=None, workspace=None)",
        "value_and_grad": "(params, x, y, *, mask=None, jitter=None, rng=None, workspace=None)",
        "predict": "(params, x, *, workspace=None)",
    },
    "padded": {"predict": "(params, token, length, *, workspace=None)"},
}


@pytest.mark.parametrize(("name", "function"), [(n, f) for n, calls in CALLS.items() for f in calls])
def test_signatures(contract, name, function):
    made = contract.module(name)
    assert str(inspect.signature(getattr(made, function))) == CALLS[name][function]


def test_tables(contract):
    made = contract.module("padded")
    assert made.NAME == "padded"
    assert made.DIMS == ("N", "T", "V", "D", "C")
    assert list(made.INPUTS.items()) == [
        ("token", (("N", "T"), "int")), ("length", (("N",), "int")), ("label", (("N",), "int")),
    ]  # fmt: skip
    assert list(made.PARAMETERS.items()) == [
        ("E", (("V", "D"), "float")), ("Q", (("D", "D"), "float")), ("U", (("C", "D"), "float")),
    ]  # fmt: skip
    assert list(made.OUTPUTS.items()) == [("z", (("N", "C"), "float")), ("w", (("N", "T", "T"), "float"))]


def test_tables_of_every_network(contract, every):
    """Symbolic shapes evaluate to those of the arrays; the arguments are the inputs in the order declared."""
    made, net = contract.module(every), contract.network(every)
    sizes = contract.sizes_of(made)
    params, rest = contract.data_for(made, net, sizes)
    positional = [
        p.name for p in inspect.signature(made.forward).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    assert positional == ["params", *made.INPUTS]
    drawn = made.init_params(
        0, **{k: v for k, v in sizes.items() if k in inspect.signature(made.init_params).parameters}
    )
    assert list(drawn) == list(made.PARAMETERS)
    loss, grads = made.value_and_grad(params, **rest)
    assert np.isfinite(loss)
    assert list(grads) == list(made.PARAMETERS)
    for name, (shape, dtype) in made.PARAMETERS.items():
        expected = tuple(contract.evaluated(extent, sizes) for extent in shape)
        assert dtype == "float"
        assert drawn[name].shape == grads[name].shape == expected
        assert type(grads[name]) is type(drawn[name]) is np.ndarray
    outputs = made.predict(params, **contract.for_predict(made, rest))
    outputs = outputs if len(made.OUTPUTS) > 1 else (outputs,)
    assert isinstance(outputs, tuple)
    for output, (shape, _) in zip(outputs, made.OUTPUTS.values(), strict=True):
        assert output.shape == tuple(contract.evaluated(extent, sizes) for extent in shape)


def test_inputs_by_position_and_by_keyword(contract, every):
    made, net = contract.module(every), contract.network(every)
    params, rest = contract.data_for(made, net, contract.sizes_of(made))
    inputs = {name: rest.pop(name) for name in made.INPUTS}
    by_position, first = made.value_and_grad(params, *inputs.values(), **rest)
    by_keyword, second = made.value_and_grad(params, **inputs, **rest)
    split, cache = made.forward(params, *inputs.values(), **rest)
    assert by_position == by_keyword == split
    for name, grad in made.backward(cache).items():
        assert np.array_equal(grad, first[name])
        assert np.array_equal(grad, second[name])


def test_sizes_in_no_shape_of_their_own_are_keywords():
    """H stands in H*2 alone, V only as a bound, and S only in the equations."""
    net = Network("hidden")
    N, H, V, S = net.dims("N H V S")
    n, h = net.indices(n=N, h=2 * H)
    token = net.input("token", (N,), dtype="int", high=V)
    w = net.parameter("w", (2 * H,))
    z = net.tensor("z")
    z[n, h] = w[h] * token[n] / V
    net.loss = Sum(z[n, h] ** 2, n, h) / S
    net.output(z)
    made = load(net)
    assert str(inspect.signature(made.forward)) == "(params, token, *, H, V, S, workspace=None)"
    assert set(inspect.signature(made.predict).parameters) == {"params", "token", "H", "V", "workspace"}
    assert "H" in inspect.signature(made.init_params).parameters
    params = {"w": np.arange(1.0, 7.0)}
    loss, grads = made.value_and_grad(params, [1, 0, 3], H=3, V=4, S=5)
    assert loss == pytest.approx(91 * 10 / 16 / 5)
    np.testing.assert_allclose(grads["w"], 2 * params["w"] * 10 / 16 / 5)
    with pytest.raises(ValueError, match=r"w.*\(2 \* H,\) = \(8,\), found \(6,\)"):
        made.forward(params, [1, 0, 3], H=4, V=4, S=5)
    with pytest.raises(ValueError, match=r"token.*0 to 2, found 0 to 3"):
        made.forward(params, [1, 0, 3], H=3, V=3, S=5)


def test_a_network_without_inputs():
    net = Network("bowl")
    D = net.dim("D")
    i = net.index("i", D)
    w = net.parameter("w", (D,), init="ones")
    net.loss = Sum((w[i] - i) ** 2, i)
    made = load(net)
    assert str(inspect.signature(made.forward)) == "(params, *, workspace=None)"
    assert made.INPUTS == {}
    assert made.OUTPUTS == {}
    assert not hasattr(made, "predict")
    loss, grads = made.value_and_grad(made.init_params(0, D=3))
    assert loss == 2
    np.testing.assert_array_equal(grads["w"], [2, 0, -2])


def test_imports_numpy_alone_and_names_what_it_is(contract, every):
    source = source_of(contract.module(every))
    tree = ast.parse(source, feature_version=(3, 10))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imported] == ["import numpy as np"]
    first = source.splitlines()[0]
    assert "symbackprop 0." in first
    assert f'"{every}"' in first
    assert not any(char in source for char in ("\r", "\t"))
    assert all(line == line.rstrip() for line in source.splitlines())


RECURRENT = {"rnn": "T", "lstm": "T", "crf": "T", "deep_mlp": "L", "steps": "T"}
WINDOWS = {"lenet": "RS", "convolution": "K"}


def test_no_python_loop_over_elements(contract, every):
    """`forward`, `backward` and `predict` loop along recurrences and over the positions within a window alone."""
    tree = ast.parse(source_of(contract.module(every)))
    allowed = set(RECURRENT.get(every, "") + WINDOWS.get(every, ""))
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name in ("forward", "backward", "predict", "_shared"):
            for loop in ast.walk(function):
                assert not isinstance(loop, ast.While | ast.ListComp | ast.GeneratorExp), ast.unparse(loop)
                if isinstance(loop, ast.For):
                    sizes = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)} - {"range"}
                    assert ast.unparse(loop.iter).startswith("range(")
                    assert sizes <= allowed, ast.unparse(loop)


def source_of(made):
    return inspect.getsource(made)
