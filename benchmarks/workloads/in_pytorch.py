"""The six workloads in PyTorch, with the fused operators that it has, eager and compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from benchmarks.step import Arrays, Step
from benchmarks.workloads.data import GPT

Tensors = dict[str, torch.Tensor]


def mlp(act: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Tensors, Tensors], torch.Tensor]:
    def loss(p: Tensors, d: Tensors) -> torch.Tensor:
        a = act(torch.addmm(p["b1"], d["x"], p["W1"]))
        a = act(torch.addmm(p["b2"], a, p["W2"]))
        return F.cross_entropy(torch.addmm(p["b3"], a, p["W3"]), d["label"])

    return loss


def cnn(p: Tensors, d: Tensors) -> torch.Tensor:
    a = F.max_pool2d(F.relu(F.conv2d(d["x"], p["K1"], p["c1"])), 2)
    a = F.max_pool2d(F.relu(F.conv2d(a, p["K2"], p["c2"])), 2)
    a = F.relu(torch.addmm(p["b1"], a.flatten(1), p["W1"]))
    return F.cross_entropy(torch.addmm(p["b2"], a, p["W2"]), d["label"])


def lstm(p: Tensors, d: Tensors) -> torch.Tensor:
    """The weights arrive as PyTorch has them: (out, in), the candidate before the output gate."""
    H = p["Wh"].shape[1]
    start = d["x"].new_zeros(1, d["x"].shape[1], H)
    weights = [p["Wx"], p["Wh"], p["b"], d["no_bias"]]
    _, h, _ = torch.lstm(d["x"], (start, start), weights, True, 1, 0.0, True, False, False)
    return F.cross_entropy(torch.addmm(p["bo"], h[0], p["Wo"]), d["label"])


def gpt(p: Tensors, d: Tensors) -> torch.Tensor:
    (N, T), A = d["token"].shape, GPT["A"]
    x = F.embedding(d["token"], p["E"]) + p["P"]
    D = x.shape[2]
    for layer in range(GPT["L"]):
        y = F.layer_norm(x, (D,), p[f"gain{layer}a"], p[f"shift{layer}a"])
        qkv = torch.addmm(p[f"bqkv{layer}"], y.view(-1, D), p[f"Wqkv{layer}"]).view(N, T, 3, A, D // A)
        q, k, v = (qkv[:, :, part].transpose(1, 2) for part in range(3))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(-1, D)
        x = x + torch.addmm(p[f"bo{layer}"], mixed, p[f"Wo{layer}"]).view(N, T, D)
        y = F.layer_norm(x, (D,), p[f"gain{layer}b"], p[f"shift{layer}b"])
        a = F.gelu(torch.addmm(p[f"b1_{layer}"], y.view(-1, D), p[f"W1_{layer}"]), approximate="tanh")
        x = x + torch.addmm(p[f"b2_{layer}"], a, p[f"W2_{layer}"]).view(N, T, D)
    x = F.layer_norm(x, (D,), p["gain"], p["shift"])
    return F.cross_entropy(x.view(-1, D) @ p["head"], d["target"].flatten())


def tiny(p: Tensors, d: Tensors) -> torch.Tensor:
    return F.mse_loss(torch.addmm(p["b2"], torch.tanh(torch.addmm(p["b1"], d["x"], p["W1"])), p["W2"]), d["y"])


LOSSES: dict[str, Callable[[Tensors, Tensors], torch.Tensor]] = {
    "mlp-small": mlp(torch.tanh),
    "mlp-large": mlp(torch.relu),
    "cnn": cnn,
    "lstm": lstm,
    "gpt-block": gpt,
    "tiny": tiny,
}


def _pytorch_gates(value: torch.Tensor) -> torch.Tensor:
    """Gates along the first axis, output and candidate the other way round."""
    i, f, third, fourth = value.chunk(4)
    return torch.cat([i, f, fourth, third])


def build(case: str, params: Arrays, data: Arrays, compiled: bool = False) -> Step:
    weights = {name: torch.from_numpy(value) for name, value in params.items()}
    tensors = {name: torch.from_numpy(value) for name, value in data.items()}
    if case == "lstm":
        weights |= {name: _pytorch_gates(torch.from_numpy(params[name].T)).contiguous() for name in ("Wx", "Wh", "b")}
        tensors["no_bias"] = torch.zeros_like(weights["b"])
    for weight in weights.values():
        weight.requires_grad_()
    leaves = list(weights.values())
    function = torch.compile(LOSSES[case]) if compiled else LOSSES[case]

    def run() -> Any:
        loss = function(weights, tensors)
        return loss, torch.autograd.grad(loss, leaves)

    def read(result: Any) -> dict[str, Any]:
        grads = dict(zip(weights, result[1], strict=True))
        if case == "lstm":
            grads |= {name: _pytorch_gates(grads[name]).numpy().T for name in ("Wx", "Wh", "b")}
        return {"loss": result[0].detach(), **grads}

    return Step(run, read)


def build_compiled(case: str, params: Arrays, data: Arrays) -> Step:
    return build(case, params, data, compiled=True)
