"""Networks to and from plain .keras files."""

import os
from collections.abc import Callable
from typing import Any

import keras

from tf_collab import archives, files
from tf_collab.cpu import convolutions, normalization
from tf_collab.models import handing, layered

__all__ = ["export", "load"]

OURS = {
    keras.saving.get_registered_name(kind)
    for kind in (
        convolutions.Conv2D,
        convolutions.Conv2DTranspose,
        normalization.BatchNormalization,
    )
}


def export(model: layered.LayeredModel, input_shape: Any) -> keras.Model:
    """A Functional model of plain Keras layers, with a layer `layer_l` for each stage.

    A file of it, `.save("g.keras")`, loads wherever Keras is, without this library, and
    `split(loaded, at=["layer_1", ...])` cuts it again. `input_shape` is the shape of
    one sample, without the batch, or a structure of `keras.Input`. Weights are copied.
    Raises ValueError if the model has a part that a file cannot carry.
    """
    for part in model._flatten_layers():
        if getattr(part, "outside_tensorflow", False):
            raise ValueError(
                f"{part.name!r} is a PyTorch module, which a .keras file cannot carry: "
                "save models.torch_state(model) with torch"
            )
    h = inputs = _inputs(input_shape)
    for i, stage in enumerate(model.stages, start=1):
        h = _named(stage, h, f"layer_{i}")(h)
    shared = keras.Model(inputs, h)
    config = _plain(keras.saving.serialize_keras_object(shared))
    alien = _alien(config)
    if alien is not None:
        raise ValueError(
            f"the model holds {alien}, which a .keras file cannot carry elsewhere: "
            "use a layer of Keras' own in its place, or save the weights alone"
        )
    exported = keras.saving.deserialize_keras_object(config)
    if len(exported.weights) != len(shared.weights):
        raise ValueError(
            "two stages share a layer, as where a label comes in twice, which a .keras "
            "file of stages cannot: save the model that was cut instead"
        )
    exported.set_weights(shared.get_weights())
    return exported


def load(path: str | os.PathLike) -> keras.Model:
    """The model in a .keras file; no code from the file is ever run.

    Raises ValueError if there is no such file, or if it is damaged, names code of its
    own, or does not hold a built Keras model.
    """
    path = os.fspath(path)
    if not os.path.lexists(path):
        raise ValueError(f"there is no file {path!r}")
    if not path.endswith(".keras"):
        raise ValueError(
            f"{path!r} is not a .keras file: it should come from "
            "model.save('name.keras')"
        )
    archives.check_keras(path)
    with files.reading(path, ".keras file"):
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"{path!r} holds a {type(model).__name__}, which is not a Keras model"
        )
    if not model.built:
        raise ValueError(
            f"{path!r} holds a model without weights: call it once on a batch before "
            "saving it"
        )
    return model


def _inputs(shape: Any) -> Any:
    if isinstance(shape, int):
        return keras.Input((shape,))
    if isinstance(shape, (tuple, list)) and all(
        size is None or isinstance(size, int) for size in shape
    ):
        return keras.Input(tuple(shape))
    return shape


def _named(stage: Callable, h: Any, name: str) -> keras.Model:
    """The stage as a Functional model named `name`."""
    inputs = keras.tree.map_structure(
        lambda t: keras.Input(batch_shape=t.shape, dtype=t.dtype), h
    )
    try:
        return keras.Model(inputs, _through(stage, inputs), name=name)
    except Exception as error:
        if isinstance(stage, keras.layers.Layer):
            raise
        function = getattr(stage, "__name__", repr(stage))
        raise ValueError(
            f"{name} is the function {function}, which a .keras file cannot carry: "
            "write it as a Keras layer or with keras.ops"
        ) from error


def _through(stage: Callable, h: Any) -> Any:
    if isinstance(stage, layered.LayeredModel):  # a class of this library
        for part in stage.stages:
            h = _through(part, h)
        return h
    if isinstance(stage, handing.HandOn):  # nor this
        return stage.call(h)
    return stage(h)


def _plain(config: Any) -> Any:
    """A serialized model with Keras' layers in place of ours with the same names."""
    if isinstance(config, dict):
        if config.get("registered_name") in OURS:
            config = {**config, "module": "keras.layers", "registered_name": None}
        return {key: _plain(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(map(_plain, config))
    return config


def _alien(config: Any) -> str | None:
    """The first thing in a serialized model that is not Keras' own, or None."""
    if isinstance(config, dict):
        kind, module = config.get("class_name"), config.get("module")
        if kind in ("Lambda", "__lambda__"):
            return "a Lambda layer"
        if kind == "function":
            return f"the function {config['config']}"
        if "module" in config and not (module or "").startswith("keras"):
            return f"a {kind}"
        config = list(config.values())
    if isinstance(config, (list, tuple)):
        return next((a for a in map(_alien, config) if a is not None), None)
    return None
