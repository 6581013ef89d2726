"""The first networks of the zoo in PyTorch, as its users write them: parameters and inputs to the loss.

Each takes the dict of parameters and the inputs under the names of the zoo, and uses the fused operators that PyTorch
has (`rnn_tanh`, `lstm`, `scaled_dot_product_attention`, `conv2d`, `layer_norm`, `cross_entropy`).
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F


def softmax_regression(w, x, y):
    return F.cross_entropy(F.linear(x, w["W"], w["b"]), y)


def mlp(w, x, y):
    return F.cross_entropy(F.linear(torch.tanh(F.linear(x, w["W1"], w["b1"])), w["W2"], w["b2"]), y)


def deep_mlp(w, x, label):
    a = F.linear(x, w["V"], w["c"])
    for W, b in zip(w["W"].unbind(), w["b"].unbind(), strict=True):
        a = torch.tanh(F.linear(a, W, b))
    return F.cross_entropy(F.linear(a, w["U"], w["d"]), label)


def layer_norm_mlp(w, x, label):
    z = F.linear(x, w["W1"], w["b1"])
    a = F.gelu(F.layer_norm(z, z.shape[-1:], w["gain"], w["shift"], eps=1e-5))
    return F.cross_entropy(F.linear(a, w["W2"], w["b2"]), label)


def embedding(w, token, label):
    return F.cross_entropy(F.linear(F.embedding(token, w["E"]).mean(1), w["W"], w["b"]), label)


def lenet(w, x, label):
    p = F.max_pool2d(torch.relu(F.conv2d(x, w["K1"], w["b1"])), 2)
    p = F.max_pool2d(torch.relu(F.conv2d(p, w["K2"], w["b2"])), 2)
    a = torch.relu(F.linear(p.flatten(1), w["W3"].flatten(1), w["b3"]))
    return F.cross_entropy(F.linear(a, w["W4"], w["b4"]), label)


def rnn(w, x, label):
    start = w["h0"].expand(1, x.shape[1], -1).contiguous()
    weights = [w["W"], w["U"], w["b"], torch.zeros_like(w["b"])]
    h, _ = torch.rnn_tanh(x, start, weights, True, 1, 0.0, True, False, False)
    return F.cross_entropy(F.linear(h, w["V"], w["c"]).flatten(0, 1), label.flatten())


def lstm(w, x, label):
    H = w["U"].shape[-1]
    start = x.new_zeros(1, x.shape[1], H)
    weights = [w["W"].flatten(0, 1), w["U"].flatten(0, 1), w["b"].flatten(), x.new_zeros(4 * H)]
    h, _, _ = torch.lstm(x, (start, start), weights, True, 1, 0.0, True, False, False)
    return F.cross_entropy(F.linear(h[-1], w["V"], w["d"]), label)


def attention(w, x, target):
    N, T, _ = x.shape
    A = w["Wq"].shape[0]
    q, k, v = (
        F.linear(x, w[f"W{role}"].flatten(0, 1), w[f"b{role}"].flatten()).view(N, T, A, -1).transpose(1, 2)
        for role in "qkv"
    )
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
    out = F.linear(mixed, w["Wo"].flatten(1), w["bo"])
    return ((out - target) ** 2).sum() / (2 * N * T)


def gmm(w, x):
    D = x.shape[1]
    d = x[:, None] - w["mu"]
    u = torch.exp(w["q"]) * d + torch.einsum("kij,nkj->nki", torch.tril(w["lower"], -1), d)
    s = F.log_softmax(w["alpha"], 0) + w["q"].sum(1) - (u**2).sum(2) / 2 - D * math.log(2 * math.pi) / 2
    return -torch.logsumexp(s, 1).mean()


def crf(w, x, y):
    e = F.linear(x, w["W"], w["b"])
    alpha = w["start"] + e[:, 0]
    for t in range(1, x.shape[1]):
        alpha = e[:, t] + torch.logsumexp(alpha[:, :, None] + w["A"], 1)
    gold = w["start"][y[:, 0]] + e.gather(2, y[:, :, None]).sum((1, 2)) + w["A"][y[:, :-1], y[:, 1:]].sum(1)
    return (torch.logsumexp(alpha, 1) - gold).mean()


TWINS = {
    twin.__name__: twin
    for twin in (softmax_regression, mlp, deep_mlp, layer_norm_mlp, embedding, lenet, rnn, lstm, attention, gmm, crf)
}
