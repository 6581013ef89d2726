"""A vision transformer: an image read by a transformer as a sequence of patches.

    e[patch] = K · the patch's pixels + b,   x = class token, then all e;   x ← x + P, a learned position for each
    blocks:  x ← x + attention(norm x),   x ← x + W2 gelu(W1 norm x + b1) + b2
    logits = W · norm of x[0] + b,   loss = mean over n of −log softmax(logits)[n, label of n]

Shapes: image (N, B, H, W) of B bands, label (N,) integers below C; patches of S × S pixels, a margin left out that
fills none; K (D, B, S, S), b (D,), start (D,), P (patches + 1, D), for each block the weights of
`layers.transformer_block` for A heads.

Source: A. Dosovitskiy et al., An image is worth 16 × 16 words, ICLR (2021), equations 1 to 4.
"""

from sympy import exp

from symbackprop import LogSumExp, Network, layers, losses


def vit(blocks: int = 1) -> Network:
    """The network of that many blocks."""
    net = Network("vit")
    N, B, H, W, S, D, A, M, C = net.dims("N B H W S D A M C")
    image = net.input("image", (N, B, H, W))
    label = net.input("label", (N,), dtype="int", high=C)
    start = net.parameter("start", (D,), init="zeros")
    x, first, p = net.tensors("x first p")

    patches = layers.conv2d(image, D, S, stride=S, name="patch")  # (N, D, rows, columns)
    rows, columns = patches.shape[2:]
    n, d, k, r, c = net.indices(n=N, d=D, k=C, r=rows, c=columns)
    x[n, 0, d] = start[d]
    x[n, 1 + r * columns + c, d] = patches[n, d, r, c]

    y = layers.learned_positions(x)
    for block in range(1, blocks + 1):
        y = layers.transformer_block(y, heads=A, hidden=M, name=str(block))
    y = layers.layer_norm(y, name="final")
    first[n, d] = y[n, 0, d]
    logits = layers.dense(first, C, name="head")
    p[n, k] = exp(logits[n, k] - LogSumExp(logits[n, k], k))
    net.loss = losses.softmax_cross_entropy(logits, label)
    net.output(p)
    return net


net = vit()
