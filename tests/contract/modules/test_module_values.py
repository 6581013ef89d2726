"""What a generated module returns, against NumPy written by hand and against central differences."""

import numpy as np
import pytest

from symbackprop import load


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def logsumexp(z):
    top = z.max(axis=-1, keepdims=True)
    return (top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True)))[..., 0]


def convolution(p, d):
    N, _, H = d["x"].shape
    K = p["w"].shape[2]
    padded = np.pad(d["x"], ((0, 0), (0, 0), (1, 1)))
    R = (H + 2 - K) // 2 + 1
    z = np.stack([np.einsum("nck,ock->no", padded[:, :, 2 * r : 2 * r + K], p["w"]) for r in range(R)], axis=2)
    a = np.maximum(z + p["b"][:, None], 0)
    return ((a - d["target"]) ** 2).sum() / N, a


def normalised(p, d):
    x, state = d["x"], d["buffers"]
    hat = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    out = p["scale"] * np.tanh(p["gain"] * hat + p["shift"]).sum(1)
    score = (x - state["running_mean"]) / np.sqrt(state["running_var"] + 1e-5)
    return ((out - d["y"]) ** 2).mean(), (score, p["scale"] * state["running_var"].sum())


def dropout(p, d):
    hidden = 1 / (1 + np.exp(-(d["x"] + d.get("jitter", 0)) @ p["W"].T))
    out = (hidden * d["mask"] / 0.75) @ p["v"]
    return ((out - d["y"]) ** 2).mean(), hidden @ p["v"]


def steps(p, d):
    s = d["x"]
    for _ in range(d["T"]):
        s = s + np.tanh(s @ p["A"].T + p["rate"]) / d["T"]
    return ((s - d["y"]) ** 2).sum(), s


def padded(p, d):
    N, T = d["token"].shape
    e = p["E"][d["token"]]
    score = np.einsum("ntd,dc,nsc->nts", e, p["Q"], e)
    w = np.exp(score) * (np.arange(T) < d["length"][:, None])[:, None, :]
    total = w.sum(2, keepdims=True)
    w = np.divide(w, total, out=np.zeros_like(w), where=total > 0)
    z = np.einsum("nts,nsd->nd", w, e) / T @ p["U"].T
    return (logsumexp(z) - z[np.arange(N), d["label"]]).mean(), (z, w)


def mixed(p, d):
    u = p["slope"] * d["x"] + p["offset"]
    return (d["q"] * (np.log1p(np.exp(u)) - u)).sum(), u


def mlp(p, d):
    z = np.tanh(d["x"] @ p["W1"].T + p["b1"]) @ p["W2"].T + p["b2"]
    return (logsumexp(z) - (d["y"] * z).sum(1)).mean(), np.exp(z - logsumexp(z)[:, None])


def lstm(p, d):
    T, N, _ = d["x"].shape
    H = p["b"].shape[1]
    c = h = np.zeros((N, H))
    for t in range(T):
        z = np.einsum("ejd,nd->enj", p["W"], d["x"][t]) + np.einsum("ejk,nk->enj", p["U"], h) + p["b"][:, None]
        i, f, o = (1 / (1 + np.exp(-z[e])) for e in (0, 1, 3))
        c = f * c + i * np.tanh(z[2])
        h = o * np.tanh(c)
    z = h @ p["V"].T + p["d"]
    return (logsumexp(z) - z[np.arange(N), d["label"]]).mean(), np.exp(z - logsumexp(z)[:, None])


def rnn_free(name):
    return {f.__name__: f for f in (convolution, normalised, dropout, steps, padded, mixed, mlp, lstm)}[name]


HAND = ["convolution", "normalised", "dropout", "steps", "padded", "mixed", "mlp", "lstm"]


def problem(contract, name, seed, offset):
    made = contract.module(name)
    params, rest = contract.data_for(made, contract.network(name), contract.sizes_of(made, offset), seed)
    if name == "dropout":
        rng = np.random.default_rng(seed)
        rest.pop("rng")
        rest["mask"] = (rng.random((len(rest["x"]), len(params["v"]))) < 0.75) * 1.0
        rest["jitter"] = rng.standard_normal(rest["x"].shape)
    return made, params, rest


@pytest.mark.parametrize("name", HAND)
@pytest.mark.parametrize("offset", [0, 1])
def test_loss_and_outputs_by_hand(contract, name, offset):
    made, params, rest = problem(contract, name, 1, offset)
    loss, outputs = rnn_free(name)(params, rest)
    close(made.forward(params, **rest)[0], loss)
    found = made.predict(params, **contract.for_predict(made, rest))
    if name == "dropout":
        outputs = 1 / (1 + np.exp(-rest["x"] @ params["W"].T)) @ params["v"]
    for one, other in zip(*((v if isinstance(v, tuple) else (v,)) for v in (found, outputs)), strict=True):
        close(one, other)


