"""Optimizers and the nets that they train, before the first step."""

import keras

from tf_collab import replicas

__all__ = ["build"]


def build(optimizer: keras.optimizers.Optimizer, model: keras.Model, name: str) -> None:
    """Makes an optimizer's variables, if the model and it can learn together.

    ValueError where the model is frozen as a whole, where a strategy has one of them
    and not the step, and where it clips what replicas add up.
    """
    variables = model.trainable_variables
    if not variables and not all(part.trainable for part in model._flatten_layers()):
        raise ValueError(
            f"the {name} is frozen as a whole and cannot learn: models.thaw undoes it"
        )
    shared = any(len(getattr(v.value, "values", [v])) > 1 for v in variables)
    if shared and replicas.alone():
        raise ValueError(
            f"the {name} was made in the scope of a strategy, and the step is not: "
            "make the step there too, or one device alone would learn"
        )
    clips = ("clipnorm", "clipvalue", "global_clipnorm")
    if not replicas.alone() and any(getattr(optimizer, clip, None) for clip in clips):
        raise ValueError(
            "an optimizer that clips would clip the share of each replica before it is "
            "added to the others': leave out clipnorm, clipvalue and global_clipnorm"
        )
    # Before anything is traced or restored, which would miss a slot made later.
    optimizer.build(variables)
