"""Optimisers: twenty steps against recurrences written by hand and, where it is installed, against torch.optim."""

import tracemalloc

import numpy as np
import pytest
from sympy import sign

import symbackprop
from symbackprop import Network, Sum, optimizers, zoo
from symbackprop.cli.main import status
from symbackprop.errors import InvalidArgument

SHAPES = {"W": (5, 3), "b": (7,), "s": ()}
OPTIMIZERS = {
    "sgd": optimizers.sgd(),
    "sgd_decay": optimizers.sgd(weight_decay=0.1),
    "momentum": optimizers.sgd(momentum=0.9),
    "momentum_decay": optimizers.sgd(momentum=0.7, weight_decay=0.03),
    "nesterov": optimizers.sgd(momentum=0.9, nesterov=True, weight_decay=0.02),
    "adam": optimizers.adam(),
    "adam_decay": optimizers.adam(0.8, 0.95, 1e-6, weight_decay=0.1),
    "adamw": optimizers.adamw(),
    "adamw_plain": optimizers.adamw(weight_decay=0),
    "rmsprop": optimizers.rmsprop(),
    "rmsprop_momentum": optimizers.rmsprop(0.9, 1e-6, momentum=0.5, weight_decay=0.01),
}


def _sgd(w, g, state, lr, t, mu=0.0, nesterov=False, decay=0.0):
    g = g + decay * w
    if not mu:
        return w - lr * g
    b = state["b"] = g if t == 1 else mu * state["b"] + g  # torch starts with g itself
    return w - lr * (g + mu * b if nesterov else b)


def _adam(w, g, state, lr, t, b1=0.9, b2=0.999, eps=1e-8, decay=0.0, decoupled=False):
    if decoupled:
        w = w * (1 - lr * decay)
    else:
        g = g + decay * w
    m = state["m"] = b1 * state.get("m", 0) + (1 - b1) * g
    v = state["v"] = b2 * state.get("v", 0) + (1 - b2) * g * g
    return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)


def _rmsprop(w, g, state, lr, t, alpha=0.99, eps=1e-8, mu=0.0, decay=0.0):
    g = g + decay * w
    v = state["v"] = alpha * state.get("v", 0) + (1 - alpha) * g * g
    b = state["b"] = mu * state.get("b", 0) + g / (np.sqrt(v) + eps)
    return w - lr * b


BY_HAND = {
    "sgd": (_sgd, {}),
    "sgd_decay": (_sgd, {"decay": 0.1}),
    "momentum": (_sgd, {"mu": 0.9}),
    "momentum_decay": (_sgd, {"mu": 0.7, "decay": 0.03}),
    "nesterov": (_sgd, {"mu": 0.9, "nesterov": True, "decay": 0.02}),
    "adam": (_adam, {}),
    "adam_decay": (_adam, {"b1": 0.8, "b2": 0.95, "eps": 1e-6, "decay": 0.1}),
    "adamw": (_adam, {"decay": 0.01, "decoupled": True}),
    "adamw_plain": (_adam, {}),
    "rmsprop": (_rmsprop, {}),
    "rmsprop_momentum": (_rmsprop, {"alpha": 0.9, "eps": 1e-6, "mu": 0.5, "decay": 0.01}),
}


def _torch(name, torch, tensors):
    optim, hand = torch.optim, BY_HAND[name][1]
    decay = {"weight_decay": hand.get("decay", 0.0)}
    if BY_HAND[name][0] is _sgd:
        return optim.SGD(tensors, lr=1, momentum=hand.get("mu", 0), nesterov=hand.get("nesterov", False), **decay)
    if BY_HAND[name][0] is _rmsprop:
        rest = {"alpha": hand.get("alpha", 0.99), "eps": hand.get("eps", 1e-8), "momentum": hand.get("mu", 0.0)}
        return optim.RMSprop(tensors, lr=1, **rest, **decay)
    rest = {"betas": (hand.get("b1", 0.9), hand.get("b2", 0.999)), "eps": hand.get("eps", 1e-8)}
    return (optim.AdamW if name.startswith("adamw") else optim.Adam)(tensors, lr=1, **rest, **decay)


