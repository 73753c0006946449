"""Models that can be cut between their stages."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

__all__ = ["LayeredModel", "copy"]


class LayeredModel(keras.Model):
    """A chain of stages; layer l is what the first l of them give.

    Layer 0 is the input, `depth` the output, and for every layer l
    `decode(encode(x, to=l), from_=l)` is `self(x)`. Stages are Keras layers or
    models, or plain functions without variables. (A tuple holds them: a Keras 3 model
    does not save layers kept in a list.)
    """

    def __init__(self, stages: Sequence[Callable], **kwargs: Any):
        super().__init__(**kwargs)
        self.stages = tuple(stages)

    @property
    def depth(self) -> int:
        return len(self.stages)

    def encode(self, x: Any, *, to: int, training: bool = False) -> Any:
        """Input to layer `to`."""
        return self._through(self.stages[: self._checked(to)], x, training)

    def decode(self, h: Any, *, from_: int, training: bool = False) -> Any:
        """Layer `from_` to output."""
        return self._through(self.stages[self._checked(from_) :], h, training)

    def call(self, x: Any, training: bool = False) -> Any:
        return self._through(self.stages, x, training)

    def _checked(self, layer: int) -> int:
        if not 0 <= layer <= self.depth:
            raise ValueError(
                f"layer {layer} is not one of 0 to {self.depth}, this model's layers"
            )
        return layer

    @staticmethod
    def _through(stages, x, training):
        for stage in stages:
            if isinstance(stage, keras.layers.Layer):
                x = stage(x, training=training)
            else:
                x = stage(x)
        return x


def copy(model: keras.layers.Layer) -> keras.layers.Layer:
    """The same weights in variables of its own, to be tuned without the original.

    Stages are rebuilt from their Keras configs, as `keras.models.clone_model` does.
    """
    if isinstance(model, LayeredModel):
        return LayeredModel(
            [copy(s) if isinstance(s, keras.layers.Layer) else s for s in model.stages]
        )
    twin = type(model).from_config(model.get_config())
    twin.build_from_config(model.get_build_config())
    twin.set_weights(model.get_weights())
    return twin
