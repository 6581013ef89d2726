"""From values to a PyTorch module: operators of `torch.library` over functions of tensors, one expression an equation.

library        how PyTorch writes what values are made of
function_text  the functions of tensors: forward, backward, predict, and what differentiates backward
starts         initial values, and noise that is drawn
module_text    the module around them
"""

from symbackprop.torch.module_text import emit

__all__ = ["emit"]
