"""Which flags the samples of each method and the loops of each D stand on."""

import dataclasses

import pytest

from experiments import mnist, mog2d
from experiments.stages import records

MOVE = {"rollout_method", "rollout_rate", "rollout_steps", "stop", "collab_layer"}
OWN = {
    "calibrate": {"lr_calibrate", "tune_optimizer"},
    "shape": {"lr_shape", "tune_optimizer", *MOVE},
    "sample-standard": {"num_samples"},
    "sample-rejection": {"num_samples", "drs_percentile", "drs_per_batch"},
    "sample-hastings": {"num_samples", "mh_thin"},
    "sample-refinement": {"num_samples", *MOVE},
    "sample-collaborative": {"num_samples", *MOVE, "mh_thin", "mh_pool"},
}


@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("kind", [mog2d.Config, mnist.Config])
def test_what_a_phase_stands_on_beside_the_gan(kind, pool):
    """With a pool all methods are measured on as many samples as a chain gives."""
    config = dataclasses.replace(kind(), mh_pool=pool).settled()
    phases = records.depends(config)
    (at,) = config.gan_steps
    alike = {*phases.pop("train"), "batch_statistics"}
    pooled = {"mh_thin", "mh_pool"} if pool else set()
    assert {*phases} == {f"{name}-g{at}" for name in OWN}
    for name, own in OWN.items():
        drawn = name.startswith("sample")
        wanted = own | pooled if drawn else own
        measures = {"features"} if drawn and kind is mnist.Config else set()
        assert {*phases[f"{name}-g{at}"]} - alike == wanted | measures
    loops = {
        name: phases[f"{name}-g{at}"][f"lr_{name}"] for name in ("calibrate", "shape")
    }
    assert loops == {"calibrate": config.lr_calibrate, "shape": config.lr_shape}
