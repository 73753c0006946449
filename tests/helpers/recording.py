"""What a run hands to the library, and what it gets back, as numbers.

Public functions of the library are wrapped where runs find them, and everything runs
eagerly, so that each call of a step shows its arguments. Nothing is changed of what a
run computes, but that its pictures are empty.
"""

import contextlib
import functools
import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from matplotlib import figure
from PIL import Image

import tf_collab as tc
from experiments.stages import samplers
from helpers import figures_shown


class Moment(NamedTuple):
    """A GAN whose nets go on to learn, as it was."""

    made: tc.GAN
    weights: tuple[list[np.ndarray], list[np.ndarray]]

    @classmethod
    def of(cls, gan: tc.GAN) -> "Moment":
        nets = (gan.generator, gan.discriminator)
        return cls(gan, tuple(net.get_weights() for net in nets))

    @property
    def gan(self) -> tc.GAN:
        """With nets of its own; those of the moment looked at last."""
        nets = [_twin(net) for net in (self.made.generator, self.made.discriminator)]
        for net, weights in zip(nets, self.weights):
            net.set_weights(weights)
        return self.made._replace(generator=nets[0], discriminator=nets[1])


_twin = functools.lru_cache(maxsize=8)(tc.models.copy)


class Learned(NamedTuple):
    """One step of a D loop, before it is taken."""

    index: int
    before: Moment
    real: np.ndarray
    z: np.ndarray
    x: np.ndarray  # what D learns to tell from the reals


class Loop(NamedTuple):
    """A loop in which nets learn."""

    kind: str  # train, calibrate, shape
    gan: tc.GAN
    optimizers: tuple  # of G and D, or of D
    options: dict[str, Any]
    steps: list  # of Learned, or of the reals of a step in training
    indices: list[int]
    seeds: list[tuple]  # of its steps


class Drawn(NamedTuple):
    """A call of `draw` or `select`."""

    method: str | None  # of the suite; None is a fit's
    judge: Moment | None  # whose D judges
    n: int
    batch: int
    seed: tuple
    z: np.ndarray | None  # proposed from, burn-in and all
    real: tc.Scored
    pool: tc.Scored | None
    samples: Any


class Watch:
    """What was seen, in order."""

    def __init__(self):
        self.loops: list[Loop] = []
        self.drawn: list[Drawn] = []
        self.refined: list[dict] = []  # options of each refine, and what it moved
        self.suites: list[dict] = []  # each D that samplers ask, and their proposer
        self.rejectors: list[dict] = []  # options of each drs
        self.chains: list[dict] = []  # options of each mhgan
        self.fits: list[tuple] = []  # (scores of reals, of fakes, the calibrator)
        self.judged: list[tuple] = []  # (probabilities of reals, of fakes)
        self.covered: list[tuple] = []  # (samples, target, reals, radius)
        self.distances: list[tuple] = []  # (statistics of samples, of reals, found)
        self.kernels: list[Callable] = []  # of each mmd
        self.paired: list[tuple] = []  # what it compares
        self.batches: list[tuple] = []  # (n, seed) of each batch of a target
        self.batch_at: list[Callable] = []  # that each training.run is given
        self.rates: list[dict] = []  # options of each suggest_rate, and its answer
        self.shown = figures_shown.Seen()  # what pictures are made of

    def loop(self, kind: str) -> list[Loop]:
        return [loop for loop in self.loops if loop.kind == kind]

    def draws(self, *methods: str) -> list[Drawn]:
        return [one for one in self.drawn if one.method in methods]


def number(tensor) -> Any:
    """A tensor's numbers, or None while a graph is made of it."""
    if isinstance(tensor, tf.Tensor) and not hasattr(tensor, "numpy"):
        return None
    return np.asarray(tensor)


def key(seed) -> tuple:
    return tuple(int(part) for part in tc.seeds.as_seed(seed).numpy())


