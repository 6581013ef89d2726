"""Losses for what differentiates NumPy's functions: `np` is `jax.numpy` or `autograd.numpy`."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.data import GPT


def log_softmax(np: Any, z: Any) -> Any:
    shifted = z - np.max(z, -1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), -1, keepdims=True))


def cross_entropy(np: Any, z: Any, label: Any) -> Any:
    return -np.mean(log_softmax(np, z)[np.arange(z.shape[0]), label])


def mlp(np: Any, act: Any, p: Any, d: Any) -> Any:
    a = act(np.dot(d["x"], p["W1"]) + p["b1"])
    a = act(np.dot(a, p["W2"]) + p["b2"])
    return cross_entropy(np, np.dot(a, p["W3"]) + p["b3"], d["label"])


def cnn(np: Any, convolution: Any, pool: Any, p: Any, d: Any) -> Any:
    a = pool(np.maximum(convolution(d["x"], p["K1"], p["c1"]), 0))
    a = pool(np.maximum(convolution(a, p["K2"], p["c2"]), 0))
    a = np.maximum(np.dot(np.reshape(a, (a.shape[0], -1)), p["W1"]) + p["b1"], 0)
    return cross_entropy(np, np.dot(a, p["W2"]) + p["b2"], d["label"])


def norm(np: Any, x: Any, gain: Any, shift: Any) -> Any:
    centred = x - np.mean(x, -1, keepdims=True)
    return centred / np.sqrt(np.mean(centred * centred, -1, keepdims=True) + 1e-5) * gain + shift


def gelu(np: Any, u: Any) -> Any:
    return 0.5 * u * (1 + np.tanh(0.7978845608028654 * (u + 0.044715 * u * u * u)))


def gpt(np: Any, p: Any, d: Any) -> Any:
    (N, T), A, D = d["token"].shape, GPT["A"], p["E"].shape[1]
    future = np.triu(np.full((T, T), -1e30, p["E"].dtype), 1)
    x = np.reshape(p["E"][d["token"]] + p["P"], (N * T, D))
    for layer in range(GPT["L"]):
        y = norm(np, x, p[f"gain{layer}a"], p[f"shift{layer}a"])
        qkv = np.dot(y, p[f"Wqkv{layer}"]) + p[f"bqkv{layer}"]
        q, k, v = np.transpose(np.reshape(qkv, (N, T, 3, A, D // A)), (2, 0, 3, 1, 4))
        score = np.matmul(q, np.swapaxes(k, 2, 3)) * (D // A) ** -0.5 + future
        mixed = np.matmul(np.exp(log_softmax(np, score)), v)
        mixed = np.reshape(np.transpose(mixed, (0, 2, 1, 3)), (N * T, D))
        x = x + np.dot(mixed, p[f"Wo{layer}"]) + p[f"bo{layer}"]
        y = norm(np, x, p[f"gain{layer}b"], p[f"shift{layer}b"])
        a = gelu(np, np.dot(y, p[f"W1_{layer}"]) + p[f"b1_{layer}"])
        x = x + np.dot(a, p[f"W2_{layer}"]) + p[f"b2_{layer}"]
    x = norm(np, x, p["gain"], p["shift"])
    return cross_entropy(np, np.dot(x, p["head"]), np.reshape(d["target"], (-1,)))


def tiny(np: Any, p: Any, d: Any) -> Any:
    a = np.tanh(np.dot(d["x"], p["W1"]) + p["b1"])
    return np.mean((np.dot(a, p["W2"]) + p["b2"] - d["y"]) ** 2)
