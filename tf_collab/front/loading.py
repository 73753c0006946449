"""An outcome out of the folder that `keeping` filled; no code in it is run."""

import contextlib
import functools
import os
import pathlib
import warnings
from typing import Any

import tf_collab as tc
from tf_collab import files
from tf_collab.front import (
    given_again,
    kept_parts,
    lacking,
    moves,
    parts,
    quiet,
    ratios,
    verdict,
)
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
        blamed: Any = contextlib.nullcontext()
        if prior is None and "prior" not in needed:
            blamed = kept_parts.BlamingPrior(folder / RECORD)
            prior = kept_parts.prior(*spec)
    del version
    given = {
        "generator": generator,
        "discriminator": discriminator,
        "prior": prior,
        "objective": objective,
    }
    if missing := [option for option in needed if given[option] is None]:
        raise Lacking(str(folder), missing, needed)
    brought = [option for option, value in given.items() if value is not None]
    if doubt := lacking.not_read(str(folder), kinds, brought):
        warnings.warn(doubt, tc.Doubt, stacklevel=3)
    with blamed:
        z = parts.drawn(prior)
    if kinds["generator"] == "file":
        g = kept_parts.from_file(folder, "generator")
    else:
        g = given_again.generator(generator, z, (read or {}).get("at"))
        kept_parts.fill(g, folder, "generator", "generator")
    objective = parts.objective_of(objective or name)
    ratio = objective.log_ratio is not None
    with blamed:
        x = g(z, training=False)
    ds = []
    for kind in DS:
        if kinds[kind] == "file":
            ds.append(kept_parts.from_file(folder, kind))
            continue
        fill = functools.partial(
            kept_parts.fill, folder=folder, name=kind, what="discriminator"
        )
        ds.append(
            given_again.discriminator(discriminator, x, read, ratio=ratio, fill=fill)
        )
    how = {"batch_statistics": by_batch, "hold": hold}
    gans = [tc.GAN(g, d, prior, objective, **how) for d in ds]
    reals = kept_parts.reals(folder / "reals.npz", x)
    with files.reading(folder / RECORD, WHAT):
        with quiet.kept(notes.append):
            gans = [
                ratios.calibrated(gan, fit, kind)
                for gan, fit, kind in zip(gans, fits, DS, strict=True)
            ]
        record["notes"] = tuple(dict.fromkeys(notes))
        record["flaws"] = tuple(record.get("flaws", ()))
        dials = Dials(dialled, gans[0], gans[1], *steps, *fits)
        outcome = Outcome(dials=dials, **reals, **record)
        outcome.report()  # a record of other values than it had cannot be told
    return outcome, name, drawn
