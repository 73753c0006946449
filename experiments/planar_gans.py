"""The GAN of a 2-D run: fresh, from the authors' checkpoint, or anybody's Keras files."""

import tf_collab as tc
from experiments import mog2d, runs

__all__ = ["export", "make"]


def make(config: mog2d.Config) -> tc.GAN:
    """The nets that the flags name, untrained unless they come from elsewhere."""
    if config.generator:
        return _from_keras(config)
    g = tc.models.MLPGenerator(config.nhidden, config.nlayers, seed=1000 * config.seed)
    d = tc.models.MLPDiscriminator(
        config.nhidden, config.nlayers, seed=1000 * config.seed + 500
    )
    if config.init_checkpoint:
        try:
            tc.models.read_tf1(config.init_checkpoint, g, d)
        except ValueError as error:
            raise runs.Refused(f"--init_checkpoint: {error}") from None
    return tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())


def export(run: runs.Run, gan: tc.GAN) -> None:
    """G and D as Keras files that load anywhere."""
    for name in ("generator", "discriminator"):
        model = tc.models.export(getattr(gan, name), [2])
        with run.writing(f"{name}.keras") as path:
            model.save(path)
