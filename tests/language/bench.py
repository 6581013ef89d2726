"""A network with one of everything, for cases that are wrong in one place."""

from symbackprop import Network, Sum


class Bench:
    """A network with one of everything, not yet complete."""

    def __init__(self) -> None:
        self.net = net = Network("bench")
        self.N, self.D, self.K, self.H = net.dims("N D K H")
        self.n, self.i, self.k, self.h = net.indices(n=self.N, i=self.D, k=self.K, h=self.H)
        self.t = net.index("t", (1, self.N))
        self.x = net.input("x", (self.N, self.D))
        self.label = net.input("label", (self.N,), dtype="int", high=self.K)
        self.free_label = net.input("free_label", (self.N,), dtype="int")
        self.w = net.parameter("w", (self.D,))
        self.e = net.parameter("e", (self.K, self.D))
        self.b = net.buffer("b", (self.D,), "zeros")
        self.z, self.y, self.s = net.tensors("z y s")

    def finish(self) -> None:
        """What makes the network whole, but for what the case leaves wrong."""
        x, w, e, n, i, label, free = self.x, self.w, self.e, self.n, self.i, self.label, self.free_label
        if not self.net._book.tensors["y"].definitions:
            self.y[n] = Sum(x[n, i] * w[i], i) + Sum(e[label[n], i] * self.b[i], i) + free[n]
        if not self.net._book.tensors["s"].definitions:
            self.s[()] = Sum(self.y[n], n)
        if not self.net._book.tensors["z"].definitions:
            self.z[n] = self.y[n] * 2
        if self.net._written.loss is None:
            self.net.loss = self.s + Sum(self.z[n] ** 2, n)


def whole(b: Bench) -> None:
    b.finish()
    b.net.to_program()
