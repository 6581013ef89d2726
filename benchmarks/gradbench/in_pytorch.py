"""The evaluations in PyTorch eager."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch.func import jvp, vmap
from torch.nn import functional as F

from benchmarks.gradbench.cases import parsed
from benchmarks.step import Arrays, Step

Tensor = torch.Tensor


def gmm(alpha: Tensor, mu: Tensor, q: Tensor, lower: Tensor, x: Tensor, gamma: Tensor, m: Tensor) -> Tensor:
    N, D = x.shape
    Q = torch.tril(lower, -1) + torch.diag_embed(torch.exp(q))
    u = torch.einsum("kij,nkj->nki", Q, x[:, None] - mu)
    log_det = q.sum(1)
    likelihood = torch.logsumexp(alpha + log_det - (u**2).sum(2) / 2, 1).sum()
    likelihood = likelihood - N * (D * math.log(2 * math.pi) / 2 + torch.logsumexp(alpha, 0))
    return likelihood + m * log_det.sum() - gamma**2 / 2 * (Q**2).sum()


def lstm(W: Tensor, b: Tensor, extra: Tensor, state: Tensor, sequence: Tensor) -> Tensor:
    hidden, cell = list(state[:, 0].unbind()), list(state[:, 1].unbind())
    predicted = []
    layers = list(zip(W.unbind(), b.unbind(), strict=True))
    for x in (sequence[:-1] * extra[0]).unbind():
        for layer, (weight, bias) in enumerate(layers):
            gates = torch.stack((x, hidden[layer], x, hidden[layer])) * weight + bias
            forget, read, out = torch.sigmoid(gates[:3]).unbind()
            cell[layer] = cell[layer] * forget + read * torch.tanh(gates[3])
            x = hidden[layer] = out * torch.tanh(cell[layer])
        predicted.append(x)
    y = torch.stack(predicted) * extra[1] + extra[2]
    y = y - torch.log(2 + torch.exp(y).sum(1, keepdim=True))
    return -(sequence[1:] * y).mean()


def llsq(x: Tensor, N: int) -> Tensor:
    t = torch.linspace(-1, 1, N, dtype=x.dtype)
    return ((torch.sign(t) - torch.linalg.vander(t, N=len(x)) @ x) ** 2).sum() / 2


def lse(x: Tensor) -> Tensor:
    return torch.logsumexp(x, 0)


def ode(x: Tensor, S: int) -> Tensor:
    y, step = torch.zeros_like(x), 2 / S

    def slope(y: Tensor) -> Tensor:
        return x * F.pad(y[:-1], (1, 0), value=1.0)

    for _ in range(S):
        k1 = slope(y)
        k2 = slope(y + step / 2 * k1)
        k3 = slope(y + step / 2 * k2)
        k4 = slope(y + step * k3)
        y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[-1]


def det(A: Tensor) -> Tensor:
    elements = [row.unbind() for row in A.unbind()]
    L = len(elements)

    @cache
    def minor(columns: tuple[int, ...]) -> Any:
        row = elements[L - len(columns)]
        if len(columns) == 1:
            return row[columns[0]]
        parts = (row[column] * minor(columns[:at] + columns[at + 1 :]) for at, column in enumerate(columns))
        return sum(-part if at % 2 else part for at, part in enumerate(parts))

    return minor(tuple(range(L)))


VALUES: dict[str, Callable[..., Tensor]] = {value.__name__: value for value in (gmm, lstm, llsq, lse, ode, det)}


def build(case: str, params: Arrays, data: dict[str, Any]) -> Step:
    name, _ = parsed(case)
    weights = {key: torch.from_numpy(value).requires_grad_() for key, value in params.items()}
    rest = {key: torch.from_numpy(value) if not isinstance(value, int) else value for key, value in data.items()}
    builder = {"kmeans": kmeans, "ba": ba, "ht": ht}.get(name)
    if builder is not None:
        return builder(weights, rest)
    value, leaves = VALUES[name], list(weights.values())

    def run() -> Any:
        loss = value(**weights, **rest)
        return loss, torch.autograd.grad(loss, leaves)

    return Step(run, lambda result: {"loss": result[0].detach(), **dict(zip(weights, result[1], strict=True))})


def kmeans(weights: dict[str, Tensor], data: dict[str, Any]) -> Step:
    centroid, point = weights["centroid"], data["point"]
    ones = torch.ones_like(centroid)

    def run() -> Tensor:
        distance = (point**2).sum(1, keepdim=True) + (centroid**2).sum(1) - 2 * point @ centroid.T
        cost = distance.min(1).values.sum()
        (gradient,) = torch.autograd.grad(cost, centroid, create_graph=True)
        (diagonal,) = torch.autograd.grad(gradient, centroid, ones)
        return gradient.detach() / diagonal

    return Step(run, lambda result: {"direction": result})


def reprojection(camera: Tensor, point: Tensor, weight: Tensor, feature: Tensor) -> Tensor:
    """(P, 2), each observation with its own camera and point."""
    rotation, d = camera[:, :3], point - camera[:, 3:6]
    angle = torch.linalg.vector_norm(rotation, dim=1, keepdim=True)
    axis = rotation / angle
    along = (axis * d).sum(1, keepdim=True) * (1 - torch.cos(angle))
    turned = d * torch.cos(angle) + torch.linalg.cross(axis, d) * torch.sin(angle) + axis * along
    flat = turned[:, :2] / turned[:, 2:]
    square = (flat**2).sum(1, keepdim=True)
    distorted = flat * (1 + camera[:, 9:10] * square + camera[:, 10:] * square**2)
    return weight[:, None] * (distorted * camera[:, 6:7] + camera[:, 7:9] - feature)


def ba(weights: dict[str, Tensor], data: dict[str, Any]) -> Step:
    """A gradient for each of the two rows of all blocks."""
    weight = weights["weight"]
    camera, point = weights["camera"].detach(), weights["point"].detach()

    def run() -> Any:
        seen = [camera[data["camera_of"]].requires_grad_(), point[data["point_of"]].requires_grad_(), weight]
        error = reprojection(*seen, data["feature"])
        weight_error = 1 - weight**2
        rows = [torch.autograd.grad(error[:, row].sum(), seen, retain_graph=row == 0) for row in range(2)]
        blocks = torch.stack([torch.cat([*row[:2], row[2][:, None]], 1) for row in rows], 1)
        (weight_block,) = torch.autograd.grad(weight_error.sum(), weight)
        return error.detach(), weight_error.detach(), blocks, weight_block

    return Step(run, lambda result: dict(zip(("error", "weight_error", "blocks", "weight_block"), result, strict=True)))


def hand(theta: Tensor, u: Tensor, data: dict[str, Tensor], parents: list[int]) -> Tensor:
    angle = theta[data["slot"]] * data["bends"]
    (cx, cz, cy), (sx, sz, sy) = torch.cos(angle).unbind(1), torch.sin(angle).unbind(1)
    zero, one = torch.zeros_like(cx), torch.ones_like(cx)
    entries = [
        cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx, zero,
        sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx, zero,
        -sy, cy * sx, cy * cx, zero,
        zero, zero, zero, one,
    ]  # fmt: skip
    relative = data["base"] @ torch.stack(entries, 1).view(-1, 4, 4)
    absolute: list[Tensor] = []
    for bone, parent in enumerate(parents):
        absolute.append(absolute[parent] @ relative[bone] if parent < bone else relative[bone])
    carried = torch.stack(absolute) @ data["inverse"]
    local = torch.einsum("vb,bak,vk->va", data["skin"], carried[:, :3], data["position"])
    length = torch.linalg.vector_norm(theta[:3])
    axis = theta[:3] / length
    x, y, z = axis.unbind()
    none = torch.zeros_like(x)
    skew = torch.stack([none, -z, y, z, none, -x, -y, x, none]).view(3, 3)
    cosine = torch.cos(length)
    rotation = torch.outer(axis, axis) * (1 - cosine) + torch.eye(3, dtype=x.dtype) * cosine + skew * torch.sin(length)
    vertex = local @ rotation.T + theta[3:6]
    weights = torch.cat([u, 1 - u.sum(1, keepdim=True)], 1)
    return data["measured"] - (weights[:, :, None] * vertex[data["corner"]]).sum(1)


def ht(weights: dict[str, Tensor], data: dict[str, Any]) -> Step:
    """Forward mode, all directions at once."""
    theta, u, parents = weights["theta"].detach(), weights["u"].detach(), data["parent"].tolist()
    by_theta = torch.cat([torch.eye(len(theta)), torch.zeros(2, len(theta))]).to(theta.dtype)
    by_u = torch.cat([torch.zeros(len(theta), *u.shape), torch.eye(2)[:, None].expand(2, *u.shape)]).to(u.dtype)

    def value(theta: Tensor, u: Tensor) -> Tensor:
        return hand(theta, u, data, parents)

    def run() -> Any:
        blocks = vmap(lambda *v: jvp(value, (theta, u), v)[1], out_dims=2)(by_theta, by_u)
        return value(theta, u), blocks

    return Step(run, lambda result: {"error": result[0], "blocks": result[1]})
