"""PyTorch's own recurrent layers with symbackprop's weights; formulas for what PyTorch does not have."""

from __future__ import annotations

import torch


def run(kind, x, sets, o, start=None, both=False, masks=()):
    """(all states, last states) of `torch.<kind>` over `sets` of weights (W, U, b, c), one for each layer and way."""
    bias = o.get("bias", True)
    hidden = sets[0][1].shape[-1]
    layers = len(sets) // (2 if both else 1)
    batch = x.shape[0 if o.get("batch_first") else 1]
    if start is None:
        start = [x.new_zeros(len(sets), batch, hidden)] * (2 if kind == "lstm" else 1)
    flat = []
    for W, U, b, c in sets:
        flat += [W.reshape(-1, W.shape[-1]), U.reshape(-1, hidden)]
        if bias:
            flat += [b.flatten(), torch.zeros_like(b.flatten()) if c is None else c.flatten()]
    first = tuple(start) if kind == "lstm" else start[0]
    found = getattr(torch, kind)(x, first, flat, bias, layers, 0.0, True, both, o.get("batch_first", False))
    return found[0], found[1]


def weights(w, suffix):
    return tuple(w.get(f"{part}{suffix}") for part in ("W", "U", "b", "c"))


def single(kind, w, o, start):
    """One layer in one direction."""
    time = 1 if o.get("batch_first") else 0
    x = w["x"].flip(time) if o.get("reverse") else w["x"]
    h, last = run(kind, x, [weights(w, "1")], o, start)
    if o.get("last"):
        return last[0]
    return h.flip(time) if o.get("reverse") else h


def rnn(w, o, training):
    kind = "rnn_relu" if "activation" in o else "rnn_tanh"
    return single(kind, w, o, [w["initial"][None]] if "initial" in w else None)


def lstm(w, o, training):
    if o.get("peepholes"):
        return peephole_lstm(w)
    return single("lstm", w, o, [w["initial"][None], w["initial_cell"][None]] if "initial" in w else None)


def peephole_lstm(w):
    """Greff et al. (2017), section II.A, the gates in the order i, f, g, o."""
    x, W, U, b, P = (w[name] for name in ("x", "W1", "U1", "b1", "P1"))
    h = c = x.new_zeros(x.shape[1], U.shape[-1])
    out = []
    for step in x:
        i, f, g, o = (step @ W[k].T + h @ U[k].T + b[k] for k in range(4))
        i, f = torch.sigmoid(i + P[0] * c), torch.sigmoid(f + P[1] * c)
        c = f * c + i * torch.tanh(g)
        h = torch.sigmoid(o + P[2] * c) * torch.tanh(c)
        out.append(h)
    return torch.stack(out)


def gru(w, o, training):
    if not o.get("reset_after", True):
        return first_gru(w)
    return single("gru", w, o, [w["initial"][None]] if "initial" in w else None)


def first_gru(w):
    """Cho et al. (2014), equations 5 to 8."""
    x, W, U, b = (w[name] for name in ("x", "W1", "U1", "b1"))
    h, out = x.new_zeros(x.shape[1], U.shape[-1]), []
    for step in x:
        r, u = (torch.sigmoid(step @ W[k].T + b[k] + h @ U[k].T) for k in range(2))
        n = torch.tanh(step @ W[2].T + b[2] + (r * h) @ U[2].T)
        h = (1 - u) * n + u * h
        out.append(h)
    return torch.stack(out)


def kind_of(function):
    name = getattr(function, "func", function).__name__
    return "rnn_tanh" if name == "rnn" else name


def bidirectional(w, o, training):
    sets = [weights(w, f"_{way}1") for way in ("forwards", "backwards")]
    h, last = run(kind_of(o["recurrent"]), w["x"], sets, o, both=True)
    return torch.cat(list(last), -1) if o.get("last") else h


def stacked(w, o, training):
    numbers = range(1, len(o["units"]) + 1)
    inner = getattr(o["recurrent"], "args", ())
    if inner:  # a partial of bidirectional
        sets = [weights(w, f"_{way}{number}") for number in numbers for way in ("forwards", "backwards")]
        return run(kind_of(inner[0]), w["x"], sets, o, both=True)[0]
    if "dropout" not in o:
        return run(kind_of(o["recurrent"]), w["x"], [weights(w, f"{number}") for number in numbers], o)[0]
    x, h = w["x"], None  # layer by layer, since PyTorch draws the masks between them itself
    for number in numbers:
        x, h = run(kind_of(o["recurrent"]), x, [weights(w, f"{number}")], o)
        if training and number < len(o["units"]):
            x = x * w[f"mask{number}"] / (1 - o["dropout"])
    return h[0] if o.get("last") else x