def network():
    """A network with parameters of ranks 2, 1 and 0; the gradients of these tests are drawn, not computed."""
    net = Network("small")
    i, j, k = net.indices(i=5, j=3, k=7)
    W, b, s = net.parameter("W", (5, 3)), net.parameter("b", (7,)), net.parameter("s", ())
    net.loss = Sum(W[i, j] ** 2, i, j) + Sum(b[k] ** 2, k) + s**2
    return net


@pytest.fixture(scope="module")
def modules():
    net = network()
    made = {}

    def module(name):
        if name not in made:
            made[name] = symbackprop.load(net, optimizer=OPTIMIZERS[name])
        return made[name]

    return module


def draws(seed=0, dtype=np.float64, steps=20):
    rng = np.random.default_rng(seed)

    def draw():
        return {name: np.array(rng.standard_normal(shape), dtype) for name, shape in SHAPES.items()}

    return draw(), [draw() for _ in range(steps)], rng.uniform(0.001, 0.1, steps)


def copied(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def clipped(grads, limit):
    norm = np.sqrt(sum(np.sum(np.square(grad)) for grad in grads.values()))
    return {name: grad * min(1.0, limit / (norm + 1e-6)) for name, grad in grads.items()}


@pytest.mark.parametrize("limit", [None, 1.5], ids=["free", "clipped"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_by_hand(modules, name, limit):
    module, (rule, arguments) = modules(name), BY_HAND[name]
    params, all_grads, rates = draws()
    found, state = copied(params), module.init_optimizer(params)
    memory = {key: {} for key in params}
    for t, (grads, lr) in enumerate(zip(all_grads, rates, strict=True), 1):
        before = copied(grads)
        assert module.update(found, grads, state, lr, clip_norm=limit) is None
        assert all(np.array_equal(grads[key], before[key]) for key in grads), "gradients are only read"
        taken = grads if limit is None else clipped(grads, limit)
        params = {key: rule(params[key], taken[key], memory[key], lr, t, **arguments) for key in params}
    for key in params:
        np.testing.assert_allclose(found[key], params[key], rtol=1e-12, atol=1e-12)
    assert state["t"] == 20


@pytest.mark.parametrize("limit", [None, 1.5], ids=["free", "clipped"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_of_torch(modules, name, limit):
    torch = pytest.importorskip("torch")
    module = modules(name)
    params, all_grads, rates = draws(seed=3)
    tensors = {key: torch.tensor(value, requires_grad=True) for key, value in params.items()}
    theirs, state = _torch(name, torch, list(tensors.values())), module.init_optimizer(params)
    for grads, lr in zip(all_grads, rates, strict=True):
        for key, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[key])
        if limit is not None:
            torch.nn.utils.clip_grad_norm_(list(tensors.values()), limit)
        for group in theirs.param_groups:
            group["lr"] = float(lr)
        theirs.step()
        module.update(params, grads, state, lr, clip_norm=limit)
    for key, tensor in tensors.items():
        np.testing.assert_allclose(params[key], tensor.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_dtype_is_kept(modules, name):
    module, (rule, arguments) = modules(name), BY_HAND[name]
    params, all_grads, rates = draws(seed=5, dtype=np.float32)
    exact = {key: value.astype(np.float64) for key, value in params.items()}
    state, memory = module.init_optimizer(params), {key: {} for key in params}
    for t, (grads, lr) in enumerate(zip(all_grads, rates, strict=True), 1):
        module.update(params, grads, state, lr)
        exact = {
            key: rule(exact[key], grads[key].astype(np.float64), memory[key], lr, t, **arguments) for key in params
        }
    for key in params:
        assert params[key].dtype == np.float32
        assert all(state[kept][key].dtype == np.float32 for kept in module.STATES)
        np.testing.assert_allclose(params[key], exact[key], rtol=2e-4, atol=2e-5)


def test_blocks_make_no_difference(modules, monkeypatch):
    module = modules("adam_decay")
    params, all_grads, rates = draws(seed=7)
    whole, parts = copied(params), copied(params)
    for arrays, size in ((whole, 1000), (parts, 2)):
        monkeypatch.setattr(module, "_BLOCK", size)
        state = module.init_optimizer(arrays)
        for grads, lr in zip(all_grads, rates, strict=True):
            module.update(arrays, grads, state, lr, clip_norm=2.0)
    for key in whole:
        np.testing.assert_allclose(parts[key], whole[key], rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["nesterov", "adamw", "rmsprop_momentum"])
def test_nothing_large_is_allocated_once_it_runs(name):
    net = Network("large")
    N = net.dim("N")
    i = net.index("i", N)
    w, v = net.parameter("w", (N,)), net.parameter("v", (N,))
    net.loss = Sum(w[i] * v[i], i)
    module = symbackprop.load(net, optimizer=OPTIMIZERS[name])
    params = module.init_params(0, N=100_003)
    grads, state = copied(params), module.init_optimizer(params)
    for _ in range(2):
        module.update(params, grads, state, 0.1, clip_norm=1.0)
    tracemalloc.start()
    module.update(params, grads, state, 0.1, clip_norm=1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000


def test_the_door(modules):
    module = modules("adamw")
    params, (grads,), _ = draws(steps=1)
    state = module.init_optimizer(params)
    before = copied(params)
    frozen = copied(params)
    frozen["b"].flags.writeable = False
    turned = {**copied(params), "W": np.asfortranarray(params["W"])}
    fewer = {key: grads[key] for key in ("W", "b")}
    cases = [
        (frozen, grads, r"params\['b'\]: expected a writable, contiguous array, found a read-only one"),
        (turned, grads, r"params\['W'\]: .*found one that is not contiguous"),
        (params, fewer, r"grads: expected W, b, s; missing \['s'\]"),
        (params, {**grads, "W": grads["W"].T}, r"grads\['W'\]: expected shape \(5, 3\) .*found \(3, 5\)"),
        (params, {**grads, "b": grads["b"].astype(np.float32)}, r"grads\['b'\]: .*float64.*float32"),
    ]
    for given, by, message in cases:
        with pytest.raises(ValueError, match=message):
            module.update(given, by, state, 0.1)
    for lr in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="lr: expected a number of at least 0"):
            module.update(params, grads, state, lr)
    with pytest.raises(TypeError, match="lr: expected a number, found 'fast'"):
        module.update(params, grads, state, "fast")
    with pytest.raises(ValueError, match="clip_norm"):
        module.update(params, grads, state, 0.1, clip_norm=-1)
    with pytest.raises(ValueError, match="state: expected what init_optimizer returns"):
        module.update(params, grads, {}, 0.1)
    with pytest.raises(ValueError, match="read-only"):
        module.init_optimizer(frozen)
    with pytest.raises(TypeError, match="grads: expected a dict"):
        module.update(params, None, state, 0.1)
    assert state["t"] == 0
    assert all(np.array_equal(params[key], before[key]) for key in params), "refused before a change"


@pytest.mark.parametrize("name", optimizers.BY_NAME)
def test_the_emitted_mlp_trains_by_itself(name):
    module = symbackprop.load(zoo.load("mlp"), optimizer=optimizers.BY_NAME[name]())
    rng = np.random.default_rng(0)
    x = rng.standard_normal((53, 5)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[np.argmax(x[:, :3], axis=1)]
    params = module.init_params(1, D=5, H=11, C=3)
    state, workspace = module.init_optimizer(params), module.Workspace()
    first = module.value_and_grad(params, x, y)[0]
    rate = {"sgd": 0.5, "momentum": 0.1, "nesterov": 0.1}.get(name, 0.02)
    for _ in range(60):
        _, grads = module.value_and_grad(params, x, y, workspace=workspace)
        module.update(params, grads, state, rate)
    assert module.value_and_grad(params, x, y)[0] < 0.5 * first


def test_names_of_the_network_are_no_trouble():
    net = Network("names")
    i = net.index("i", 3)
    m, update, lr, w = (net.parameter(name, (3,)) for name in ("m", "update", "lr", "w"))
    net.loss = Sum(m[i] * update[i] + lr[i] * w[i] ** 2, i)
    module = symbackprop.load(net, optimizer=optimizers.adam())
    params = module.init_params(0, dtype=np.float64)
    for array in params.values():
        array += 1
    state = module.init_optimizer(params)
    module.update(params, module.value_and_grad(params)[1], state, 0.1)
    for array in params.values():
        np.testing.assert_allclose(array, 0.9, rtol=1e-6)


@pytest.mark.parametrize("name", optimizers.BY_NAME)
def test_the_command(name, tmp_path):
    file = tmp_path / "mlp.py"
    assert status(["generate", "mlp", "--optimizer", name, "-o", str(file)]) == 0
    made = optimizers.BY_NAME[name]()
    assert file.read_text() == symbackprop.generate(zoo.load("mlp"), optimizer=made)
    assert made.title in file.read_text()


def test_the_command_refuses_it_for_the_zoo(tmp_path, capsys):
    assert status(["generate", "--all", "-o", str(tmp_path), "--optimizer", "adam"]) == 2
    assert "--optimizer belongs to one NETWORK" in capsys.readouterr().err


def test_the_module_without_is_the_same():
    net = network()
    text, plain = symbackprop.generate(net, optimizer=optimizers.sgd()), symbackprop.generate(net)
    assert "def update(" not in plain
    assert "optimi" not in plain
    start, end = text.index("# --- optimiser"), text.index("# --- storage")
    assert text[:start] + text[end:] == plain


def test_refusals():
    for make in (
        lambda: optimizers.sgd(nesterov=True),
        lambda: optimizers.sgd(momentum=-0.1),
        lambda: optimizers.adam(beta1=1),
        lambda: optimizers.adamw(eps=float("nan")),
        lambda: optimizers.rmsprop(alpha="0.9"),
        lambda: symbackprop.generate(network(), optimizer=optimizers.adam),
        lambda: symbackprop.generate(network(), optimizer=optimizers.adam(), wrt=["W"]),
    ):
        with pytest.raises(InvalidArgument):
            make()


def test_an_optimizers_own_network_is_a_layer():
    """It has outputs and no loss: by itself it is differentiated from their cotangents."""
    assert symbackprop.load(optimizers.adam().network).check()


def own(equations, states=("m",), scalars=()):
    """An optimiser from `equations(net, tensors, i)`, which returns the right sides of its next values by name."""
    net = Network("own")
    size = net.dim("P")
    i = net.index("i", size)
    given = {name: net.input(name, (size,)) for name in ("w", "g", *states)}
    given |= {name: net.input(name, ()) for name in scalars}
    for name, value in equations(net, given, i).items():
        tensor = net.tensor(f"next_{name}")
        tensor[i] = value
        net.output(tensor)
    return optimizers.Optimizer("own()", net, tuple(states))


def _lion(net, given, i):
    """X. Chen et al., Symbolic discovery of optimization algorithms, 2023."""
    w, g, m, lr = (given[name] for name in ("w", "g", "m", "lr"))
    return {"w": w[i] - lr * sign(0.9 * m[i] + 0.1 * g[i]), "m": 0.99 * m[i] + 0.01 * g[i]}


def _crossing(net, given, i):
    """Next values that are each other's."""
    w, g, m = (given[name] for name in ("w", "g", "m"))
    return {"m": w[i], "w": m[i] + g[i]}


# An optimiser, and its step written by hand: next w and m.
OWN = (
    (own(_lion, scalars=("lr",)), lambda w, g, m, lr: (w - lr * np.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g)),
    (own(_crossing), lambda w, g, m, lr: (m + g, w)),
)


def compare_steps(module, by_hand):
    """Five steps of a module whose optimiser keeps m, with those by hand."""
    params, all_grads, rates = draws(seed=11, steps=5)
    found, state = copied(params), module.init_optimizer(params)
    m = {key: np.zeros_like(value) for key, value in params.items()}
    for grads, lr in zip(all_grads, rates, strict=True):
        module.update(found, grads, state, lr)
        for key in params:
            params[key], m[key] = by_hand(params[key], grads[key], m[key], lr)
    for key in params:
        np.testing.assert_allclose(found[key], params[key], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(state["m"][key], m[key], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("optimizer", "by_hand"), OWN, ids=["lion", "crossing"])
def test_one_of_ones_own(optimizer, by_hand):
    compare_steps(symbackprop.load(network(), optimizer=optimizer), by_hand)


@pytest.mark.parametrize(
    "step",
    [
        lambda net, w, g, i: Sum(g[i], i) + w[i],
        lambda net, w, g, i: w[g.shape[0] - 1 - i] + g[i],
        lambda net, w, g, i: w[i] - i * g[i],
        lambda net, w, g, i: w[i] - g[i] / g.shape[0],
    ],
    ids=["sum", "reversed", "position", "size"],
)
def test_only_elements_by_themselves(step):
    def equations(net, given, i):
        return {"w": step(net, given["w"], given["g"], i)}

    with pytest.raises(InvalidArgument, match="elements"):
        symbackprop.generate(network(), optimizer=own(equations, states=()))
