"""What a generated module says to those who call it wrongly, and the sizes that it checks itself at."""

import numpy as np
import pytest

from symbackprop import Network, Sum, load, zoo
from symbackprop.numpy.sample import sample_sizes


@pytest.mark.parametrize("dtype", [int, bool, complex, "S3"])
def test_parameters_are_floats(dtype):
    with pytest.raises(ValueError, match="dtype: expected a floating-point type, found"):
        load(zoo.load("mlp")).init_params(0, D=7, H=5, C=3, dtype=dtype)


def test_sizes_that_leave_nothing_are_named():
    sizes = {"B": 1, "C": 3, "F": 2, "G": 2, "R": 3, "S": 3, "M": 3}
    module = load(zoo.load("lenet"))
    with pytest.raises(ValueError, match=r"W3: expected sizes of at least 1 in \(M, G, \(\(\(H - R \+ 1\)"):
        module.init_params(0, H=4, W=13, **sizes)
    assert module.init_params(0, H=11, W=13, **sizes)["W3"].shape == (3, 2, 1, 1)


def test_a_mismatch_says_where_the_size_was_read():
    module = load(zoo.load("mlp"))
    params = module.init_params(0, D=7, H=5, C=3)
    params["W1"] = params["W1"].T
    expected = r"b1: expected shape \(H,\) = \(7,\) \(H = 7 is read off W1\), found \(5,\)"
    with pytest.raises(ValueError, match=expected):
        module.value_and_grad(params, np.ones((2, 7)), np.ones((2, 3)))


@pytest.mark.parametrize(("name", "word"), [("vae", True), ("mlp", False)])
def test_predict_speaks_of_noise_where_there_is_some(name, word):
    assert ("noise" in load(zoo.load(name)).predict.__doc__) == word


@pytest.mark.parametrize("name", zoo.names())
def test_axes_of_a_tensor_differ_in_the_sample(name):
    """Where no relation between the sizes forbids it: an image may be square once its windows fit."""
    program = zoo.load(name).to_program()
    sizes = sample_sizes(program)
    related = {dim.name for tensor in program.tensors for e in tensor.shape if e.atom is None for dim in e.dims()}
    related |= {dim for fact in program.assumptions for dim in program.dims if dim in str(fact.condition)}
    for tensor in program.tensors:
        alone = [str(extent) for extent in tensor.shape if str(extent) in sizes and str(extent) not in related]
        distinct = set(alone)
        assert len({sizes[dim] for dim in distinct}) == len(distinct), (tensor.name, sizes)


def test_what_was_drawn_at_the_call_before_is_checked_when_it_is_given() -> None:
    """A call that is like the one before passes the door at once; a list in the place of drawn noise is not like it."""
    net = Network("noisy")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, e, y = (
        net.input("x", (N, D)),
        net.parameter("w", (D,)),
        net.random("e", (N, D), "normal", mean=0, std=1),
        net.tensor("y"),
    )
    y[n] = Sum(w[i] * (x[n, i] + e[n, i]), i)
    net.loss = Sum(y[n] ** 2, n)
    module = load(net)
    rng, workspace = np.random.default_rng(0), module.Workspace()
    params, data, noise = {"w": rng.normal(size=3)}, rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    for _ in range(2):
        module.forward(params, data, rng=1, workspace=workspace)
    expected = float(module.forward(params, data, e=noise)[0])
    wrong = (np.ma.masked_array(noise), TypeError, "a plain array"), (noise[0].tolist(), ValueError, "shape")
    for given, error, words in wrong:
        module.forward(params, data, rng=1, workspace=workspace)
        with pytest.raises(error, match=f"e: expected {words}"):
            module.forward(params, data, e=given, workspace=workspace)
    for given in (noise.tolist(), noise, noise.T.copy().T):
        module.forward(params, data, rng=1, workspace=workspace)
        found = module.forward(params, data, e=given, workspace=workspace)[0]
        assert abs(float(found) - expected) < 1e-12 * abs(expected)


def test_sizes_given_by_themselves_are_known_by_name() -> None:
    """forward is given S, predict T, both of one value, beside the same inputs."""
    net = Network("steps")
    S, N, T = net.dims("S N T")
    n, s, t = net.index("n", N), net.index("s", S), net.index("t", T)
    x, w, y, z = net.input("x", (N,)), net.parameter("w", (N,)), net.tensor("y"), net.tensor("z")
    y[n] = Sum(w[n] * x[n] * (1 + s), s)
    z[n] = Sum(w[n] * x[n] * (1 + t), t)
    net.loss = Sum(y[n] ** 2, n)
    net.output(z)
    module = load(net)
    workspace = module.Workspace()
    params, data = {"w": np.array([1.0, 2.0])}, np.array([3.0, 4.0])
    for size in (3, 5, 3):
        loss = module.forward(params, data, S=size, workspace=workspace)[0]
        total = size * (size + 1) / 2
        assert float(loss) == pytest.approx(float(((params["w"] * data * total) ** 2).sum()))
        found = module.predict(params, data, T=size, workspace=workspace)
        np.testing.assert_allclose(found, params["w"] * data * total)


@pytest.mark.parametrize("turned", ["w", "x", "m"])
def test_what_is_not_like_the_call_before_is_looked_at_again(turned: str) -> None:
    """Arrays in another order, type or shape, of parameters, inputs and buffers, after a call that knew them."""
    net = Network("again")
    N, D = net.dims("N D")
    n, m, i = net.indices(n=N, m=N, i=D)
    x, w, b, y = net.input("x", (N, D)), net.parameter("w", (N, D)), net.buffer("m", (N, D), "zeros"), net.tensor("y")
    y[n] = Sum(w[n, i] * (x[n, i] - b[n, i]), i)
    net.loss = Sum(y[n] * y[m], n, m)
    module = load(net)
    rng, workspace = np.random.default_rng(0), module.Workspace()
    arrays = {name: rng.normal(size=(3, 3)) for name in "wxm"}

    def loss(given: dict[str, object], memory: object = workspace) -> float:
        return float(module.forward({"w": given["w"]}, given["x"], buffers={"m": given["m"]}, workspace=memory)[0])

    masked = np.ma.masked_array(arrays[turned])
    others = [arrays[turned].T, arrays[turned][::-1], arrays[turned].tolist(), np.asfortranarray(arrays[turned])]
    others += [arrays[turned].astype(np.float32)] if turned != "w" else []  # whose dtype is that of all
    for other in others:
        loss(arrays)
        assert len(workspace._seen) == 1
        given = {**arrays, turned: other}
        assert loss(given) == pytest.approx(loss(given, None), rel=1e-12)
    for other, error in ((masked, TypeError), (arrays[turned][:, :2], ValueError)):
        loss(arrays)
        with pytest.raises(error, match=r"[wxm]: expected"):
            loss({**arrays, turned: other})
    arrays[turned][0, 0] += 1  # in place
    assert loss(arrays) == pytest.approx(loss(arrays, None), rel=1e-12)
