"""Which flags the samples of each method and the loops of each D stand on."""

import dataclasses

import pytest

from experiments import mnist, mog2d
from experiments.stages import records
from tf_collab import tables

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


# Flags of samplers that a command draws by name alone, and values unlike the defaults.
OF_OTHERS = {
    "obrs_budget": 2.0,
    "sir_pool": 4,
    "isir_particles": 4,
    "walk_rate": 0.5,
    "walk_steps": 3,
    "walk_warm_up": 0,
    "temperature": 0.1,
    "sharpness": 2.0,
    "hmc_leaps": 2,
    "ex2_local": 2,
    "dgflow_divergence": "js",
    "dgflow_noise": 0.5,
    "smc_temperatures": 4,
    "smc_moves": 2,
    "dot_slope": 0.5,
    "dot_projection": "paper",
    "dot_space": "data",
}


def test_a_samplers_flags_are_recorded_where_it_is_drawn_alone():
    usual = {flag for row in tables.USUAL.values() for flag in row.flags}
    assert {*OF_OTHERS} == tables.FLAGS.keys() - usual
    plain = mog2d.Config(mh_pool=False).settled()
    given = dataclasses.replace(plain, **OF_OTHERS)
    before, after = map(records.depends, (plain, given))
    assert before == after  # by --method=all
    every = dataclasses.replace(given, method="every")
    phases = records.depends(every)
    (at,) = every.gan_steps
    common = phases.pop(f"sample-standard-g{at}").keys()
    for name in tables.SAMPLERS.keys() - tables.USUAL.keys():
        own = phases.pop(f"sample-{name}-g{at}")
        assert own.keys() - common == {*tables.SAMPLERS[name].flags}
        assert all(own[flag] == OF_OTHERS[flag] for flag in own.keys() - common)
    assert phases.items() <= before.items()


def test_all_are_the_papers_five_and_every_is_each_row():
    methods = lambda method: mog2d.Config(method=method).methods
    assert methods("all") == tuple(tables.USUAL)
    assert methods("every") == tables.METHODS and {*tables.METHODS} == {
        *tables.SAMPLERS
    }
    assert methods(("mala", "standard")) == ("standard", "mala")
