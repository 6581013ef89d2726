"""The six workloads as a textbook's NumPy: new arrays everywhere, nothing reused. In float64 it is the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.step import Arrays, Step
from benchmarks.workloads.data import GPT

Array = np.ndarray


def cross_entropy(z: Array, label: Array) -> tuple[Any, Array]:
    """The mean loss, and its δ by z (N, C)."""
    rows = np.arange(len(z))
    shifted = z - z.max(1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    loss = -np.log(p[rows, label]).mean()
    p[rows, label] -= 1
    return loss, p / len(z)


def dense_back(grads: Arrays, params: Arrays, weight: str, bias: str, x: Array, delta: Array) -> Array:
    """Stores the gradients of x @ W + b, and returns δ of x."""
    grads[weight], grads[bias] = x.T @ delta, delta.sum(0)
    return delta @ params[weight].T


def mlp(p: Arrays, d: Arrays, act: Callable[[Array], Array], slope: Callable[[Array], Array]) -> Arrays:
    z1 = d["x"] @ p["W1"] + p["b1"]
    a1 = act(z1)
    z2 = a1 @ p["W2"] + p["b2"]
    a2 = act(z2)
    loss, delta = cross_entropy(a2 @ p["W3"] + p["b3"], d["label"])
    g: Arrays = {"loss": loss}
    delta = dense_back(g, p, "W3", "b3", a2, delta) * slope(z2)
    delta = dense_back(g, p, "W2", "b2", a1, delta) * slope(z1)
    dense_back(g, p, "W1", "b1", d["x"], delta)
    return g


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def windows(shape: tuple[int, ...], size: int) -> tuple[Array, Array, Array]:
    """Channel, row and column of each entry of all windows: (C · size², positions)."""
    _, C, H, W = shape
    c, i, j = (part.reshape(-1, 1) for part in np.indices((C, size, size)))
    v, u = (part.reshape(1, -1) for part in np.indices((H - size + 1, W - size + 1)))
    return c + 0 * v, i + v, j + u


def convolution(x: Array, K: Array, b: Array) -> tuple[Array, Array]:
    """Its value (N, F, rows, columns), and the columns (C · size², positions · N) that it is a product with."""
    F, _, size, _ = K.shape
    N, _, H, W = x.shape
    columns = x[(slice(None), *windows(x.shape, size))].transpose(1, 2, 0).reshape(K[0].size, -1)
    z = K.reshape(F, -1) @ columns + b[:, None]
    return z.reshape(F, H - size + 1, W - size + 1, N).transpose(3, 0, 1, 2), columns


def convolution_back(delta: Array, columns: Array, K: Array) -> tuple[Array, Array]:
    rows = delta.transpose(1, 2, 3, 0).reshape(len(K), -1)
    return (rows @ columns.T).reshape(K.shape), delta.sum((0, 2, 3))


def convolution_back_to_input(delta: Array, K: Array, shape: tuple[int, ...]) -> Array:
    rows = delta.transpose(1, 2, 3, 0).reshape(len(K), -1)
    columns = (K.reshape(len(K), -1).T @ rows).reshape(K[0].size, -1, shape[0]).transpose(2, 0, 1)
    dx = np.zeros(shape, delta.dtype)
    np.add.at(dx, (slice(None), *windows(shape, K.shape[-1])), columns)
    return dx


def pool(x: Array) -> tuple[Array, Array]:
    """The maxima of 2 × 2 blocks, and the blocks."""
    N, C, H, W = x.shape
    blocks = x.reshape(N, C, H // 2, 2, W // 2, 2)
    return blocks.max((3, 5)), blocks


def pool_back(delta: Array, blocks: Array, largest: Array) -> Array:
    N, C, H, _, W, _ = blocks.shape
    mask = blocks == largest[:, :, :, None, :, None]
    return (delta[:, :, :, None, :, None] * mask).reshape(N, C, 2 * H, 2 * W)


def cnn(p: Arrays, d: Arrays) -> Arrays:
    z1, columns1 = convolution(d["x"], p["K1"], p["c1"])
    p1, blocks1 = pool(relu(z1))
    z2, columns2 = convolution(p1, p["K2"], p["c2"])
    p2, blocks2 = pool(relu(z2))
    f = p2.reshape(len(p2), -1)
    z3 = f @ p["W1"] + p["b1"]
    loss, delta = cross_entropy(relu(z3) @ p["W2"] + p["b2"], d["label"])
    g: Arrays = {"loss": loss}
    delta = dense_back(g, p, "W2", "b2", relu(z3), delta) * (z3 > 0)
    delta = dense_back(g, p, "W1", "b1", f, delta).reshape(p2.shape)
    delta = pool_back(delta, blocks2, p2) * (z2 > 0)
    g["K2"], g["c2"] = convolution_back(delta, columns2, p["K2"])
    delta = convolution_back_to_input(delta, p["K2"], p1.shape)
    delta = pool_back(delta, blocks1, p1) * (z1 > 0)
    g["K1"], g["c1"] = convolution_back(delta, columns1, p["K1"])
    return g


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def lstm(p: Arrays, d: Arrays) -> Arrays:
    x, H = d["x"], len(p["Wh"])
    h = c = np.zeros((x.shape[1], H), x.dtype)
    kept = []
    for row in x:
        z = row @ p["Wx"] + h @ p["Wh"] + p["b"]
        i, f, o = (sigmoid(z[:, gate * H : (gate + 1) * H]) for gate in range(3))
        u = np.tanh(z[:, 3 * H :])
        before, c = (h, c), f * c + i * u
        h = o * np.tanh(c)
        kept.append((row, *before, i, f, o, u, c))
    loss, delta = cross_entropy(h @ p["Wo"] + p["bo"], d["label"])
    g: Arrays = {name: np.zeros_like(value) for name, value in p.items()}
    g["loss"] = loss
    dh, dc = dense_back(g, p, "Wo", "bo", h, delta), np.zeros_like(c)
    for row, h, c_before, i, f, o, u, c in reversed(kept):
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)
        gates = dc * u * i * (1 - i), dc * c_before * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - u**2)
        dz = np.concatenate(gates, 1)
        g["Wx"] += row.T @ dz
        g["Wh"] += h.T @ dz
        g["b"] += dz.sum(0)
        dh, dc = dz @ p["Wh"].T, dc * f
    return g


def norm(x: Array, gain: Array, shift: Array) -> tuple[Array, Array, Array]:
    """Its value, x centred and scaled, and the scale."""
    scale = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    scaled = (x - x.mean(-1, keepdims=True)) * scale
    return scaled * gain + shift, scaled, scale


def norm_back(g: Arrays, p: Arrays, name: str, delta: Array, scaled: Array, scale: Array) -> Array:
    g[f"gain{name}"], g[f"shift{name}"] = (delta * scaled).sum(0), delta.sum(0)
    delta = delta * p[f"gain{name}"]
    along = (delta * scaled).mean(-1, keepdims=True)
    return scale * (delta - delta.mean(-1, keepdims=True) - scaled * along)


ROOT = float(np.sqrt(2 / np.pi))


def gpt(p: Arrays, d: Arrays) -> Arrays:
    token, (N, T), A = d["token"], d["token"].shape, GPT["A"]
    D = p["E"].shape[1]
    K = D // A
    future = np.triu(np.ones((T, T), bool), 1)

    def heads(x: Array) -> Array:
        return x.reshape(N, T, A, K).transpose(0, 2, 1, 3)

    def joined(x: Array) -> Array:
        return x.transpose(0, 2, 1, 3).reshape(N * T, D)

    x = (p["E"][token] + p["P"]).reshape(N * T, D)
    kept = []
    for layer in range(GPT["L"]):
        y1, *norm1 = norm(x, p[f"gain{layer}a"], p[f"shift{layer}a"])
        qkv = y1 @ p[f"Wqkv{layer}"] + p[f"bqkv{layer}"]
        q, k, v = (heads(part) for part in np.split(qkv, 3, 1))
        score = np.where(future, -np.inf, q @ k.swapaxes(2, 3) / float(np.sqrt(K)))
        w = np.exp(score - score.max(-1, keepdims=True))
        w = w / w.sum(-1, keepdims=True)
        mixed = joined(w @ v)
        x = x + mixed @ p[f"Wo{layer}"] + p[f"bo{layer}"]
        y2, *norm2 = norm(x, p[f"gain{layer}b"], p[f"shift{layer}b"])
        u = y2 @ p[f"W1_{layer}"] + p[f"b1_{layer}"]
        t = np.tanh(ROOT * (u + 0.044715 * u * u * u))
        a = 0.5 * u * (1 + t)
        x = x + a @ p[f"W2_{layer}"] + p[f"b2_{layer}"]
        kept.append((y1, norm1, q, k, v, w, mixed, y2, norm2, u, t, a))
    y, *last = norm(x, p["gain"], p["shift"])
    loss, delta = cross_entropy(y @ p["head"], d["target"].reshape(-1))
    g: Arrays = {"loss": loss, "head": y.T @ delta}
    dx = norm_back(g, p, "", delta @ p["head"].T, *last)
    for layer in reversed(range(GPT["L"])):
        y1, norm1, q, k, v, w, mixed, y2, norm2, u, t, a = kept[layer]
        da = dense_back(g, p, f"W2_{layer}", f"b2_{layer}", a, dx)
        du = da * (0.5 * (1 + t) + 0.5 * u * (1 - t**2) * ROOT * (1 + 3 * 0.044715 * u * u))
        dy = dense_back(g, p, f"W1_{layer}", f"b1_{layer}", y2, du)
        dx = dx + norm_back(g, p, f"{layer}b", dy, *norm2)
        dmixed = heads(dense_back(g, p, f"Wo{layer}", f"bo{layer}", mixed, dx))
        dw = dmixed @ v.swapaxes(2, 3)
        dscore = w * (dw - (dw * w).sum(-1, keepdims=True)) / float(np.sqrt(K))
        dq, dk, dv = dscore @ k, dscore.swapaxes(2, 3) @ q, w.swapaxes(2, 3) @ dmixed
        dqkv = np.concatenate([joined(part) for part in (dq, dk, dv)], 1)
        dx = dx + norm_back(g, p, f"{layer}a", dense_back(g, p, f"Wqkv{layer}", f"bqkv{layer}", y1, dqkv), *norm1)
    dx = dx.reshape(N, T, D)
    g["P"], g["E"] = dx.sum(0), np.zeros_like(p["E"])
    np.add.at(g["E"], token, dx)
    return g


def tiny(p: Arrays, d: Arrays) -> Arrays:
    a = np.tanh(d["x"] @ p["W1"] + p["b1"])
    error = a @ p["W2"] + p["b2"] - d["y"]
    g: Arrays = {"loss": (error**2).mean()}
    delta = dense_back(g, p, "W2", "b2", a, 2 * error / error.size) * (1 - a**2)
    dense_back(g, p, "W1", "b1", d["x"], delta)
    return g


STEPS: dict[str, Callable[[Arrays, Arrays], Arrays]] = {
    "mlp-small": lambda p, d: mlp(p, d, np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "mlp-large": lambda p, d: mlp(p, d, relu, lambda z: (z > 0).astype(z.dtype)),
    "cnn": cnn,
    "lstm": lstm,
    "gpt-block": gpt,
    "tiny": tiny,
}


def build(case: str, params: Arrays, data: Arrays) -> Step:
    step = STEPS[case]
    return Step(lambda: step(params, data), lambda result: result)