def test_gradients_by_central_differences(contract, every):
    """Of every parameter along a random direction, at fourth order."""
    made, params, rest = problem(contract, every, 2, 0)
    _, grads = made.value_and_grad(params, **rest)
    rng = np.random.default_rng(3)
    for name, grad in grads.items():
        direction = rng.standard_normal(grad.shape)

        def loss(step, name=name, direction=direction):
            return made.forward({**params, name: params[name] + step * direction}, **rest)[0]

        slopes = [
            (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
            for h in (1e-3, 1e-5)  # less near kinks
        ]
        found = (grad * direction).sum()
        assert min(abs(found - slope) for slope in slopes) < 1e-7 * (1 + abs(found)), (name, found, slopes)


def test_by_inputs_and_intermediates(contract):
    """wrt takes inputs, rank-0 parameters and intermediates, and gives exactly those, in the order asked for."""
    made = load(contract.network("mixed"), wrt=("u", "x", "slope"))
    q, x = np.array([0.2, 0.5, 0.3]), np.array([1.0, -2.0, 0.5])
    params = {"slope": np.array(1.5), "offset": np.array(0.25)}
    _, grads = made.value_and_grad(params, q, x)
    delta = q * (1 / (1 + np.exp(-(1.5 * x + 0.25))) - 1)
    assert list(grads) == ["u", "x", "slope"]
    close(grads["u"], delta)
    close(grads["x"], 1.5 * delta)
    close(grads["slope"], (delta * x).sum())
    assert isinstance(grads["slope"], np.ndarray)
    assert grads["slope"].shape == ()


def test_buffers(contract):
    made, params, rest = problem(contract, "normalised", 4, 0)
    before = {name: value.copy() for name, value in rest["buffers"].items()}
    _, cache = made.forward(params, **rest)
    after = made.next_buffers(cache)
    close(after["running_mean"], 0.9 * before["running_mean"] + 0.1 * rest["x"].mean(0))
    close(after["running_var"], 0.9 * before["running_var"] + 0.1 * rest["x"].var(0))
    for name in before:
        assert np.array_equal(before[name], rest["buffers"][name])
        assert not np.shares_memory(after[name], rest["buffers"][name])
    start = made.init_buffers(C=4)
    assert {name: (v.shape, v.dtype) for name, v in start.items()} == dict.fromkeys(before, ((4,), np.dtype("float32")))
    assert not start["running_mean"].any()
    assert (start["running_var"] == 1).all()
    for call in (made.forward, made.value_and_grad):
        with pytest.raises(TypeError, match=r"buffers"):
            call(params, rest["x"], rest["y"])
    with pytest.raises(TypeError, match=r"buffers"):
        made.predict(params, rest["x"])


def test_noise(contract):
    """Drawn from a Generator or a seed, passed by keyword, or an error."""
    made, params, rest = problem(contract, "dropout", 5, 0)
    noise = {name: rest.pop(name) for name in ("mask", "jitter")}
    with pytest.raises(TypeError, match=r"rng.*mask"):
        made.forward(params, **rest)
    with pytest.raises(TypeError, match=r"rng.*jitter"):
        made.forward(params, **rest, mask=noise["mask"])
    seeded, again = (made.forward(params, **rest, rng=7)[0] for _ in range(2))
    assert seeded == again == made.forward(params, **rest, rng=np.random.default_rng(7))[0]
    assert seeded != made.forward(params, **rest, rng=8)[0]
    generator = np.random.default_rng(7)
    first, second = (made.forward(params, **rest, rng=generator)[0] for _ in range(2))
    assert first != second
    with_both = made.value_and_grad(params, **rest, **noise)[0]
    assert with_both == made.forward(params, **rest, **noise, rng=3)[0]
    with pytest.raises(ValueError, match=r"mask.*\(N, H\).*found"):
        made.forward(params, **rest, rng=1, mask=noise["mask"][:, :-1])


def test_noise_distributions(contract):
    """Half the mask's entries by p, and the jitter's spread, at a size where chance is small."""
    made, _, _ = problem(contract, "dropout", 6, 0)
    N, D, H = 400, 3, 50
    params = {"W": np.zeros((H, D)), "v": np.ones(H) * 2 * 0.75}
    out_of = made.forward(params, np.zeros((N, D)), np.zeros(N), rng=1)[0]
    # out[n] = Σ_h mask: its mean square is (H p)² + H p (1 − p)
    expected = (H * 0.75) ** 2 + H * 0.75 * 0.25
    assert out_of == pytest.approx(expected, rel=0.03)
