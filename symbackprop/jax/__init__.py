"""From values to a module of pure functions in JAX: one expression an equation, recurrences as `lax.scan`.

library      how JAX writes what `array_text` decides: arrays are replaced, not written to
windows      windows that move along a dimension: convolutions, their transposes, pooling
convolutions, expressions    such windows as `lax.conv_general_dilated` and `lax.reduce_window`
loops        loops of recurrences as scans, conditions on their variables as `lax.cond`
collectives  exchanges between devices
functions    how functions begin and end
device_text  the functions on a mesh of devices, in a `shard_map`
module_text  the functions, and the text around them
"""

from symbackprop.jax.device_text import OnDevices
from symbackprop.jax.module_text import emit

__all__ = ["OnDevices", "emit"]
