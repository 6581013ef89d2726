"""A speech recogniser: frames of sound to letters by a bidirectional GRU, aligned by CTC.

    a = relu of a convolution of the frames over time,   h = the states of a GRU in both directions
    log p[t] = log softmax(W h[t] + b) over the letters and the blank
    loss = mean over n of −log Σ of the probabilities of all paths that spell label n, by its length

Shapes: x (N, D, T) frames of D bands; label (N, U) integers below C, frames (N,) below T + 1 and letters (N,) below
U + 1 the lengths that count; letter 0 is the blank, and C counts it. K (F, D, 3), b (F,) the convolution, for each
direction W (3, H, F), U (3, H, H), b and c (3, H), and W_head (C, 2H), b_head (C,).

Source: A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, Connectionist temporal classification, ICML (2006),
equations 5 to 8; the stack of A. Hannun et al., Deep Speech, arXiv:1412.5567 (2014), with gated units.
"""

from symbackprop import LogSumExp, Network, layers, losses
from symbackprop.functions import relu

net = Network("ctc_speech")
N, T, D, F, H, C, U = net.dims("N T D F H C U")
n, t, f, c = net.indices(n=N, t=T, f=F, c=C)
x = net.input("x", (N, D, T))
label = net.input("label", (N, U), dtype="int", high=C)
frames = net.input("frames", (N,), dtype="int", high=T + 1)
letters = net.input("letters", (N,), dtype="int", high=U + 1)
sound, log_p = net.tensors("sound log_p")

a = layers.conv1d(x, F, 3, padding="same", activation=relu, name="sound")
sound[t, n, f] = a[n, f, t]  # time first, as recurrent layers read it
h = layers.bidirectional(layers.gru, sound, H)
logits = layers.dense(h, C, name="head")
log_p[t, n, c] = logits[t, n, c] - LogSumExp(logits[t, n, c], c)
net.loss = losses.ctc(log_p, label, frames, letters)
net.output(log_p)
