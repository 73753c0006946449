"""The parts of a collaboration out of the files that hold them."""

import pathlib
from typing import Any

import tensorflow as tf

import tf_collab as tc
from tf_collab import archives, files

__all__ = ["BlamingPrior", "fill", "from_file", "prior", "reals"]


class BlamingPrior:
    """What is wrong inside is the fault of the record that names the prior."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, *where: Any) -> None:
        if isinstance(error, Exception):
            why = files.first_sentence(error)
            raise files.Unsound(f"{str(self.path)!r} has another prior: {why}")


def reals(path: pathlib.Path, x: Any) -> dict[str, Any]:
    """Rows by their use, in the form of samples x."""
    what, leaves = "reals of a collaboration", tf.nest.flatten(x)
    arrays = archives.arrays(path, what=what)
    with files.reading(path, what):
        found = {}
        for use in ("real", "shown"):
            rows = [arrays[f"{use}-{i}"] for i in range(len(leaves))]
            for row, leaf in zip(rows, leaves):
                if row.dtype.kind not in "biuf" or row.shape[1:] != leaf.shape[1:]:
                    raise ValueError("its rows are not like samples of the generator")
            found[use] = tf.nest.pack_sequence_as(x, rows)
        return found


def from_file(folder: pathlib.Path, name: str) -> tc.models.LayeredModel:
    """The net in a .keras file, in the stages that it was kept in."""
    model = tc.models.load(folder / f"{name}.keras")
    names = [part.name for part in model.layers]
    stages = [name for name in names if name.startswith("layer_")]
    return tc.models.split(model, at=stages[:-1])


def fill(net: Any, folder: pathlib.Path, name: str, what: str) -> Any:
    """The net, with the weights in the folder."""
    path = folder / f"{name}.npz"
    arrays = archives.arrays(path, what="weights of a net")
    with files.reading(path, "weights of a net"):
        weights = [arrays[f"arr_{i}"] for i in range(len(arrays))]
        shapes = [tuple(v.shape) for v in net.variables]
        if shapes != [w.shape for w in weights]:
            raise ValueError(f"the {what} that was given has other variables")
    for variable, value in zip(net.variables, weights):
        variable.assign(value)
    return net


def prior(name: str, shape: Any, numbers: Any) -> tc.Prior:
    """The prior of a `spec`."""
    if name == "labelled":
        options = dict(zip(("frequencies", "one_hot", "in_turn"), numbers[1:]))
        return tc.priors.labelled(prior(*shape), numbers[0], **options)
    if name == "normal":
        return tc.priors.normal(*shape)
    if name == "truncated":
        return tc.priors.truncated(*shape, at=numbers[0])
    return tc.priors.uniform(*shape, low=numbers[0], high=numbers[1])
