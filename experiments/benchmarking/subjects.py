"""A finished run's GAN with the Ds that it tuned, as the samplers ask them."""

import contextlib
import hashlib
import json
import os
import pathlib
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import run_record
from experiments.stages import (
    finished_runs,
    from_runs,
    ratios,
    records,
    refinement_rates,
    trained_elsewhere,
)
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import tables

__all__ = ["FOLDER", "Subject", "entered", "place"]

FOLDER = "gans"  # of a benchmark, for what measures of a run need

_PLACES = ("data_dir", "cache_dir", "features")
_MOVES = ("rollout_method", "rollout_rate", "stop", "collab_layer")
KINDS = {"calibrated": "calibrate", "shaped": "shape"}


class Subject(NamedTuple):
    """What is the same for all that is drawn of one GAN."""

    session: Session  # whose folder holds what measures need, in --workdir
    task: Task
    judges: Mapping[str, tc.GAN]  # by the name of their D: calibrated, shaped
    d_steps: Mapping[str, int]  # that those Ds have been through
    moves: Mapping[str, Any]  # flags of refinement, as the shaped D knows them
    line: Mapping[str, Any]  # what each line says of the GAN
    fits: dict[str, tc.GAN]  # with a calibrator for plain samples, once it is fitted

    def places(self) -> dict[str, str]:
        """The flags of the run that name files and folders, as whole paths."""
        config = self.session.config
        given = {name: getattr(config, name, None) for name in _PLACES}
        return {
            name: os.path.abspath(path)
            for name, path in given.items()
            if path and os.path.exists(path)
        }

    def options(self, n: int, chains: int) -> types.SimpleNamespace:
        """What rows of `tables.SAMPLERS` read, with defaults for their own flags."""
        return tables.with_defaults(
            num_samples=n, chains=chains, rollout_steps=0, **self.moves
        )

    def judge(self, row: tables.SamplerRow, options: Any) -> tc.GAN:
        """The GAN whose D a sampler asks, with a ratio if it needs one."""
        judge = self.judges[row.judge]
        if judge.objective.knows_ratio or not row.needs_ratio:
            return judge
        if row.refines:  # by so many steps: other samples than those of fewer
            return self._fitted(judge, self.refined(judge, options))
        if row.judge not in self.fits:
            plain = tc.sampling.direct(judge)
            self.fits[row.judge] = self._fitted(judge, plain)
        return self.fits[row.judge]

    def _fitted(self, judge: tc.GAN, proposer: tc.base.Proposer) -> tc.GAN:
        _, seed = tc.seeds.split(self.session.seeds["probe"])
        return ratios.fitted(judge, proposer, self.task, seed)

    def refined(self, judge: tc.GAN, options: Any) -> tc.base.Proposer:
        """Refined samples, kept in the range of the data."""
        bounds = self.task.bounds if options.layer is None else None
        xla = self.session.xla
        return tables.refined(judge, options, bounds=bounds, xla=xla)


def place(folder: str, workdir: str) -> pathlib.Path:
    """In a benchmark's `workdir`, what measures of the run in `folder` need."""
    digest = _digest(from_runs.record(folder).phases.get("train", {}))
    name = f"{pathlib.Path(folder).resolve().name}-{digest[:8]}"
    return pathlib.Path(workdir, FOLDER, name)


@contextlib.contextmanager
def entered(
    folder: str, workdir: str, programs: Mapping[str, Any], more: Mapping[str, Any]
) -> Iterator[Subject]:
    """The GAN of the run in `folder`, for the length of a `with` block."""
    record = from_runs.record(folder)
    own = place(folder, workdir)
    if record.flags.get("dataset") in tc.data.IMAGES and "features" in record.flags:
        more = {"features": record.flags["features"], **more}  # as that run measures
    with finished_runs.entered(folder, str(own), programs, more) as found:
        session, gan = found.session, found.gan
        config, (at,) = session.config, session.config.gan_steps
        if found.task.net is None and config.dataset not in tc.data.MIXTURES:
            raise errors.Refused(
                f"--from_run={folder!r} is a run on {config.dataset}, and a benchmark "
                "measures points and images"
            )
        tuned = {
            name: trained_elsewhere.tuned(config, gan, kind, at)  # type: ignore[arg-type]
            for name, kind in KINDS.items()
        }
        trained = record.phases["train"]
        line = {
            "experiment": config.EXPERIMENT,
            "dataset": config.dataset,
            "gan": config.gan,
            "run": pathlib.Path(folder).resolve().name,
            "gan_seed": trained.get("seed", 0),
            "gan_step": at,
            "trained": _digest({n: v for n, v in trained.items() if n != "seed"}),
            "checkpoint": _content(from_runs.checkpoint(config, at)),
        }
        yield Subject(
            session,
            found.task,
            judges={name: judge for name, (judge, _) in tuned.items()},
            d_steps={name: steps for name, (_, steps) in tuned.items()},
            moves=_moves(record, at, found),
            line=line,
            fits={},
        )


def _moves(
    record: run_record.Record, at: int, found: finished_runs.Entered
) -> dict[str, Any]:
    """As recorded with the shaping; else as of the run's last command."""
    session, gan = found.session, found.gan
    known = record.flags | record.phases.get(f"shape-g{at}", {})
    names = (*_MOVES, "rollout_steps")
    moves = {name: known.get(name, getattr(session.config, name)) for name in names}
    layer = moves.pop("collab_layer")
    moves["layer"] = layer if layer in range(gan.generator.depth) else None
    if moves["rollout_rate"] == records.AUTO:
        moves["rollout_rate"] = refinement_rates.recorded(
            record.phases, at
        ) or refinement_rates.suggested(
            types.SimpleNamespace(**moves),
            gan,
            found.task.scored(gan),
            moves["layer"],
            session.seeds["probe"],
            at,
        )
    del moves["rollout_steps"]  # which costs decide
    return moves


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _content(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
