"""Models that can be cut between their stages, and copies of any model."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from tf_collab import errors, names
from tf_collab.models import apart, endings, handing

__all__ = ["LayeredModel", "copy"]


class LayeredModel(keras.Model):
    """A chain of stages; layer l is the output of the first l stages.

    Layer 0 is the input, layer `depth` the output, and for every layer l
    `decode(encode(x, to=l), from_=l)` is `self(x)`. Stages are Keras layers or models,
    or plain functions without variables. (They are held in a tuple, because a Keras 3
    model does not save layers in a list.) Raises ValueError if `stages` is not a list
    of such, or, when called, if a stage cannot take its input.

    A layer between the ends is named by `layer_names`, or by its stage if none are
    given. Wherever a layer is asked for, its name will do.
    """

    def __init__(
        self,
        stages: Sequence[Callable],
        *,
        layer_names: Sequence[str | None] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if callable(stages) or not stages or not all(map(callable, stages)):
            raise ValueError(
                "a LayeredModel is made of a list of stages, each a Keras layer, a "
                f"model or a function, as LayeredModel([model]), not of {stages!r}"
            )
        self.stages: tuple[Any, ...] = tuple(stages)
        between: list[str | None] = [getattr(s, "name", None) for s in stages[:-1]]
        if layer_names is not None and len(layer_names) != len(between):
            raise ValueError(
                f"{len(stages)} stages have {len(between)} layers between them, and "
                f"layer_names gives {len(layer_names)}"
            )
        # Not by setattr, which Keras' models watch: no checkpoint has names in it.
        self.__dict__["layer_names"] = ("z", *(layer_names or between), "x")

    @property
    def depth(self) -> int:
        """The index of the last layer, which is the number of stages."""
        return len(self.stages)

    @property
    def ending(self) -> Any:
        """The last operation, a layer or a function; None where it cannot be seen."""
        plain = endings.is_plain(self, LayeredModel)
        return endings.last(self.stages[-1]) if plain else None

    @property
    def output_range(self) -> tuple[float, float] | None:
        """(-1, 1) of a model that ends in tanh, as far as that can be seen."""
        return (-1.0, 1.0) if endings.is_tanh(self.ending) else None

    def encode(self, x: Any, *, to: int | str, training: bool = False) -> Any:
        """x [batch, ...] -> h [batch, *act], the activation at layer `to`.

        Raises ValueError if the model has no such layer.
        """
        return self._through(x, 0, names.layer_of(self, to), training)

    def decode(self, h: Any, *, from_: int | str, training: bool = False) -> Any:
        """h [batch, *act] at layer `from_` -> the output [batch, ...].

        Raises ValueError if the model has no such layer.
        """
        first = names.layer_of(self, from_)
        return self._through(h, first, self.depth, training)

    def call(self, x: Any, training: bool = False) -> Any:
        """x [batch, ...] -> the output [batch, ...]."""
        return self._through(x, 0, self.depth, training)

    def _make_variables(self, x: Any) -> None:
        """Makes the variables for inputs like x [batch, ...], stage by stage.

        So does a first call of the model, but Keras traces it before, which takes as
        long again.
        """
        with keras.name_scope(self.name):
            self._through(x, 0, self.depth, training=False)
        self.build(keras.tree.map_structure(np.shape, x))

    def _through(self, x: Any, first: int, last: int, training: bool) -> Any:
        for layer in range(first, last):
            stage = self.stages[layer]
            with errors.explained(stage, x, name=self.name, layer=layer):
                if isinstance(stage, keras.layers.Layer):
                    x = stage(x, training=training)
                else:
                    x = stage(x)
        return x


def copy(model: keras.layers.Layer) -> keras.layers.Layer:
    """A copy of a model with the same weights in variables of its own.

    Layers are rebuilt from their Keras configs, and a layer that is shared within the
    model stays shared. A layer that no config can make again is run on variables held
    apart, see `Apart`. Parts without variables, such as lambdas, are not copied but
    used again. Raises ValueError if the model is not built.
    """
    if not _is_built(model):
        raise ValueError(
            f"{model.name!r} has no variables to copy yet: call it once on a batch"
        )
    twins: dict[int, Any] = {}
    twin = _fresh(model, twins)
    if [v.shape for v in twin.variables] != [v.shape for v in model.variables]:
        raise ValueError(
            f"{model.name!r} cannot be copied, its config gives other variables: mend "
            "get_config in its class, or give a second instance with the same weights"
        )
    for new, old in zip(twin.variables, model.variables):
        new.assign(old)
    # Parents come first: setting theirs sets their children's too.
    for part in model._flatten_layers():
        copied = twins.get(id(part))
        if copied is not None and not isinstance(copied, apart.Apart):
            for new, old in zip(copied._flatten_layers(), part._flatten_layers()):
                new.trainable = old.trainable
    return twin


def _is_built(part: Any) -> bool:
    if isinstance(part, LayeredModel):
        return all(_is_built(stage) for stage in part.stages)
    return getattr(part, "built", True)


def _fresh(layer: Any, twins: dict[int, Any]) -> Any:
    """A built twin of a layer with weights of its own; `twins` is by the layer's id."""
    if id(layer) in twins:
        return twins[id(layer)]
    if endings.is_plain(layer, LayeredModel):
        twin = LayeredModel(
            [_fresh(s, twins) for s in layer.stages],
            layer_names=layer.layer_names[1:-1],
            name=layer.name,
        )
    elif endings.is_plain(layer, keras.Sequential) or endings.is_functional(layer):
        twin = keras.models.clone_model(
            layer, clone_function=lambda part: _fresh(part, twins)
        )
    elif isinstance(layer, handing.HandOn):
        twin = layer.twin(_fresh(layer.net, twins))
    elif isinstance(layer, keras.Operation):
        twin = _from_config(layer)
    else:
        twin = layer  # a plain function
    if isinstance(twin, keras.Model) and twin is not layer:
        twin.dtype_policy = layer.dtype_policy  # a model casts its inputs by it
    twins[id(layer)] = twin
    return twin


def _from_config(layer: keras.Operation) -> keras.Operation:
    try:
        if type(layer).get_config is keras.Model.get_config:
            _check_arguments(type(layer))
            twin = type(layer)()
        else:
            twin = type(layer).from_config(layer.get_config())
        if getattr(layer, "built", False):
            twin.build_from_config(layer.get_build_config())
            twin.built = True  # a subclassed model does not set it here
        if [v.shape for v in twin.variables] == [v.shape for v in layer.variables]:
            return twin
    except Exception:  # a user's config or build may raise anything
        pass
    return apart.Apart(layer) if getattr(layer, "variables", []) else layer


def _check_arguments(kind: type) -> None:
    # Keras' own config of a subclassed model lacks the arguments of the constructor.
    own = list(inspect.signature(kind).parameters.values())
    if any(p.name != "name" and p.kind != p.VAR_KEYWORD for p in own):
        raise ValueError("its constructor takes arguments and it has no get_config")