@contextlib.contextmanager
def watched(learn: Callable | None = None) -> Iterator[Watch]:
    """Watches what runs. `learn(kind, gan)` is D's step in place of the optimizer's."""
    watch, suites, movers = Watch(), {}, set()
    originals = {
        (module, name): getattr(module, name)
        for module, names in (
            (tc.training, ("train_step", "tune_step")),
            (tc.sampling, ("refine", "draw", "select", "drs", "mhgan")),
            (samplers, ("build",)),
            (tc.sampling, ("suggest_rate",)),
            (tc.calibrators, ("platt",)),
            (tc.metrics, ("calibration_report", "mode_coverage", "frechet_distance")),
            (tc.metrics, ("mmd",)),
            (tc.data.Mixture, ("batch",)),
        )
        for name in names
    }
    sampling = {name: f for (m, name), f in originals.items() if m is tc.sampling}

    def train_step(gan, g_opt, d_opt, **options):
        step = originals[tc.training, "train_step"](gan, g_opt, d_opt, **options)
        loop = Loop("train", gan, (g_opt, d_opt), options, [], [], [])
        watch.loops.append(loop)

        def seen(index, seed, real):
            if number(index) is not None:
                loop.steps.append(number(real))
                loop.indices.append(int(index))
                loop.seeds.append(key(seed))
            return step(index, seed, real)

        return seen

    def tune_step(gan, proposer, optimizer, **options):
        kind = "shape" if id(proposer) in movers else "calibrate"
        proposed = []

        def propose(seed, z, state):
            candidates, state, info = proposer.step(seed, z, state)
            proposed.append((number(z), number(candidates.x)))
            return candidates, state, info

        step = originals[tc.training, "tune_step"](
            gan, proposer._replace(step=propose), optimizer, **options
        )
        loop = Loop(kind, gan, (optimizer,), options, [], [], [])
        watch.loops.append(loop)

        def seen(index, seed, real):
            if number(index) is None:
                return {"d_loss": tf.zeros([])} if learn else step(index, seed, real)
            before = Moment.of(gan)
            if learn:
                learn(kind, gan)
                scalars, last = {"d_loss": tf.zeros([])}, (None, None)
            else:
                scalars, last = step(index, seed, real), proposed[-1]
            loop.steps.append(Learned(int(index), before, number(real), *last))
            loop.indices.append(int(index))
            loop.seeds.append(key(seed))
            return scalars

        return seen

    def refine(gan, policy, **options):
        moved = []
        proposer = sampling["refine"](gan, policy, **options)

        def propose(seed, z, state, step=proposer.step):
            candidates, state, info = step(seed, z, state)
            moved.append((number(z), number(candidates.x)))
            return candidates, state, info

        proposer = proposer._replace(step=propose)
        watch.refined.append({"gan": gan, "policy": policy, **options, "moved": moved})
        movers.add(id(proposer))
        watch.refined[-1]["proposer"] = proposer  # so that its id stays its own
        return proposer

    def suggest_rate(gan, make_policy, **options):
        found = sampling["suggest_rate"](gan, make_policy, **options)
        watch.rates.append({"gan": gan, **options, "found": found})
        return found

    def build(config, kind, judge, proposer, **more):
        made = originals[samplers, "build"](config, kind, judge, proposer, **more)
        watch.suites.append({"kind": kind, "judge": judge, "proposer": proposer})
        for name, method in made.items():
            suites[id(method.sampler)] = (name, method)
        return made

    def draw(sampler, prior, n, **options):
        name, method = suites.get(id(sampler), (None, None))
        latents = []

        def recorded(*args):
            latents.append(prior(*args))
            return latents[-1]

        judge = method and Moment.of(method.gan)
        kept = sampling["draw"](sampler, recorded, n, **options)
        z = np.concatenate([np.asarray(part) for part in latents[1:]])
        how = (options["batch"], key(options["seed"]))
        watch.drawn.append(Drawn(name, judge, n, *how, z, options["real"], None, kept))
        return kept

    def select(acceptor, pool, **options):
        kept = sampling["select"](acceptor, pool, **options)
        (gan,) = [c["gan"] for c in watch.chains if c["acceptor"] is acceptor]
        how = (options["batch"], key(options["seed"]))
        watch.drawn.append(
            Drawn(
                "collaborative",
                Moment.of(gan),
                len(pool.score),
                *how,
                None,
                options["real"],
                pool,
                kept,
            )
        )
        return kept

    def drs(gan, **options):
        watch.rejectors.append({"gan": gan, **options})
        return sampling["drs"](gan, **options)

    def mhgan(gan, **options):
        acceptor = sampling["mhgan"](gan, **options)
        watch.chains.append({"gan": gan, "acceptor": acceptor, **options})
        return acceptor

    def platt(real, fake):
        calibrator = originals[tc.calibrators, "platt"](real, fake)
        watch.fits.append((np.asarray(real), np.asarray(fake), calibrator))
        return calibrator

    def calibration_report(real, fake):
        watch.judged.append((np.asarray(real), np.asarray(fake)))
        return originals[tc.metrics, "calibration_report"](real, fake)

    def mode_coverage(x, target, *, real, radius):
        watch.covered.append((np.asarray(x), target, np.asarray(real), radius))
        return originals[tc.metrics, "mode_coverage"](
            x, target, real=real, radius=radius
        )

    def frechet_distance(a, b):
        found = originals[tc.metrics, "frechet_distance"](a, b)
        watch.distances.append((a, b, found))
        return found

    def mmd(*args, kernel, **options):
        watch.kernels.append(kernel)
        watch.paired.append(args)
        return originals[tc.metrics, "mmd"](*args, kernel=kernel, **options)

    def batch(self, n, seed):
        if number(seed) is not None:
            watch.batches.append((n, key(seed)))
        return originals[tc.data.Mixture, "batch"](self, n, seed)

    wrapped = {function.__name__: function for function in (
        train_step, tune_step, refine, build, draw, select, drs, mhgan, platt,
        calibration_report, mode_coverage, frechet_distance, mmd, batch, suggest_rate,
    )}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, eagerly():
        for module, name in originals:
            patch.setattr(module, name, wrapped[name])
        with figures_shown.watched() as watch.shown:
            yield watch


@contextlib.contextmanager
def standing() -> Iterator[Watch]:
    """Watches runs whose nets never learn: each loop is at its goal at once."""
    with watched() as watch, pytest.MonkeyPatch.context() as patch:

        def run(step, batch_at, steps, *, hooks, **options):
            del step, options
            watch.batch_at.append(batch_at)
            for hook in hooks:
                hook(steps, {"d_loss": 0.0})

        patch.setattr(tc.training, "run", run)
        yield watch


def loop(step, batch_at, steps, *, seed, first=0, hooks=(), **stops):
    """`training.run` without a graph, which calls hooks at the end alone."""
    del stops
    seed = tc.seeds.as_seed(seed)
    for i in map(tf.constant, range(first, steps)):
        scalars = step(i, tc.seeds.fold_in(seed, i), batch_at(i))
    for hook in hooks:
        hook(steps, {name: float(value) for name, value in scalars.items()})


@contextlib.contextmanager
def eagerly() -> Iterator[None]:
    """Without graphs, which take longer to make than a tiny net to run, or pictures."""
    encoded = io.BytesIO()
    Image.new("RGB", (1, 1)).save(encoded, "png")
    tf.config.run_functions_eagerly(True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            empty = lambda self, file, **options: file.write(encoded.getvalue())
            patch.setattr(figure.Figure, "savefig", empty)
            yield
    finally:
        tf.config.run_functions_eagerly(False)
