"""The networks of the zoo in PyTorch, as its users write them: parameters and inputs to the loss.

Each takes the dict of parameters and the inputs under the names of the zoo, and uses the fused operators that PyTorch
has (`rnn_tanh`, `lstm`, `gru`, `scaled_dot_product_attention`, `conv2d`, `layer_norm`, `cross_entropy`, `ctc_loss`).
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from benchmarks.typical import SIZES


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


def linear_regression(w, x, y):
    return F.mse_loss(torch.mv(x, w["w"]) + w["b"], y) / 2


def logistic_regression(w, x, y):
    return F.binary_cross_entropy_with_logits(torch.mv(x, w["w"]) + w["b"], y.to(x.dtype))


def autoencoder(w, x):
    code = F.linear(torch.sigmoid(F.linear(x, w["W1"], w["b1"])), w["W2"], w["b2"])
    logits = F.linear(torch.sigmoid(F.linear(code, w["W3"], w["b3"])), w["W4"], w["b4"])
    return F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def vae(w, x, noise):
    a = torch.tanh(F.linear(x, w["W1"], w["b1"]))
    mean, log_var = F.linear(a, w["Wm"], w["bm"]), F.linear(a, w["Wv"], w["bv"])
    code = mean + torch.exp(log_var / 2) * noise
    logits = F.linear(torch.tanh(F.linear(code, w["W2"], w["b2"])), w["W3"], w["b3"])
    divergence = (torch.exp(log_var) + mean**2 - 1 - log_var).sum() / 2
    return (F.binary_cross_entropy_with_logits(logits, x, reduction="sum") + divergence) / len(x)


def siamese(w, x, alike):
    h = F.linear(torch.tanh(F.linear(x, w["W1"], w["b1"])), w["W2"], w["b2"])
    distance = torch.sqrt(((h[:, 0] - h[:, 1]) ** 2).sum(1) + 1e-6)
    return (torch.where(alike == 1, distance**2, F.relu(1 - distance) ** 2) / 2).mean()


def factorization_machine(w, x, y):
    pairs = ((x @ w["V"]) ** 2 - x**2 @ w["V"] ** 2).sum(1) / 2
    return F.mse_loss(w["w0"] + torch.mv(x, w["w"]) + pairs, y) / 2


def gcn(w, x, edge, labelled, label):
    joined = edge.to(x.dtype) + torch.eye(len(x), dtype=x.dtype)
    scale = joined.sum(1).rsqrt()
    S = scale[:, None] * joined * scale
    a = F.relu(S @ (x @ w["W1"]) + w["b1"])
    logits = S @ (a @ w["W2"]) + w["b2"]
    return F.cross_entropy(logits[labelled], label)


def hmm(w, symbol):
    log_A, log_B = F.log_softmax(w["b"], 1), F.embedding(symbol, F.log_softmax(w["c"], 1).T)
    alpha = F.log_softmax(w["a"], 0) + log_B[:, 0]
    for t in range(1, symbol.shape[1]):
        alpha = log_B[:, t] + torch.logsumexp(alpha[:, :, None] + log_A, 1)
    return -torch.logsumexp(alpha, 1).mean()


def word2vec(w, centre, context, negative):
    vector = F.embedding(centre, w["E"])
    score = (F.embedding(context, w["U"]) * vector).sum(1)
    noise = torch.bmm(F.embedding(negative, w["U"]), vector[:, :, None])[:, :, 0]
    return -(F.logsigmoid(score) + F.logsigmoid(-noise).sum(1)).mean()


def moe(w, x, label):
    best, chosen = F.linear(x, w["G"], w["g"]).topk(2)
    gate = torch.zeros(len(x), len(w["g"]), dtype=x.dtype).scatter(1, chosen, torch.softmax(best, 1))
    a = F.relu(torch.matmul(x, w["W1"].mT) + w["b1"][:, None])  # (E, N, H)
    y = torch.matmul(a, w["W2"].mT) + w["b2"][:, None]
    return F.cross_entropy(torch.einsum("ne,enk->nk", gate, y), label)


def neural_ode(w, x, target):
    steps = SIZES["neural_ode"]["S"]
    h, y = 1 / steps, x

    def slope(u, time):
        return F.linear(torch.tanh(F.linear(u, w["W1"], w["b1"]) + time * w["c"]), w["W2"], w["b2"])

    for step in range(steps):
        time = step * h
        k1 = slope(y, time)
        k2 = slope(y + h / 2 * k1, time + h / 2)
        k3 = slope(y + h / 2 * k2, time + h / 2)
        k4 = slope(y + h * k3, time + h)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return ((y - target) ** 2).sum() / (2 * len(x))


def _norm(x, w, name):
    return F.layer_norm(x, x.shape[-1:], w[f"gamma_{name}"], w[f"beta_{name}"], eps=1e-5)


def _attention(x, w, name, **options):
    """Self-attention with the weights of `layers.multi_head_attention`."""
    N, T, _ = x.shape
    A = w[f"Wq_{name}"].shape[0]
    q, k, v = (
        F.linear(x, w[f"W{role}_{name}"].flatten(0, 1), w[f"b{role}_{name}"].flatten())
        .view(N, T, A, -1)
        .transpose(1, 2)
        for role in "qkv"
    )
    mixed = F.scaled_dot_product_attention(q, k, v, **options).transpose(1, 2).flatten(2)
    return F.linear(mixed, w[f"Wo_{name}"].flatten(1), w[f"bo_{name}"])


def _perceptron(x, w, approximate="none"):
    a = F.gelu(F.linear(x, w["W_hidden1"], w["b_hidden1"]), approximate=approximate)
    return F.linear(a, w["W_mlp1"], w["b_mlp1"])


def transformer_block(w, x, target):
    N, T, D = x.shape
    u = F.layer_norm(x, (D,), w["gamma1"], w["beta1"])
    q, k, v = (
        (u @ w[name].transpose(0, 1).flatten(1)).view(N, T, len(w["Wq"]), -1).transpose(1, 2)
        for name in ("Wq", "Wk", "Wv")
    )
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
    y = x + mixed @ w["Wo"].flatten(0, 1) + w["bo"]
    u = F.layer_norm(y, (D,), w["gamma2"], w["beta2"])
    out = y + F.relu(u @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]
    return ((out - target) ** 2).sum() / (2 * N * T)


def gpt2(w, token, target):
    x = F.embedding(token, w["E"]) + w["P"][: token.shape[1]]
    x = x + _attention(_norm(x, w, "attention_norm1"), w, "attention1", is_causal=True)
    x = x + _perceptron(_norm(x, w, "mlp_norm1"), w, approximate="tanh")
    return F.cross_entropy(F.linear(_norm(x, w, "final"), w["E"]).flatten(0, 1), target.flatten())


def bert_mlm(w, token, segment, present, place, word, weight):
    x = F.embedding(token, w["E"]) + w["P"] + F.embedding(segment, w["G"])
    x = _norm(x, w, "embedding")
    mask = (present == 1)[:, None, None]
    x = _norm(x + _attention(x, w, "attention1", attn_mask=mask), w, "attention_norm1")
    x = _norm(x + _perceptron(x, w), w, "mlp_norm1")
    masked = x.gather(1, place[:, :, None].expand(-1, -1, x.shape[2]))
    u = _norm(F.gelu(F.linear(masked, w["W_head"], w["b_head"])), w, "head")
    logits = F.linear(u, w["E"], w["bias"])
    surprise = F.cross_entropy(logits.flatten(0, 1), word.flatten(), reduction="none").view(word.shape)
    return (weight * surprise).sum() / (weight.sum() + 1e-5)


def vit(w, image, label):
    patches = F.conv2d(image, w["K_patch"], w["b_patch"], stride=SIZES["vit"]["S"]).flatten(2).transpose(1, 2)
    x = torch.cat([w["start"].expand(len(image), 1, -1), patches], 1) + w["P1"]
    x = x + _attention(_norm(x, w, "attention_norm1"), w, "attention1")
    x = x + _perceptron(_norm(x, w, "mlp_norm1"), w)
    return F.cross_entropy(F.linear(_norm(x, w, "final")[:, 0], w["W_head"], w["b_head"]), label)


def resnet(w, x, label):
    def convolution(x, name, stride=1):
        K = w[f"K_{name}"]
        z = F.conv2d(x, K, stride=stride, padding=K.shape[-1] // 2)
        return F.batch_norm(z, None, None, w[f"gamma_{name}"], w[f"beta_{name}"], training=True)

    y = F.relu(convolution(x, "stem"))
    y = F.relu(convolution(F.relu(convolution(y, "0_0a")), "0_0b") + y)
    y = F.relu(convolution(F.relu(convolution(y, "1_0a", 2)), "1_0b") + convolution(y, "1_0s", 2))
    return F.cross_entropy(F.linear(y.mean((2, 3)), w["W_head"], w["b_head"]), label)


def unet(w, x, label):
    def convolution(x, name):
        return F.relu(F.conv2d(x, w[f"K{name}"], w[f"b{name}"], padding=1))

    a = convolution(convolution(x, 1), 2)
    c = convolution(convolution(F.max_pool2d(a, 2), 3), 4)
    u = F.conv_transpose2d(c, w["K_up"], w["b_up"], stride=2)
    return F.cross_entropy(F.conv2d(convolution(torch.cat([a, u], 1), 5), w["K_head"], w["b_head"]), label)


def wavenet(w, token, target):
    P = SIZES["wavenet"]["P"]
    h = F.embedding(token, w["E"]).transpose(1, 2)  # (N, D, T)
    skip = 0
    for layer in range(3):
        dilation = 2**layer
        before = F.pad(h, (dilation * (P - 1), 0))
        f, g = (F.conv1d(before, w[f"{kind}{layer}"].permute(1, 2, 0).flip(2), dilation=dilation) for kind in "FG")
        u = torch.tanh(f) * torch.sigmoid(g)
        skip = skip + F.conv1d(u, w[f"S{layer}"][:, :, None], w[f"s{layer}"])
        if layer < 2:
            h = h + F.conv1d(u, w[f"R{layer}"][:, :, None], w[f"r{layer}"])
    hidden = F.relu(F.conv1d(F.relu(skip), w["O1"][:, :, None], w["o1"]))
    return F.cross_entropy(F.conv1d(hidden, w["O2"][:, :, None], w["o2"]), target)


def mamba(w, token, target):
    def norm(x, name):
        return F.rms_norm(x, x.shape[-1:], w[f"gamma{name}"], eps=1e-5)

    x = F.embedding(token, w["E"])
    y = norm(x, "1")
    u, gate = F.linear(y, w["W_u1"]), F.linear(y, w["W_g1"])
    P, I = w["K1"].shape
    v = F.conv1d(F.pad(u.transpose(1, 2), (P - 1, 0)), w["K1"].flip(0).T[:, None], w["k1"], groups=I)
    v = F.silu(v).transpose(1, 2)
    delta = F.softplus(F.linear(F.linear(v, w["W_r1"]), w["W_delta1"], w["b_delta1"]))
    B, C = F.linear(v, w["W_B1"]), F.linear(v, w["W_C1"])
    A = -torch.arange(1, B.shape[2] + 1, dtype=x.dtype) * torch.exp(w["a1"])
    decay, fed = torch.exp(delta[..., None] * A), (delta * v)[..., None] * B[:, :, None]  # (N, T, I, S)
    h, states = 0, []
    for decay_t, fed_t in zip(decay.unbind(1), fed.unbind(1), strict=True):
        h = decay_t * h + fed_t
        states.append(h)
    scanned = (torch.stack(states, 1) @ C[..., None])[..., 0] + w["D1"] * v
    x = x + F.linear(scanned * F.silu(gate), w["W_o1"])
    return F.cross_entropy(F.linear(norm(x, "_final"), w["E"]).flatten(0, 1), target.flatten())


def _bidirectional(function, x, w, gates, no_second_bias):
    """The states of `torch.lstm` or `torch.gru` in both directions."""
    H = w["U_forwards1"].shape[-1]
    start = x.new_zeros(2, x.shape[1], H)
    weights = []
    for way in ("forwards1", "backwards1"):
        inner = x.new_zeros(gates * H) if no_second_bias else w[f"c_{way}"].flatten()
        weights += [w[f"W_{way}"].flatten(0, 1), w[f"U_{way}"].flatten(0, 1), w[f"b_{way}"].flatten(), inner]
    first = (start, start) if no_second_bias else start
    return function(x, first, weights, True, 1, 0.0, True, True, False)[0]


def lstm_classifier(w, token, label):
    h = _bidirectional(torch.lstm, F.embedding(token, w["E1"]), w, 4, True)
    return F.cross_entropy(F.linear(h.amax(0), w["W_head"], w["b_head"]), label)


def ctc_speech(w, x, label, frames, letters):
    a = F.relu(F.conv1d(x, w["K_sound"], w["b_sound"], padding="same"))
    h = _bidirectional(torch.gru, a.permute(2, 0, 1).contiguous(), w, 3, False)
    log_p = F.log_softmax(F.linear(h, w["W_head"], w["b_head"]), 2)
    return F.ctc_loss(log_p, label, frames, letters)


def gru_seq2seq(w, source, previous, target):
    start = w["E_source"].new_zeros(1, source.shape[1], w["b0"].shape[0])
    weights = [
        w["W_source"].flatten(0, 1),
        w["U_source"].flatten(0, 1),
        w["b_source"].flatten(),
        w["c_source"].flatten(),
    ]
    key, _ = torch.gru(F.embedding(source, w["E_source"]), start, weights, True, 1, 0.0, True, False, False)
    seen, key_by_sample = F.linear(key, w["B"]), key.transpose(0, 1)
    h = torch.tanh(F.linear(key[-1], w["B0"], w["b0"]))
    H = h.shape[1]
    words = F.linear(F.embedding(previous, w["E_target"]), w["M"].flatten(0, 1), w["b"].flatten())
    K, U = w["K"].flatten(0, 1), w["U"][:2].flatten(0, 1)
    states, contexts = [], []
    for word in words.unbind():
        energy = torch.tanh(F.linear(h, w["A"]) + seen) @ w["v"]  # (S, N)
        context = torch.bmm(torch.softmax(energy, 0).T[:, None], key_by_sample)[:, 0]
        z = word + F.linear(context, K)
        reset, update = torch.sigmoid(z[:, : 2 * H] + F.linear(h, U)).chunk(2, 1)
        candidate = torch.tanh(z[:, 2 * H :] + F.linear(reset * h, w["U"][2]))
        h = (1 - update) * candidate + update * h
        states.append(h)
        contexts.append(context)
    logits = F.linear(torch.stack(states), w["O"], w["o"]) + F.linear(torch.stack(contexts), w["Q"])
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


TWINS = {name: twin for name, twin in list(globals().items()) if name in SIZES}
