"""Layers: functions that add equations to a network and return the new tensor. None holds a derivative."""

from symbackprop.layers.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    depthwise_conv2d,
)
from symbackprop.layers.dense import bilinear, dense, embedding
from symbackprop.layers.normalisation import batch_norm, dropout, group_norm, instance_norm, layer_norm, rms_norm
from symbackprop.layers.pooling import avg_pool, flatten, global_avg_pool, max_pool

__all__ = [
    "avg_pool",
    "batch_norm",
    "bilinear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "dense",
    "depthwise_conv2d",
    "dropout",
    "embedding",
    "flatten",
    "global_avg_pool",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "max_pool",
    "rms_norm",
]
