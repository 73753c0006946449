"""Which layer to refine: every one of a generator's, by a shaped D and as it was."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.images import image_figures
from experiments.rundir import (
    jsonl,
    metric_names,
    monitor,
    pictures,
    report,
    run_folder,
)
from experiments.stages import d_tuning, records, refinement_rates
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import plots, tables, tensors

__all__ = ["sweep"]

COLUMNS = ("gain", "change", "g_forward", "g_backward", "d_forward", "d_backward")


def sweep(session: Session, gan: tc.GAN, task: Task, tuned: d_tuning.Tuned) -> None:
    """Lines in layers.jsonl, a table and two figures of one GAN step, with its cost.

    Rates do not carry over from layer to layer: each gets the one whose first step, by
    the unshaped D, moves its activations by 2 % of their spread, or by
    --rollout_rate=auto the one whose whole path moves them by half of it. `gain` is the
    mean rise of the score of the D that refines, `change` the mean absolute change of a
    pixel, of 2 at most.
    """
    run, config, at = session.run, session.config, tuned.gan_step
    steps = tuned.refinement.move["steps"]
    make_policy = tables.POLICIES[config.rollout_method].build
    judges = {"unshaped": gan, "shaped": tuned.judges.get("shaped")}
    z = gan.prior(config.num_samples, session.seeds["probe"])
    plain = task.generate(gan, z).numpy()
    real = task.scored(gan)
    table = jsonl.Table(run.at("layers.jsonl"))
    key = {"seed": config.seed, "gan_step": at}
    common = {"dataset": config.dataset, "n": len(plain), "steps": steps}
    none = {"judge": "standard", "layer": None, "d_step": 0}
    if not table.has(**key, **none):
        found = task.measured(plain, at)
        table.append({**key, **none, **common, **found}, key=(*key, *none))
    shown, columns = {}, image_figures.COLUMNS
    for layer in range(gan.generator.depth + 1):
        rate = _rate(session, gan, layer, real, at)
        bounds = task.bounds if layer == gan.generator.depth else None
        for name, judge in judges.items():
            if judge is None:
                continue
            d_step = tuned.d_steps["shaped"] if name == "shaped" else 0
            which = {"judge": name, "layer": layer, "d_step": d_step}
            known = table.has(**key, **which)
            if known and name != "shaped":
                continue
            rows = z
            if known:  # only its picture is asked for
                rows = image_figures.in_company(judge, z, columns, task.rows)
            started = time.perf_counter()
            refined, info = _refined(
                session, task, judge, make_policy(rate), rows, layer, steps, bounds
            )
            if name == "shaped":
                shown[layer] = refined[:columns]
            if known:
                continue
            seconds = time.perf_counter() - started
            gain = task.score(judge, tf.constant(refined)) - task.score(
                judge, tf.constant(plain)
            )
            line = {**key, **which, **common, "rate": rate}
            line |= task.measured(refined, at)
            line |= {"gain": float(tf.reduce_mean(gain))}
            line |= {"change": float(np.abs(refined - plain).mean()), **info}
            table.append(line, key=(*key, *which))
            run.timed(seconds, phase=_phase(at, layer, name))
    seconds_of = {line["phase"]: line["seconds"] for line in run.timings.lines()}
    lines = [
        line | {"seconds": seconds_of.get(_phase(at, line["layer"], line["judge"]))}
        for line in table.lines()
        if line["gan_step"] == at
    ]
    _show(run, at, lines, plain[:columns], shown)


def _rate(session: Session, gan: tc.GAN, layer: int, real: tc.Scored, at: int) -> float:
    config = session.config
    if config.rollout_rate == records.AUTO:
        seed = session.seeds["probe"]
        return refinement_rates.suggested(config, gan, real, layer, seed, at)
    make_policy = tables.POLICIES[config.rollout_method].build
    return tc.sampling.suggest_rate(gan, make_policy, layer=layer, real=real)


def _phase(at: int, layer: int | None, judge: str) -> str:
    return f"layer-{layer}-{judge}-g{at}"


def _refined(
    session: Session,
    task: Task,
    judge: tc.GAN,
    policy: tc.base.Policy,
    z: tf.Tensor,
    layer: int,
    steps: int,
    bounds: tuple[float, float] | None,
) -> tuple[np.ndarray, dict[str, float]]:
    """All of z refined, and the mean passes that a sample took."""
    refine = tc.sampling.refine(
        judge, policy, layer=layer, steps=steps, bounds=bounds, xla=session.xla
    )
    real = task.scored(judge)
    seed = tc.seeds.as_seed(0)  # picking the best asks for no random number
    state = refine.init(seed, z, real)
    step = tc.cpu.graph(lambda z: refine.step(seed, z, state))
    sums: dict[str, float] = {}
    parts = []
    for rows in tensors.slices(len(z), task.rows):
        candidates, _, info = step(z[rows])
        parts.append(candidates.x.numpy())
        for name, value in info.items():
            value = np.broadcast_to(value, len(candidates.score))
            sums[name] = sums.get(name, 0.0) + float(value.sum())
    means = {name: sums[name] / len(z) for name in COLUMNS if name in sums}
    return np.concatenate(parts), means


def _show(
    run: run_folder.Run,
    at: int,
    lines: Sequence[Mapping[str, Any]],
    plain: np.ndarray,
    shown: Mapping[int, np.ndarray],
) -> None:
    metric = next(name for name in lines[0] if name.startswith(("fd_", "fid_")))
    keys = ["layer", "judge", "rate", metric, *COLUMNS, "seconds"]
    words = {**metric_names.AXES, "judge": "D", "rate": "rate"}
    words |= {name: metric_names.words(name) for name in keys[3:]}
    rows = [[words[key] for key in keys]]
    by_layer = lambda one: (-1 if one["layer"] is None else one["layer"], one["judge"])
    for line in sorted(lines, key=by_layer):
        values = (line.get(key) for key in keys)
        rows.append(["–" if v is None else _short(v) for v in values])
    with run.writing(f"layers-g{at}.md") as path:
        path.write_text(report.markdown(rows) + "\n", encoding="utf-8")
    curves = plots.metric_curves(
        lines,
        metric=(metric, "gain", "change", "seconds"),
        x="layer",
        by="judge",
        colours=tables.colours(),
        labels=words,
    )
    watch = monitor.Monitor(run, f"layers-g{at}")
    pictured = plots.layers(plain, shown, limits=image_figures.LIMITS)
    figures = {"layers-metric": curves, "layers": pictured}
    for name, figure in figures.items():
        pictures.show(run, watch, at, name, figure, f"{name}-g{at}")
    watch.flush()


def _short(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
