"""Eight devices of the CPU, before JAX is imported: meshes are made of them, all else is on the first."""

from __future__ import annotations

import os

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=8")
