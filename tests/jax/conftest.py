"""Eight devices of the CPU, before JAX is imported: meshes are made of them, all else is on the first."""

from __future__ import annotations

import os

_EIGHT = "--xla_force_host_platform_device_count=8"
if "device_count" not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_EIGHT}".strip()
