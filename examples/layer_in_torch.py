"""A layer written as equations, inside somebody's PyTorch model: its first and second derivatives are derived.

    python examples/layer_in_torch.py

The equations are those of `scan`, a gated linear recurrence. The generated module has it as an operator of
`torch.library`, and as an `nn.Module` whose parameters have the names of the equations.
"""

from __future__ import annotations

import torch
from scan import net

from symbackprop import load

scan = load(net, backend="torch")


def main():
    torch.manual_seed(0)
    wide = scan.Module(D=3, dtype=torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(wide, (x,))
    assert torch.autograd.gradgradcheck(wide, (x,))
    print("gradcheck passed")
    model = torch.nn.Sequential(scan.Module(D=4), torch.nn.Linear(4, 1))
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
