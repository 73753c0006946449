"""A net that nobody can build again, run on variables of its own."""

import inspect
from typing import Any

import keras

__all__ = ["Apart"]


class Apart(keras.layers.Layer):
    """Runs a net with copies of its variables, in its order, in their place.

    So a net without a usable config can be tuned while the original stays as it was.
    What its call keeps in anything but Keras variables is shared with the original.
    """

    def __init__(self, net: keras.layers.Layer):
        super().__init__(name=net.name, dtype=net.dtype_policy)
        # A frozen layer's weights too, so that a copy can be thawed.
        parts = net._flatten_layers()
        learnable = {id(v) for part in parts for v in part._trainable_variables}
        held = []
        for index, variable in enumerate(net.variables):
            twin = self.add_weight(
                shape=variable.shape,
                dtype=variable.dtype,
                initializer="zeros",
                trainable=id(variable) in learnable,
                name=variable.name,
            )
            twin.assign(variable)
            # An attribute each: TensorFlow's checkpoints do not see into a list.
            setattr(self, f"held_{index}", twin)
            held.append(twin)
        self.held = tuple(held)  # in the order of the net's
        for twin, variable in zip(held, net.variables):
            twin.trainable = variable.trainable
        self.trainable = net.trainable
        self.built = True
        # In a function, so that Keras does not take the net for a part of this.
        self.original = lambda: net

    @property
    def variables(self) -> list[keras.Variable]:
        """In the order of the net's own."""
        return list(self.held)

    def call(self, x: Any, training: bool = False) -> Any:
        net = self.original()
        twins = {id(old): new for old, new in zip(net.variables, self.held)}
        learned, kept = (
            [twins[id(variable)] for variable in variables]
            for variables in (net.trainable_variables, net.non_trainable_variables)
        )
        told = "training" in inspect.signature(net.call).parameters
        options = {"training": training} if told else {}
        out, states, losses = net.stateless_call(
            learned, kept, x, return_losses=True, **options
        )
        if training:
            for variable, value in zip(kept, states):
                variable.assign(value)
        for loss in losses:
            self.add_loss(loss)
        return out
