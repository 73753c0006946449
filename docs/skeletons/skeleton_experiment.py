"""Samplers of a GAN in the plane, on the library alone.

    python docs/skeletons/skeleton_experiment.py

trains a GAN on a ring of Gaussians, calibrates and shapes its discriminator, draws from
the paper's five samplers and prints how the samples cover the modes.
"""

import dataclasses

import keras

import tf_collab as tc
from tf_collab import metrics, tables


@dataclasses.dataclass(frozen=True)
class Config:
    """What the numbers depend on; the names are those of the programs' flags."""

    gan: str = "nsgan"
    niters: int = 3000
    tune_iters: int = 1000  # of either D loop
    batch_size: int = 256
    num_samples: int = 5000
    method: tuple[str, ...] = tuple(tables.USUAL)
    rollout_method: str = "adam"
    rollout_rate: float = 0.05
    rollout_steps: int = 20
    collab_layer: int | None = None
    stop: float | None = None
    drs_percentile: float | None = 80.0
    drs_per_batch: bool = False
    mh_thin: int = 10
    seed: int = 0

    @property
    def layer(self) -> int | None:
        """The layer that is refined; None is the data."""
        return self.collab_layer


def run(config: Config) -> dict[str, dict]:
    """Data, GAN, train, calibrate, shape, draw from each sampler, measure."""
    seeds = tc.seeds.split(tc.seeds.as_seed(config.seed), 5)
    data_seed, train_seed, tune_seed, real_seed, draw_seed = seeds
    target = tc.data.ring(scale=1.0)
    held_out = target.batch(config.num_samples, real_seed)

    def batch_at(step):
        return target.batch(config.batch_size, tc.seeds.fold_in(data_seed, step))

    gan = tc.GAN(
        tc.models.MLPGenerator(64, 4, seed=config.seed),
        tc.models.MLPDiscriminator(64, 4, seed=config.seed + 500),
        tc.priors.normal(2),
        tables.OBJECTIVES[config.gan].build(),
    )
    g_opt, d_opt = (keras.optimizers.Adam(rate, beta_1=0.5) for rate in (5e-4, 1e-3))
    at_once = tables.OBJECTIVES[config.gan].simultaneous
    step = tc.training.train_step(gan, g_opt, d_opt, simultaneous=at_once)
    tc.training.run(step, batch_at, config.niters, seed=train_seed)

    judges = {
        name: gan._replace(discriminator=tc.models.copy(gan.discriminator))
        for name in ("calibrated", "shaped")
    }
    # Flags that this experiment has not are at their defaults.
    options = tables.with_defaults(**dataclasses.asdict(config), layer=config.layer)
    lessons = {
        "calibrated": tables.plain(judges["calibrated"], options),
        "shaped": tables.refined(judges["shaped"], options, pick="random"),
    }
    for name, judge in judges.items():
        optimizer = keras.optimizers.Adam(1e-3)
        step = tc.training.tune_step(judge, lessons[name], optimizer)
        tc.training.run(step, batch_at, config.tune_iters, seed=tune_seed)

    results = {}
    for name in config.method:
        row = tables.SAMPLERS[name]
        judge = judges[row.judge]
        real = judge.scored(held_out)
        if row.needs_ratio and not tables.OBJECTIVES[config.gan].ratio:
            learned = tables.refined if row.refines else tables.plain
            candidates = learned(judge, options)
            judge = judge._replace(calibrator=_calibrator(judge, candidates, real))
        proposer, acceptor = row.proposer(judge, options), row.acceptor(judge, options)
        groups = max(1, min(1000, config.num_samples) // acceptor.group)
        samples = tc.sampling.draw(
            tc.sampling.compose(proposer, acceptor),
            gan.prior,
            config.num_samples,
            real=real,
            batch=groups * acceptor.group,  # which are judged together
            seed=tc.seeds.fold_in(draw_seed, row.seed),
        )
        coverage = metrics.mode_coverage(samples.x, target, real=held_out.numpy())
        results[name] = coverage | {"efficiency": samples.efficiency}
    return results


def _calibrator(judge, proposer, real):
    """From the score of a D that gives no ratio, on as many proposals as reals."""
    plainly = tc.sampling.compose(proposer, tc.sampling.always())
    n = len(real.score)
    batch = min(1000, n)
    fake = tc.sampling.draw(plainly, judge.prior, n, real=real, batch=batch, seed=0)
    return tc.calibrators.platt(real.score.numpy(), fake.score)


if __name__ == "__main__":
    for method, measured in run(Config()).items():
        print(f"{method:14} good {measured['good']:.3f}  js {measured['js']:.4f}")
