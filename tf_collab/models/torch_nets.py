"""PyTorch modules as Keras layers."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from tf_collab.models import torch_bridge, torch_modules

__all__ = ["TorchLayer", "torch_layer", "torch_state"]


class TorchLayer(keras.layers.Layer):
    """What `torch_layer` gives; `through` runs a part of it.

    Its stages are those of `torch_modules.Net`; most modules have one.
    """

    outside_tensorflow = True  # see cpu.compilation

    def __init__(
        self,
        module: Any,
        *,
        stages: Sequence[Sequence[Any]] | None = None,
        channels_first: bool | None = None,
        batch_statistics: bool = False,
        pick: int | str | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name, autocast=False)
        self._options = {
            "channels_first": channels_first,
            "batch_statistics": batch_statistics,
            "pick": pick,
        }
        # A holder, into which Keras and TensorFlow do not look for layers.
        self._net = torch_modules.Net(module, stages, channels_first, pick)
        self.batch_statistics = batch_statistics
        frozen = not any(part.learns for part in self._net.tensors)
        self._values = tuple(self._variable(v, frozen) for v in self._net.tensors)
        # Of dropout. Keras' own generators of seeds are in no checkpoint.
        self._draws = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name="draws"
        )
        self.ends_in_sigmoid: bool | None = None  # who knows may say so
        self.built = True
        if frozen and any(part.is_parameter for part in self._net.tensors):
            self.trainable = False

    def _variable(self, part, frozen):
        value = torch_bridge.numbers(part.tensor)
        return self.add_weight(
            shape=value.shape,
            dtype=value.dtype.name,
            initializer=lambda shape, dtype: tf.constant(value, dtype),
            trainable=part.learns or (frozen and part.is_parameter),
            autocast=False,
            name=part.name,
        )

    @property
    def depth(self) -> int:
        return len(self._net.stages)

    @property
    def rows_at_once(self) -> int:
        """See cpu.compilation: of images, activations would fill the memory."""
        return 10_000 if self._net.axes.channels_first is None else 1000

    @property
    def module(self) -> Any:
        """The module that was given; its own weights are those of then."""
        return self._net.module

    def call(self, x: Any, training: bool = False) -> Any:
        return self.through(x, 0, self.depth, training=training)

    def by_batch(self, x: Any, training: bool = False) -> Any:
        """As in inference, but batch-norm takes the statistics of this batch."""
        del training
        return self.through(x, 0, self.depth, by_batch=True)

    def through(
        self,
        x: Any,
        first: int,
        last: int,
        *,
        training: bool = False,
        by_batch: bool = False,
    ) -> Any:
        """Stage `first` to before stage `last` of x."""
        if first == last:
            return x
        mode = "eval"
        if self.batch_statistics or by_batch:
            mode = "batch"
        if training and self.trainable:
            mode = "train"
        leaves = [tf.convert_to_tensor(leaf) for leaf in tf.nest.flatten(x)]
        part = self._net.part(x, leaves, first, last, mode)
        state = self.tensors()
        seed = [self._drawn()] if mode == "train" else []
        n = len(leaves)
        learn = [n + i for i, v in enumerate(self._values) if v.trainable]
        made = torch_bridge.lifted(part.fn, part.outputs, [range(n), learn])(
            *leaves, *state, *seed
        )
        out, fresh = made[: part.leaves], made[part.leaves :]
        for i, value in zip(self._net.buffers if fresh else (), fresh):
            self._values[i].assign(value)
        return tf.nest.pack_sequence_as(part.structure, out)

    def part(self, x: Any, first: int, last: int) -> torch_modules.Part:
        """Stages `first` to before `last` in inference, for inputs like x."""
        return self._net.part(x, tf.nest.flatten(x), first, last, "eval")

    def tensors(self) -> list[tf.Tensor]:
        """The values of parameters and buffers, in the net's order."""
        return [tf.convert_to_tensor(v.value) for v in self._values]

    @property
    def looks_at_batch(self) -> bool:
        """Whether it has a batch-norm, see batchwise."""
        return self._net.has_batch_norm

    @property
    def net(self) -> torch_modules.Net:
        return self._net

    def _drawn(self):
        self._draws.assign(self._draws + 1)
        return tf.convert_to_tensor(self._draws.value)

    def get_config(self) -> dict[str, Any]:
        """For a copy within this process: a module cannot be written into a file."""
        return {"net": self._net, "name": self.name, **self._options}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TorchLayer":
        net = config.pop("net")
        return cls(net.module, stages=net.given, **config)


def torch_layer(
    module: Any,
    *,
    channels_first: bool | None = None,
    batch_statistics: bool = False,
    pick: int | str | None = None,
    name: str | None = None,
) -> TorchLayer:
    """A PyTorch module as a Keras layer, with copies of its parameters and buffers.

    The parameters are its trainable variables, but for those with `requires_grad=False`
    (where all have it, the layer is frozen as a whole); the buffers are not trainable.
    What the module learns later is not seen. Whatever mode the module is in, the layer
    runs it in inference mode, with `training=True` in training mode, where it updates
    buffers as torch does, and with `batch_statistics` in inference mode but for
    batch-norm, which takes each batch's own statistics. Dropout has a seed of its own,
    which checkpoints keep.

    Images are [batch, height, width, channels] outside. With `channels_first`, which
    torch's own layers of images are, every array of four axes is turned on its way in
    and out, activations too; with False none is. None tells by the module: True where
    it has a layer such as Conv2d, and an array of four axes is refused where it has
    none. A latent [batch, n] reaches a module that begins with a Conv2d or a
    ConvTranspose2d as [batch, n, 1, 1]. A module of several inputs takes a tuple, or a
    dict of its arguments; `pick` is the index or the name of the one output that is
    wanted, where there are several. Floats are cast to the type of the parameters.

    Gradients of any order are PyTorch's. XLA compiles no net that has such a layer. The
    module runs where its parameters are, and on one thread of TensorFlow at a time.
    """
    return TorchLayer(
        module,
        channels_first=channels_first,
        batch_statistics=batch_statistics,
        pick=pick,
        name=name,
    )


def torch_state(layer: keras.layers.Layer) -> dict[str, Any]:
    """The `state_dict` of a layer that `torch_layer` made, for its `load_state_dict`.

    `layer` may be a model that holds one such layer, as the discriminator of
    `from_torch`, tuned or not, and the generator. Tensors are copies.

    Examples:
        module.load_state_dict(tc.models.torch_state(gan.discriminator))
    """
    found = [part for part in layer._flatten_layers() if isinstance(part, TorchLayer)]
    if len(found) != 1:
        raise ValueError(
            f"torch_state is of one PyTorch module, and {layer.name!r} holds "
            f"{len(found)}: give one of its layers"
        )
    net = found[0].net
    state = net.module.state_dict()
    for name in state:
        if name in net.places:
            value = found[0]._values[net.places[name]].numpy()
            state[name] = torch_bridge.of_numbers(value.copy())
    return state
