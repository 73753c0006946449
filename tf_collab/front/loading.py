"""An outcome out of the folder that `keeping` filled; no code in it is run."""

import functools
import os
import pathlib
from typing import Any

import tensorflow as tf

import tf_collab as tc
from tf_collab import archives, files
from tf_collab.front import given_again, lacking, moves, parts, quiet, ratios, verdict
from tf_collab.front.dials import Dials
from tf_collab.front.keeping import RECORD, WHAT
from tf_collab.front.outcome import Outcome

__all__ = ["Lacking", "load"]

DS = ("calibrated", "shaped")


class Lacking(ValueError):
    """A folder lacks `options`, of the `needed` ones, which none gave."""

    def __init__(self, folder: str, options: list[str], needed: list[str]):
        self.options, self.lacks = options, lacking.told(options)
        self.way = lacking.load_by(folder, needed)
        super().__init__(
            f"{folder!r} {self.lacks}: load it by {self.way}, with what collaborate "
            "was given, or for a net another of its class"
        )


def load(
    folder: os.PathLike | str,
    *,
    generator: Any,
    discriminator: Any,
    prior: Any,
    objective: Any,
) -> tuple[Outcome, str | None, int]:
    """The outcome in a folder, its objective's name, and the draws without a seed."""
    folder = pathlib.Path(folder)
    if not (folder / RECORD).exists():
        raise ValueError(
            f"{str(folder)!r} holds nothing that a collaboration saved (a tuning in a "
            "folder goes on by collaborate(..., folder=...) and tune)"
        )
    record = files.record(folder / RECORD, WHAT)
    with files.reading(folder / RECORD, WHAT):
        spec = record.pop("prior")
        name, hold = record.pop("objective"), tuple(record.pop("hold"))
        by_batch, drawn = record.pop("batch_statistics"), record.pop("drawn", 0)
        if not (isinstance(drawn, int) and 0 <= drawn < 2**30):
            raise ValueError(f"it counts {drawn!r} draws")
        if (read := record.get("read")) is not None:
            read = {option: read[option] for option in given_again.READ}
        move, *steps = record.pop("dials")
        kinds, fits, version = (record.pop(k) for k in ("nets", "ratios", "version"))
        record["lines"] = [verdict.Line(*line) for line in record["lines"]]
        notes = list(record["notes"])
        dialled = moves.Move(*move)
        needed = lacking.needed(kinds, spec, name)
        if prior is None and "prior" not in needed:
            prior = _prior(*spec)
    del version
    given = {
        "generator": generator,
        "discriminator": discriminator,
        "prior": prior,
        "objective": objective,
    }
    if missing := [option for option in needed if given[option] is None]:
        raise Lacking(str(folder), missing, needed)
    z = parts.drawn(prior)
    if kinds["generator"] == "file":
        g = _from_file(folder, "generator")
    else:
        g = given_again.generator(generator, z, (read or {}).get("at"))
        _fill(g, folder, "generator", "generator")
    objective = parts.objective_of(objective or name)
    x, ratio = g(z, training=False), objective.log_ratio is not None
    ds = []
    for kind in DS:
        if kinds[kind] == "file":
            ds.append(_from_file(folder, kind))
            continue
        fill = functools.partial(_fill, folder=folder, name=kind, what="discriminator")
        ds.append(
            given_again.discriminator(discriminator, x, read, ratio=ratio, fill=fill)
        )
    how = {"batch_statistics": by_batch, "hold": hold}
    gans = [tc.GAN(g, d, prior, objective, **how) for d in ds]
    with quiet.kept(notes.append):
        gans = [
            ratios.calibrated(gan, fit, kind)
            for gan, fit, kind in zip(gans, fits, DS, strict=True)
        ]
    record["notes"] = tuple(dict.fromkeys(notes))
    record["flaws"] = tuple(record.get("flaws", ()))
    arrays = archives.arrays(folder / "reals.npz", what="reals of a collaboration")
    reals = {
        part: tf.nest.pack_sequence_as(
            x, [arrays[f"{part}-{i}"] for i in range(len(tf.nest.flatten(x)))]
        )
        for part in ("real", "shown")
    }
    dials = Dials(dialled, gans[0], gans[1], *steps, *fits)
    return Outcome(dials=dials, **reals, **record), name, drawn


def _from_file(folder, name):
    model = tc.models.load(folder / f"{name}.keras")
    names = [part.name for part in model.layers]
    stages = [name for name in names if name.startswith("layer_")]
    return tc.models.split(model, at=stages[:-1])


def _fill(net, folder, name, what):
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


def _prior(name, shape, numbers):
    if name == "labelled":
        options = dict(zip(("frequencies", "one_hot", "in_turn"), numbers[1:]))
        return tc.priors.labelled(_prior(*shape), numbers[0], **options)
    if name == "normal":
        return tc.priors.normal(*shape)
    if name == "truncated":
        return tc.priors.truncated(*shape, at=numbers[0])
    return tc.priors.uniform(*shape, low=numbers[0], high=numbers[1])
