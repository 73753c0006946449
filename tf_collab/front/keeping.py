"""An outcome in a folder: nets, dials, calibrators, verdict, and some reals."""

import json
import os
import pathlib
import re
import warnings

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab import atomic
from tf_collab.front import lacking
from tf_collab.front.outcome import Outcome

__all__ = ["FILES", "RECORD", "WHAT", "save"]

RECORD = "collaboration.json"
WHAT = "record of a collaboration"
FILES = frozenset(
    {
        RECORD,
        "reals.npz",
        *(f"{n}.{kind}" for n in lacking.NETS for kind in ("keras", "npz")),
    }
)
REALS = 2000  # held-out rows that are kept


def save(
    outcome: Outcome,
    folder: os.PathLike | str,
    *,
    objective: str | None,
    drawn: int,
) -> None:
    """Writes each file whole or not at all, and the record last.

    A net that no .keras file can carry is kept as its weights, and is to be given to
    `load`, which warns (`Doubt`). The objective is kept by its name in
    `tables.OBJECTIVES`, and of the draws without a seed their number. Raises
    ValueError, before anything is written, for what is neither numbers nor words.
    """
    dials = outcome.dials
    gan = dials.calibrated
    z = gan.prior(1, tc.seeds.as_seed(0))
    record = outcome._asdict() | {
        "objective": objective,
        "drawn": drawn,
        "version": tc.__version__,
        "dials": [dials.move, dials.calibrate_steps, dials.shape_steps],
        "ratios": [dials.calibrated_ratio, dials.shaped_ratio],
        "prior": getattr(gan.prior, "spec", None),
        "batch_statistics": gan.batch_statistics,
        "hold": list(gan.hold),
    }
    del record["real"], record["shown"]
    record = {name: _plain(name, value) for name, value in record.items()}
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.clear(folder, re.compile("|".join(map(re.escape, FILES))))
    strange = sorted({path.name for path in folder.iterdir()} - FILES)
    if strange:
        raise ValueError(
            f"{str(folder)!r} holds {strange[0]!r}, which is not a collaboration's: "
            "give a folder that is empty or new"
        )
    nets = {
        "generator": (gan.generator, z),
        "calibrated": (gan.discriminator, outcome.real),
        "shaped": (dials.shaped.discriminator, outcome.real),
    }
    reals = {
        f"{name}-{i}": leaf[:REALS]
        for name in ("real", "shown")
        for i, leaf in enumerate(tf.nest.flatten(getattr(outcome, name)))
    }
    record["nets"] = {name: _write(folder, name, *net) for name, net in nets.items()}
    with atomic.writing(folder / "reals.npz") as path:
        np.savez(path, **reals)
    with atomic.writing(folder / RECORD) as path:
        path.write_text(
            json.dumps(record, indent=1) + "\n",
            encoding="utf-8",
        )
    _tell(record, str(folder))


def _plain(name, value):
    """The value in numbers and words; ValueError where it has something else."""

    def number(part):
        array = np.asarray(part)
        if array.size == 1 and array.dtype.kind in "biuf":
            return array.item()
        shape = list(array.shape)
        has = f"an array of shape {shape}" if shape else f"a {type(part).__name__}"
        advice = {"objective": "its name, as objective='nsgan'"}
        raise ValueError(
            f"a collaboration is saved in numbers and words, and its {name} has {has}: "
            f"give {advice.get(name, 'single numbers')}"
        )

    return json.loads(json.dumps(value, default=number))


def _tell(record, folder):
    """Which nets are kept as weights alone, and how the folder is loaded."""
    options = lacking.needed(record["nets"], record["prior"], record["objective"])
    nets = [name for name in options if name in lacking.NETS.values()]
    if not nets:
        return
    warnings.warn(
        f"{folder!r} {lacking.told(nets)}: load it by "
        f"{lacking.load_by(folder, options)}, with what collaborate was given",
        tc.Doubt,
        stacklevel=4,
    )


def _write(folder, name, net, x):
    """`file` where Keras can write the net, else `weights`."""
    inputs = tf.nest.map_structure(
        lambda leaf: keras.Input(leaf.shape[1:], dtype=tf.as_dtype(leaf.dtype).name), x
    )
    try:
        model = tc.models.export(net, inputs)
    except (ValueError, TypeError, NotImplementedError):
        with atomic.writing(folder / f"{name}.npz") as path:
            np.savez(path, *[np.asarray(v) for v in net.variables])
        return "weights"
    with atomic.writing(folder / f"{name}.keras") as path:
        model.save(path)
    return "file"
