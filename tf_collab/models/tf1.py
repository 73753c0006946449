"""TensorFlow 1 checkpoints of the 2-D nets by the authors of collaborative sampling."""

import contextlib
import glob
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import files, folders
from tf_collab.models.nets import mlp

__all__ = ["read_tf1"]


def read_tf1(
    prefix: str | os.PathLike,
    generator: mlp.MLPGenerator,
    discriminator: mlp.MLPDiscriminator,
) -> None:
    """Loads both nets from the checkpoint `prefix`, or from the last one in a folder.

    `prefix` may also be any file of the checkpoint. Either all variables of the nets
    are loaded, moving statistics included, or none is. Other variables of the
    checkpoint are ignored. Raises ValueError if it is not a checkpoint, lacks a
    variable, or has one of another shape.
    """
    path = _prefix(os.fspath(prefix))
    targets = _generator(generator) | _discriminator(discriminator)
    with _plain(*os.path.split(path)) as plain, files.reading(path, "checkpoint"):
        reader = tf.train.load_checkpoint(plain)
        _check(path, reader.get_variable_to_shape_map(), targets)
        values = {name: reader.get_tensor(name) for name in targets}
    for name, target in targets.items():
        if target is None and not np.all(values[name] == _UNUSED[name.split("/")[-1]]):
            raise ValueError(
                f"{name} in {path!r} was trained, so the generator needs affine=True"
            )
    for name, target in targets.items():
        if target is not None:
            target.assign(values[name])


# Scale and shift of a batch-norm that did not learn them.
_UNUSED = {"gamma": 1.0, "beta": 0.0}


def _prefix(path: str) -> str:
    """The prefix of the names of all files of the checkpoint that `path` names."""
    if os.path.basename(path) == "checkpoint" and not os.path.isdir(path):
        path = os.path.dirname(path) or "."
    if os.path.isdir(path):
        path = os.path.join(path, _last(path))
    path = re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", path)
    parts = [path, *glob.glob(glob.escape(path) + ".*")]  # old checkpoints are one file
    parts = [file for file in parts if os.path.lexists(file)]
    if not parts:
        raise ValueError(f"{path!r} is not a checkpoint: no file has this prefix")
    for file in parts:
        files.regular(file)
    return path


def _last(folder: str) -> str:
    """The name of the last checkpoint in a folder, read from its file `checkpoint`."""
    path = os.path.join(folder, "checkpoint")
    if not os.path.lexists(path):
        raise ValueError(f"the folder {folder!r} has no file named checkpoint")
    files.regular(path)
    with _plain(folder, "") as plain, files.reading(path, "list of checkpoints"):
        state = tf.train.get_checkpoint_state(plain)
        if state is None:
            raise files.Unsound(f"{path!r} does not name a checkpoint")
        # The folder may have moved since then, perhaps from Windows.
        return re.split(r"[/\\]", state.model_checkpoint_path)[-1]


@contextlib.contextmanager
def _plain(folder: str, name: str) -> Iterator[str]:
    """Yields a path of `name` in `folder` that readers cannot take for a pattern."""
    if not folders.is_plain(name):
        raise ValueError(
            f"{os.path.join(folder, name)!r} has one of [ ] * ? \\ in its name, or "
            "bytes that are not UTF-8, and TensorFlow cannot open such a checkpoint: "
            "rename its files"
        )
    held = folders.Held(folder or ".")
    try:
        yield str(held.path / name)
    except files.Unsound as error:
        raise files.Unsound(held.as_named(str(error))) from error
    finally:
        held.close()


def _generator(model: mlp.MLPGenerator) -> dict[str, Any]:
    targets: dict[str, Any] = {}
    for i, block in enumerate(model.stages[:-1]):
        dense, norm = block.layers[:2]
        targets |= _dense(f"generator/g_fc{i + 1}", dense)
        scope = "generator/BatchNorm" + (f"_{i}" if i else "")
        for name in ("beta", "gamma", "moving_mean"):
            targets[f"{scope}/{name}"] = getattr(norm, name)
        targets[f"{scope}/moving_variance"] = norm.moving_variance
    return targets | _dense(f"generator/g_fc{model.depth}", model.stages[-1])


def _discriminator(model: mlp.MLPDiscriminator) -> dict[str, Any]:
    targets: dict[str, Any] = {}
    for i, block in enumerate(model.stages):
        targets |= _dense(f"discriminator/d_fc{i + 1}", block.layers[0])
    return targets


def _dense(scope: str, layer: keras.layers.Layer) -> dict[str, Any]:
    return {f"{scope}/kernel": layer.kernel, f"{scope}/bias": layer.bias}


def _check(
    path: str, shapes: Mapping[str, list[int]], targets: Mapping[str, Any]
) -> None:
    for name, target in targets.items():
        if name not in shapes:
            raise files.Unsound(f"{path!r} has no variable {name}")
        if target is not None and list(target.shape) != shapes[name]:
            raise files.Unsound(
                f"{name} is {shapes[name]} in {path!r} and {list(target.shape)} in the "
                "net: nhidden or nlayers differ"
            )
