"""A layer written as equations, as a PyTorch module: its backward pass is the generated one.

    python examples/layer_in_torch.py

The equations are those of `scan`, a gated linear recurrence. The generated module's `forward` and `backward` stand in a
`torch.autograd.Function`, which leads to `torch.nn.Module`.
"""

from __future__ import annotations

import torch
from scan import net

from symbackprop import load

MODULE = load(net)


class ScanFunction(torch.autograd.Function):
    """The generated forward and backward, on the memory of PyTorch's own CPU tensors."""

    @staticmethod
    def forward(ctx, x, w, b):
        params = {"w": w.detach().numpy(), "b": b.detach().numpy()}
        array, ctx.cache = MODULE.forward(params, x.detach().numpy())
        h = torch.from_numpy(array)
        ctx.save_for_backward(x, w, b, h)  # the cache has their memory
        return h

    @staticmethod
    @torch.autograd.function.once_differentiable  # a second derivative is refused, not silently none
    def backward(ctx, d_h):
        _ = ctx.saved_tensors  # an error where one of them was changed in place
        grads = MODULE.backward(ctx.cache, d_h.numpy())
        return tuple(torch.from_numpy(grads[name]) for name in ("x", "w", "b"))


class Scan(torch.nn.Module):
    """x (T, N, D) to h (T + 1, N, D)."""

    def __init__(self, size, dtype=torch.float32):
        super().__init__()
        for name, array in MODULE.init_params(0, D=size).items():
            self.register_parameter(name, torch.nn.Parameter(torch.from_numpy(array).to(dtype)))

    def forward(self, x):
        return ScanFunction.apply(x, self.w, self.b)


def main():
    torch.manual_seed(0)
    wide = Scan(3, torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(ScanFunction.apply, (x, wide.w, wide.b))
    print("gradcheck passed")
    model = torch.nn.Sequential(Scan(4), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    data = torch.randn(20, 64, 4)
    target = data.mean(dim=0).sum(dim=1, keepdim=True)
    for step in range(201):
        loss = torch.nn.functional.mse_loss(model(data)[-1], target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step:3}  loss {loss.item():.4f}")
    return loss.item()


if __name__ == "__main__":
    main()
