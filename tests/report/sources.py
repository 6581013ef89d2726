"""Modules to cut into blocks: those that are generated, and a short one with a loop."""

from pathlib import Path

MODULES = sorted((Path(__file__).parents[2] / "generated").glob("*.py"))

LOOP = '''\
"""What it is."""
# --- loss and gradients -----------------------------------------------------------------------------------
def forward(params):
    """(loss, cache)."""
    z_ahead, h, z = _storage(workspace, _forward_storage, dtype, T, N)

    # z_ahead[t, n] = b[n]
    z_ahead += b

    # (F1) h[0, n] = 0
    h[0] = 0
    z.fill(0)
    for t in range(1, T + 1):
        # (F2) z[t, n] = z_ahead[t, n] +
        #     h[t - 1, n]
        np.add(z_ahead[t], h[t - 1], out=z[t])
        for k in range(3):
            z[t] += 1

        # (F3) h[t, n] = tanh(z[t, n])
        np.tanh(z[t], out=h[t])
        if t == 1:
            h[t] += 1
    return h
'''
