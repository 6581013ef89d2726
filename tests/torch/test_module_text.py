"""PyTorch modules: their operators under PyTorch's own checks, and what they refuse."""

from __future__ import annotations

import ast

import pytest

import symbackprop
from symbackprop import Network, Sum, optimizers, zoo
from symbackprop.errors import InvalidArgument
from symbackprop.functions import sigmoid


def scan() -> Network:
    """A gated linear recurrence, without a loss."""
    net = Network("scan")
    T, N, D = net.dims("T N D")
    n, d, t = net.indices(n=N, d=D, t=(1, T))
    x = net.input("x", (T, N, D))
    w, b = net.parameter("w", (D,), init="ones"), net.parameter("b", (D,))
    f, h = net.tensors("f h")
    f[t, n, d] = sigmoid(w[d] * x[t - 1, n, d] + b[d])
    h[0, n, d] = 0
    h[t, n, d] = f[t, n, d] * h[t - 1, n, d] + (1 - f[t, n, d]) * x[t - 1, n, d]
    net.output(h)
    return net


# --- text -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["mlp", "vae", "lenet", "hmm"])
def test_it_imports_pytorch_and_the_standard_library(name: str) -> None:
    source = symbackprop.generate(zoo.load(name), "torch")
    assert source == symbackprop.generate(zoo.load(name), "torch")
    tree = ast.parse(source)
    imports = [n.names[0].name if isinstance(n, ast.Import) else n.module for n in tree.body
               if isinstance(n, ast.Import | ast.ImportFrom)]  # fmt: skip
    assert imports == ["contextlib", "torch", "torch"]


def test_the_perceptron_as_a_person_writes_it() -> None:
    lines = [line.strip().partition("  #")[0] for line in symbackprop.generate(zoo.load("mlp"), "torch").splitlines()]
    for wanted in ("z1 = x @ W1.T + b1", "a1 = torch.tanh(z1)", "d_z2 = (p - y) / N", "d_z1 = d_a1 * (1 - a1**2)",
                   "d_W1 = d_z1.T @ x", "d_b1 = d_z1.sum(dim=0)"):  # fmt: skip
        assert wanted in lines


@pytest.mark.parametrize("options", [{"style": "plain"}, {"optimizer": optimizers.sgd()}, {"memory": "1MB"}])
def test_what_numpy_alone_has_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        symbackprop.generate(zoo.load("mlp"), "torch", **options)  # type: ignore[arg-type]


