"""The collaborative sampling authors' TensorFlow 1 checkpoints of the 2-D nets."""

import glob
import os

import numpy as np
import tensorflow as tf

from tf_collab.models import mlp

__all__ = ["read_tf1"]


def read_tf1(
    prefix: str | os.PathLike,
    generator: mlp.MLPGenerator,
    discriminator: mlp.MLPDiscriminator,
) -> None:
    """Loads both nets from `prefix`, or from the last one in a folder.

    Either all of their variables are loaded, moving statistics too, or none is:
    missing names and wrong shapes raise ValueError. What else the checkpoint holds is
    ignored.
    """
    path = _prefix(os.fspath(prefix))
    targets = _generator(generator) | _discriminator(discriminator)
    try:
        reader = tf.train.load_checkpoint(path)
        shapes = reader.get_variable_to_shape_map()
        _check(path, shapes, targets)
        values = {name: reader.get_tensor(name) for name in targets}
    except (tf.errors.OpError, RuntimeError, IndexError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"{path} is no checkpoint to read: {reason}") from error
    for name, target in targets.items():
        if target is None and not np.all(values[name] == _UNUSED[name.split("/")[-1]]):
            raise ValueError(
                f"{name} in {path} was trained, so the generator needs affine=True"
            )
    for name, target in targets.items():
        if target is not None:
            target.assign(values[name])


# What scale and shift are where nobody trained them.
_UNUSED = {"gamma": 1.0, "beta": 0.0}


def _prefix(path):
    if not os.path.isdir(path):
        if not glob.glob(glob.escape(path) + "*"):
            raise ValueError(f"{path} is no checkpoint to read: no file begins so")
        return path
    state = tf.train.get_checkpoint_state(path)
    if state is None:
        raise ValueError(f"the folder {path} has no file named checkpoint")
    # The folder may have moved since it was written.
    return os.path.join(path, os.path.basename(state.model_checkpoint_path))


def _generator(model):
    targets = {}
    for i, block in enumerate(model.stages[:-1]):
        dense, norm = block.layers[:2]
        targets |= _dense(f"generator/g_fc{i + 1}", dense)
        scope = "generator/BatchNorm" + (f"_{i}" if i else "")
        for name in ("beta", "gamma", "moving_mean"):
            targets[f"{scope}/{name}"] = getattr(norm, name)
        targets[f"{scope}/moving_variance"] = norm.moving_variance
    return targets | _dense(f"generator/g_fc{model.depth}", model.stages[-1])


def _discriminator(model):
    targets = {}
    for i, block in enumerate(model.stages):
        targets |= _dense(f"discriminator/d_fc{i + 1}", block.layers[0])
    return targets


def _dense(scope, layer):
    return {f"{scope}/kernel": layer.kernel, f"{scope}/bias": layer.bias}


def _check(path, shapes, targets):
    for name, target in targets.items():
        if name not in shapes:
            raise ValueError(f"{path} has no variable {name}")
        if target is not None and list(target.shape) != shapes[name]:
            raise ValueError(
                f"{name} is {shapes[name]} in {path} and {list(target.shape)} in the "
                "net: nhidden or nlayers differ"
            )
