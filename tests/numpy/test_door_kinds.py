"""Arguments of a wrong kind: each is refused by its name, with what was expected and found, or means what it says."""

import numpy as np
import pytest

from symbackprop import Network, Sum, load

SHAPES = {"W": (3, 2), "b": (3,), "x": (4, 2), "y": (4,), "s": (3,)}


def network(name="kinds"):
    net = Network(name)
    N, D, H = net.dims("N D H")
    n, i, j = net.indices(n=N, i=D, j=H)
    W, b = net.parameter("W", (H, D)), net.parameter("b", (H,))
    x, y, s = net.input("x", (N, D)), net.input("y", (N,), dtype="int", high=H), net.random("s", (H,), "normal")
    m, z = net.buffer("m", (H,), 0), net.tensor("z")
    z[n, j] = Sum(W[j, i] * x[n, i], i) + b[j] + s[j]
    net.loss = Sum(z[n, y[n]], n) + Sum(z[n, j] ** 2, n, j)
    net.update(m[j], m[j] / 2 + Sum(z[n, j], n))
    net.output(z)
    return net


@pytest.fixture(scope="module")
def module():
    return load(network())


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    given = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    given["y"] = np.array([0, 2, 1, 1])
    return given


def call(module, data, **more):
    arguments = {"params": {"W": data["W"], "b": data["b"]}, "x": data["x"], "y": data["y"], "s": data["s"]}
    return module.value_and_grad(**{**arguments, "buffers": {"m": np.zeros(3)}, **more})


# (the argument, what is made of it, what the error says)
REFUSED = {
    "masked input": ("x", lambda a: np.ma.masked_array(a, a > 0), TypeError, "x: expected a plain array, found a"),
    "masked parameter": ("W", np.ma.masked_array, TypeError, "W: expected a plain array, found a masked one"),
    "masked labels": ("y", np.ma.masked_array, TypeError, "y: expected a plain array, found a masked one"),
    "masked noise": ("s", np.ma.masked_array, TypeError, "s: expected a plain array, found a masked one"),
    "complex input": ("x", lambda a: a + 1j, ValueError, "x: expected real numbers, found complex128"),
    "complex parameter": ("b", lambda a: a + 1j, ValueError, "b: expected floating-point numbers, found complex128"),
    "objects": ("x", lambda a: a.astype(object), ValueError, "x: expected real numbers, found object"),
    "objects as parameters": ("W", lambda a: a.astype(object), ValueError, "W: expected floating-point numbers, found"),
    "text": ("x", lambda a: a.astype(str), ValueError, "x: expected real numbers, found <U"),
    "dates": ("y", lambda a: a.astype("datetime64[s]"), ValueError, "y: expected integers, found datetime64"),
    "ragged": ("x", lambda a: [[1.0], [1.0, 2.0]], ValueError, "x: expected an array, or nested sequences"),
    "floats for integers": ("y", lambda a: a.astype(float), ValueError, "y: expected integers, found float64"),
    "truth values for integers": ("y", lambda a: a > 0, ValueError, "y: expected integers, found bool"),
    "integers beyond the bound": ("y", lambda a: a.astype(np.uint64) + 2**63, ValueError, "y: expected integers fr"),
    "integers as parameters": ("W", lambda a: a.astype(int), ValueError, "W: expected floating-point numbers"),
    "None": ("x", lambda a: None, ValueError, "x: expected real numbers, found object"),
    "a row too few": ("x", lambda a: a[:, :1], ValueError, r"x: expected shape \(N, D\) = \(4, 2\)"),
    "no rows": ("x", lambda a: a[:0], ValueError, r"x: expected sizes of at least 1 in \(N, D\), found \(0, 2\)"),
    "another rank": ("b", lambda a: a[None], ValueError, r"b: expected shape \(H,\), found \(1, 3\)"),
    "another dtype": ("b", lambda a: a.astype(np.float32), ValueError, "b: expected the dtype of W, float64, found"),
}  # fmt: skip


@pytest.mark.parametrize("title", REFUSED)
def test_refused(module, data, title):
    name, change, error, message = REFUSED[title]
    with pytest.raises(error, match=r"^" + message):
        call(module, {**data, name: change(data[name])})


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


MEANT = {
    "lists": np.ndarray.tolist, "read-only": read_only, "Fortran order": np.asfortranarray,
    "byte order": lambda a: a.astype(a.dtype.newbyteorder()), "reversed twice": lambda a: a[::-1].copy()[::-1],
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
}  # fmt: skip