# --- run --------------------------------------------------------------------------------------------------
def test_a_layer_passes_pytorchs_checks() -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(scan(), backend="torch")
    torch.manual_seed(0)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    w, b = (torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def h(w: object, b: object, x: object) -> object:
        return module.forward({"w": w, "b": b}, x)

    assert torch.autograd.gradcheck(h, (w, b, x))
    assert torch.autograd.gradgradcheck(h, (w, b, x))
    torch.library.opcheck(module.forward_operator, ([w, b, x], []))
    plain = [one.detach() for one in (w, b, x)]
    left = module.forward_operator(plain, [])
    kept, cotangent = [left[place] for place in module._KEPT], torch.randn_like(left[0])
    torch.library.opcheck(module.backward_operator, ([w, b, x], kept, [cotangent.clone().requires_grad_()], []))
    torch.library.opcheck(module.second_operator, (plain, [cotangent], [torch.randn_like(one) for one in plain], []))


def test_a_loss_passes_pytorchs_checks() -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(zoo.load("mlp"), backend="torch")
    params = module.init_params(0, D=4, H=5, C=3, dtype=torch.float64)
    x = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.softmax(x[:, :3], 1)
    given = tuple(tensor.requires_grad_() for tensor in params.values())

    def loss(*given: object) -> object:
        return module.loss(dict(zip(params, given, strict=True)), x, y)

    assert torch.autograd.gradcheck(loss, given)
    assert torch.autograd.gradgradcheck(loss, given)
    torch.library.opcheck(module.forward_operator, ([*given, x, y], []))


def test_with_a_size_that_no_shape_gives() -> None:
    torch = pytest.importorskip("torch")
    net = Network("steps")
    T, D = net.dims("T D")
    d, t = net.indices(d=D, t=T)
    w = net.parameter("w", (D,))
    net.loss = Sum(w[d] ** 3 * t, d, t)
    module = symbackprop.load(net, backend="torch")
    w0 = torch.ones(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda w: module.loss({"w": w}, T=4), w0)
    assert torch.autograd.gradgradcheck(lambda w: module.loss({"w": w}, T=4), w0)
    torch.library.opcheck(module.forward_operator, ([w0], [4]))
    with pytest.raises(ValueError, match="T: expected a positive integer, found 0"):
        module.loss({"w": w0}, T=0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dynamic", [False, True])
def test_it_compiles_as_one_graph_inside_a_model(dynamic: bool) -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(scan(), backend="torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(module.Module(D=4), torch.nn.Linear(4, 1))
    assert list(model[0].state_dict()) == ["w", "b"]
    data = torch.randn(6, 3, 4)
    model(data).sum().backward()
    expected = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    torch.compile(model, fullgraph=True, dynamic=dynamic, backend="aot_eager")(data).sum().backward()
    for one, wanted in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(one.grad, wanted)


def test_a_third_derivative_and_one_of_predict_are_refused() -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(scan(), backend="torch")
    w = torch.ones(3, requires_grad=True)
    params, x = {"w": w, "b": torch.zeros(3)}, torch.ones(5, 2, 3)
    (first,) = torch.autograd.grad(module.forward(params, x).pow(2).sum(), w, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), w, create_graph=True)
    with pytest.raises(NotImplementedError, match="third derivative"):
        second.sum().backward()
    with pytest.raises(NotImplementedError, match="predict has no gradient"):
        module.predict(params, x).sum().backward()


def test_what_is_not_differentiated_by_asks_for_no_gradient() -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(scan(), "w", backend="torch")
    params = {"w": torch.ones(3, requires_grad=True), "b": torch.zeros(3)}
    module.forward(params, torch.ones(5, 2, 3)).sum().backward()
    with pytest.raises(ValueError, match="x: expected no gradient"):
        module.forward(params, torch.ones(5, 2, 3, requires_grad=True))


@pytest.mark.parametrize(("change", "told"), [
    ({"x": (5, 2, 4)}, r"w|x: expected shape \(T, N, D\) = \(5, 2, 3\), found \(5, 2, 4\)"),
    ({"x": (5, 3)}, r"x: expected shape \(T, N, D\), found \(5, 3\)"),
    ({"b": (2,)}, r"b: expected shape \(D,\) = \(3,\), found \(2,\)"),
    ({"w": None}, r"params: expected w, b, found missing \['w'\]"),
])  # fmt: skip
def test_the_door_names_the_argument(change: dict[str, tuple[int, ...] | None], told: str) -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(scan(), backend="torch")
    shapes = {"w": (3,), "b": (3,), "x": (5, 2, 3)} | change
    arrays = {name: torch.ones(shape) for name, shape in shapes.items() if shape is not None}
    x = arrays.pop("x")
    with pytest.raises(ValueError, match=told):
        module.forward(arrays, x)


def test_dtypes_and_integers_at_the_door() -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(zoo.load("embedding"), backend="torch")
    params = module.init_params(0, V=7, D=3, C=2)
    token, label = torch.tensor([[0, 6], [3, 3]]), torch.tensor([1, 0])
    with pytest.raises(ValueError, match=r"W: expected the dtype of E, torch.float32, found torch.float64"):
        module.loss({**params, "W": params["W"].double()}, token, label)
    with pytest.raises(ValueError, match=r"token: expected integers, found torch\.float32"):
        module.loss(params, token.float(), label)
    for wrong in (-1, 7):
        with pytest.raises(ValueError, match=f"token: expected integers from 0 to 6, found {min(wrong, 0)} to"):
            module.loss(params, torch.tensor([[0, wrong], [3, 3]]), label)
    loss, grads = module.value_and_grad({name: one.numpy() for name, one in params.items()}, token.numpy(), [1, 0])
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, module.loss(params, token, label))
    assert set(grads) == set(params)


def test_noise_is_drawn_once_for_both_passes() -> None:
    torch = pytest.importorskip("torch")
    net = Network("noisy")
    (N,) = net.dims("N")
    (n,) = net.indices(n=N)
    w = net.parameter("w", (N,), "normal")
    mask = net.random("mask", (N,), "bernoulli", p=0.5)
    net.loss = Sum(mask[n] * w[n] ** 2, n)
    module = symbackprop.load(net, backend="torch")
    w0 = torch.arange(1.0, 41.0, requires_grad=True)
    loss = module.loss({"w": w0}, rng=torch.Generator().manual_seed(3))
    loss.backward()
    drawn = w0.grad / (2 * w0.detach())
    assert set(drawn.tolist()) == {0.0, 1.0}
    torch.testing.assert_close(loss.detach(), (drawn * w0.detach() ** 2).sum())
    torch.testing.assert_close(module.loss({"w": w0}, rng=3), loss)
    torch.testing.assert_close(module.loss({"w": w0}, mask=torch.ones(40)), (w0**2).sum())
