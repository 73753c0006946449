"""Jobs of a few samples of the linear GAN."""

import tf_collab as tc
from helpers import linear_gan, small_cases
from tf_collab.cpu import threads
from tf_collab.front import blocks, jobs
from tf_collab.front.collaboration import Collaboration

__all__ = ["job_of", "save"]


def save(folder, worse=()):
    """A collaboration of the linear GAN, with a shaped D that is another, on disk."""
    gan = linear_gan.linear_gan()
    shaped = gan._replace(discriminator=tc.models.copy(gan.discriminator))
    shaped.discriminator.variables[0].assign_add([[0.2], [-0.1]])
    found = small_cases.outcome_of(small_cases.dials_of(gan, shaped), worse)
    Collaboration(None, found, objective="nsgan").save(folder)
    return folder


def job_of(source, folder, **changes):
    """Three blocks of it, the last of which is short."""
    folder.mkdir(exist_ok=True)
    job = jobs.Job(
        folder=str(folder),
        source=str(source),
        inputs=jobs.digests(source),
        software=jobs.software(),
        method="standard",
        n=25,
        block=10,
        seed=3,
        format="npz",
        threads=threads.available(),
        opened=blocks.saved,
    )
    return job._replace(**changes)