@pytest.mark.parametrize("title", MEANT)
def test_what_holds_the_same_numbers_means_the_same(module, data, title):
    expected = call(module, data)
    found = call(module, {name: MEANT[title](array) for name, array in data.items()})
    assert found[0] == expected[0]
    for name, gradient in expected[1].items():
        assert np.array_equal(found[1][name], gradient)
        assert found[1][name].dtype == np.float64


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_means_its_array(module, data):
    assert call(module, {**data, "x": np.matrix(data["x"])})[0] == call(module, data)[0]


@pytest.mark.parametrize("rng", ["seed", 1.5, -1, object()])
def test_what_is_no_seed(module, data, rng):
    with pytest.raises(TypeError, match=r"^rng: expected a NumPy Generator or a seed, found "):
        call(module, data, s=None, rng=rng)


@pytest.mark.parametrize("params", [None, [1.0], np.zeros(3), "W"])
def test_parameters_that_are_no_dict(module, data, params):
    with pytest.raises(TypeError, match=r"^params: expected a dict of arrays, found "):
        call(module, data, params=params)


def test_other_parameters(module, data):
    with pytest.raises(ValueError, match=r"^params: expected W, b; missing \['b'\], unknown \['c'\]"):
        call(module, data, params={"W": data["W"], "c": data["b"]})


# --- workspaces and caches -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("workspace", "found"),
    [({}, "dict"), (True, "bool"), (3, "int"), ("w", "str"), (np.zeros(3), "ndarray"), ([], "list"), (type, "type")],
)
def test_what_is_no_workspace(module, data, workspace, found):
    message = rf"^workspace: expected a Workspace\(\) of kinds's own module, found {found}$"
    with pytest.raises(TypeError, match=message):
        call(module, data, workspace=workspace)
    cache = forward(module, data)
    with pytest.raises(TypeError, match=message):
        module.backward(cache, workspace=workspace)


def test_the_class_itself_is_no_workspace(module, data):
    with pytest.raises(TypeError, match=r"^workspace: expected a Workspace\(\) of kinds's own module, found type"):
        call(module, data, workspace=module.Workspace)


def test_the_workspace_of_another_module(module, data):
    with pytest.raises(TypeError, match=r"^workspace: .* found that of another module$"):
        call(module, data, workspace=load(network("others")).Workspace())


def forward(module, data):
    params = {"W": data["W"], "b": data["b"]}
    return module.forward(params, data["x"], data["y"], s=data["s"], buffers={"m": np.zeros(3)})[1]


def test_what_is_no_cache(module, data):
    own = r"^cache: expected what kinds's own forward returns beside the loss, found "
    foreign = forward(load(network("others")), data)
    params = {"W": data["W"], "b": data["b"]}
    predicted = module.predict(params, data["x"], buffers={"m": np.zeros(3)})
    for function in (module.backward, module.next_buffers):
        for cache, found in (({}, "an empty dict"), ({"W": 1}, "another dict"), (foreign, "that of another module")):
            with pytest.raises(ValueError, match=own + found):
                function(cache)
        for cache, found in ((None, "NoneType"), (predicted, "ndarray"), ((1.0, {}), "tuple")):
            with pytest.raises(TypeError, match=f"^cache: expected what forward returns .*, found {found}"):
                function(cache)


def test_a_workspace_keeps_no_views_of_sizes_long_gone(module, data):
    workspace, rng = module.Workspace(), np.random.default_rng(1)
    params = {"W": data["W"], "b": data["b"]}

    def storage():
        return sum(array.base.nbytes for array in workspace._arrays.values())

    def step(rows):
        x, y = rng.normal(size=(rows, 2)), rng.integers(0, 3, rows)
        given = {"s": data["s"], "buffers": {"m": np.zeros(3)}}
        loss, grads = module.value_and_grad(params, x, y, **given, workspace=workspace)
        expected = module.value_and_grad(params, x, y, **given)
        assert loss == expected[0]
        assert all(np.array_equal(grads[name], expected[1][name]) for name in grads)

    step(500)
    names, largest = len(workspace._arrays), storage()
    for rows in range(1, 400):
        step(rows)
    assert len(workspace._arrays) == names
    assert storage() <= 1.05 * largest + 4096  # no storage but that of the largest
