"""Training the GAN of a run, and its checkpoints."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import jsonl, monitor, titled
from experiments.stages import (
    data,
    measuring,
    phase_loop,
    strategies,
    trained_elsewhere,
)
from experiments.stages.data import Task
from experiments.stages.sessions import Session

__all__ = ["Look", "Picture", "Recipe", "Trainer", "unpictured"]

# (monitor, step, samples): shows samples of training, and measures what else there is
Look = Callable[[monitor.Monitor, int, Any], Mapping[str, Any]]
# The figure that a look at a step files, as figures/FIGURE.png; None: it files none.
Picture = Callable[[int], str | None]


def unpictured(step: int) -> str | None:
    """No look files a figure."""
    return None


class Recipe(NamedTuple):
    """How the nets learn."""

    optimizer: Callable[[Any], keras.optimizers.Optimizer]  # of a rate or its schedule
    # Adam as the D loops take it, of a rate
    adam: Callable[[float], keras.optimizers.Optimizer] = keras.optimizers.Adam
    schedule: Callable[[float], Any] = lambda rate: rate  # of a rate in training
    options: Mapping[str, Any] = {}  # of training.train_step
    previous: tf.Variable | None = None  # the last fakes, where training keeps them


class Trainer:
    """The optimizers of G and D, and their checkpoints."""

    def __init__(self, session: Session, gan: tc.GAN, task: Task, recipe: Recipe):
        """Writes and trains nothing yet."""
        self.session, self.gan, self.task, self.recipe = session, gan, task, recipe
        strategies.share_nets(session.config, gan)
        with session.scope():
            self.g_opt, self.d_opt = (
                recipe.optimizer(recipe.schedule(rate)) for rate in session.config.rates
            )
        if session.config.from_run:
            self.checkpoints = trained_elsewhere.checkpoints(session.config, gan)
            return
        saved = {"generator": gan.generator, "discriminator": gan.discriminator}
        saved |= {"g_opt": self.g_opt, "d_opt": self.d_opt}
        if recipe.previous is not None:
            saved["previous"] = recipe.previous
        self.checkpoints = session.checkpoints("train", task.digest, **saved)

    def restore(self, gan_step: int) -> None:
        """The nets of a GAN step, which are also left as Keras files."""
        session, gan = self.session, self.gan
        if not session.config.from_files:
            self.checkpoints.restore(gan_step)
        z = gan.prior(1, session.seeds["probe"])
        session.export(f"generator-g{gan_step}", gan.generator, z)
        session.export(
            f"discriminator-g{gan_step}", gan.discriminator, self.task.held_out
        )

    def train(
        self,
        look: Look = lambda watch, step, x: {},
        picture: Picture = unpictured,
    ) -> None:
        """Trains to every GAN step that has no checkpoint, from the newest before it.

        What training.jsonl or the figures of looks have lost is made again, where
        checkpoints are kept; other figures are told.
        """
        session, checkpoints = self.session, self.checkpoints
        run, config = session.run, session.config
        if config.mode not in ("all", "train") or config.imported:
            return
        sound = checkpoints.sound(run.log)
        goals = sorted({config.gan_goal, *config.gan_steps} - {*sound})
        looks = jsonl.Table(run.at("training.jsonl"))

        def key_at(step: int) -> dict[str, int]:
            return {"seed": config.seed, "gan_step": step}

        often = config.save_every, config.show_every or config.save_every
        looked = [
            at
            for at in sound
            if at in checkpoints.milestones or any(at % n == 0 for n in often)
        ]
        first = max((at for at in sound if goals and at < goals[0]), default=0)
        again = (0, *looked) if sound else ()
        unseen = self._unseen([line["gan_step"] for line in looks.lines()], picture)
        lost = [at for at in again if at in unseen or not looks.has(**key_at(at))]
        if sound and not looks.lines():
            run.log(
                "training.jsonl was lost: it is measured again at GAN step 0 and where "
                f"checkpoints are left ({errors.some([*map(str, looked)])}); what it "
                "told of others is gone"
            )
        ahead = range(first + (first > 0), goals[-1] + 1) if goals else ()
        if gone := sorted(unseen - {*again, *ahead}):
            names = [f"figures/{picture(at)}.png" for at in gone]
            run.log(
                f"{errors.some(names)}: lost or damaged, and without checkpoints of "
                "these steps not to be made again"
            )
        if not (goals or lost):
            return
        session.begin("train", self.task.digest)
        for at in config.gan_steps:
            run.begin(f"gan-g{at}", {})
        step = self._step()
        watch = monitor.Monitor(
            run, "train", since=max(sound, default=-1), probe=self._opinions
        )

        def evaluate(step: int) -> None:
            key = key_at(step)
            if step == first > 0 and looks.has(**key) and step not in unseen:
                return  # it was evaluated before the checkpoint that is restored
            line = {**key, **self._look(watch, step, look)}
            looks.append(line, key=tuple(key), place=lambda line: line["gan_step"])

        if 0 in lost and (first or not goals):
            evaluate(0)
        if first:
            checkpoints.restore(first)
        if goals:
            phase_loop.carry_out(
                run,
                "train",
                step,
                self.task.batch_at,
                goals[-1],
                first=first,
                seed=session.seeds["train"],
                checkpoints=checkpoints,
                watch=watch,
                save_every=config.save_every,
                show_every=config.show_every,
                evaluate=evaluate,
                leads=session.leads,
            )
        unseen = self._unseen(lost, picture)
        for at in filter(None, lost):  # 0 has no checkpoint
            if at in unseen or not looks.has(**key_at(at)):
                checkpoints.restore(at)
                evaluate(at)

    def _unseen(self, steps: Iterable[int], picture: Picture) -> set[int]:
        """Of steps that were looked at, those whose figure is not there as it was."""
        run = self.session.run
        named = {at: name for at in steps if (name := picture(at))}
        return {at for at, name in named.items() if not titled.is_whole(run, name)}

    def _step(self) -> Callable[..., dict[str, tf.Tensor]]:
        with self.session.scope():
            return tc.training.train_step(
                self.gan,
                self.g_opt,
                self.d_opt,
                previous=self.recipe.previous,
                xla=self.session.xla,
                **self.recipe.options,
            )

    @functools.cached_property
    def _latents(self) -> Any:
        config = self.session.config
        return self.gan.prior(config.show_samples, self.session.seeds["probe"])

    def _opinions(self) -> dict[str, float]:
        some = data.taken(self._latents, slice(1000))
        return measuring.opinions(self.task, self.gan, some)

    def _look(self, watch: monitor.Monitor, step: int, look: Look) -> dict[str, Any]:
        """Numbers of the nets as they are, which the monitor shows too."""
        task, gan = self.task, self.gan
        x = tf.nest.map_structure(np.asarray, task.generate(gan, self._latents))
        metrics = task.measured(x, step)
        watch.metrics(step, metrics)
        watch.histograms(step, {"score/real": task.score(gan, task.held_out)})
        nets = look(watch, step, x)
        watch.metrics(step, {f"nets/{name}": value for name, value in nets.items()})
        return {"n": data.count(x), **metrics, **nets}
