"""Data, options and budgets that will do are tuned with, and others refused."""

import pathlib
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import small_tunings

import tf_collab as tc
from tf_collab.front.ledger import Ledger

pytestmark = pytest.mark.usefixtures("few")

CALLS = small_tunings.CALLS
SCALE = "scale the data to the generator's range"


def test_a_gan_that_is_the_data_has_nothing_to_gain(target):
    """G gives the data themselves, and D cannot know better: plain is recommended."""
    identity = tc.models.LayeredModel([keras.layers.Activation("linear")])
    d = tc.models.MLPDiscriminator(8, 2)
    prior = lambda n, seed: target.batch(n, seed)
    gan = tc.GAN(identity, d, prior, tc.objectives.nsgan())
    gan.scored(prior(2, tc.seeds.as_seed(0)))
    x = [np.asarray(target.batch(400, tc.seeds.as_seed(s))) for s in (1, 2)]
    c = tc.collaborate(gan, x[0], held_out=x[1]).tune(calls=CALLS, progress=False)
    assert c.best == "standard" and "Nothing to gain is shown" in c.report()


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, "held_out=... is needed"),
        ({"held_out": np.eye(50, 2)}, "held_out has 50 rows, and 200"),
        ({"held_out": np.zeros([500, 3])}, "held_out is float64 .500, 3."),
        ({"held_out": "x_train"}, "400 of the 400 rows of held_out are in x_train"),
    ],
)
def test_data_that_cannot_judge_are_refused(trained, reals, options, words):
    if isinstance(options.get("held_out"), str):
        options = {"held_out": reals[0]}
    with pytest.raises(ValueError, match=words):
        tc.collaborate(trained, reals[0], **options)


def test_a_generator_of_one_sample_is_refused_before_a_tuning(trained, reals):
    one = tc.models.LayeredModel([lambda z: 0 * z[:, :2] + 1])
    with pytest.raises(ValueError, match="G makes the same sample of every z"):
        tc.collaborate(trained._replace(generator=one), reals[0], held_out=reals[1])


def test_data_of_another_scale_are_told(trained, reals):
    """At once, at the head of the report, and nothing is recommended."""
    with pytest.warns(tc.Doubt, match=SCALE) as told:
        c = tc.collaborate(trained, 255 * reals[0], held_out=255 * reals[1])
    assert told[0].filename == __file__
    (flaw,) = c._case.flaws
    assert SCALE in flaw and flaw not in c.notes


def test_another_prior_than_that_of_training_is_told(trained, reals):
    """At once, at the head of the report, and nothing is recommended."""
    g = tc.models.MLPGenerator(8, 3)
    for step in range(60):
        g(tc.priors.normal(2)(64, tf.constant([7, step])), training=True)
    given = trained._replace(generator=g)
    told = "of this prior come to the generator's first batch-norm with 0\\.3"
    with pytest.warns(tc.Doubt, match=told):
        c = tc.collaborate(
            given._replace(prior=tc.priors.uniform(2)), reals[0], held_out=reals[1]
        )
    assert any("first batch-norm" in flaw for flaw in c._case.flaws)
    assert not any("first batch-norm" in note for note in c.notes)
    right = tc.collaborate(
        given._replace(prior=tc.priors.normal(2)), reals[0], held_out=reals[1]
    )
    assert not right._case.flaws


@pytest.mark.parametrize(
    "options, words",
    [
        ({}, "objective=... is needed"),
        ({"objective": "nsgan", "heldout": 1}, "has no option 'heldout'.*'held_out'"),
    ],
)
def test_options_that_are_missing_or_misspelt_are_told(reals, options, words):
    with pytest.raises(TypeError, match=words):
        tc.collaborate(None, None, reals[0], held_out=reals[1], **options)


def test_held_out_data_of_another_scale_are_refused(trained, reals):
    with pytest.raises(ValueError, match="scale them alike"):
        tc.collaborate(trained, reals[0], held_out=255 * reals[1])


def test_a_folder_goes_on_with_the_same_judge_and_objective_alone(
    trained, reals, tmp_path
):
    def begin(gan, **options):
        made = {"held_out": reals[1], "folder": tmp_path, **options}
        return tc.collaborate(gan, reals[0], **made)

    with pytest.raises(ValueError, match="calls at least"):
        begin(trained).tune(calls=1)
    Ledger(tmp_path, begin(trained)._case.ledger["facts"]).put("a", 1)
    begin(trained)
    with pytest.raises(ValueError, match="a tuning of other judge"):
        begin(trained, features=lambda x: np.asarray(x)[:, ::-1])
    with pytest.raises(ValueError, match="a tuning of other objective"):
        begin(trained._replace(objective=tc.objectives.hinge()))


@pytest.mark.parametrize(
    "budget",
    [{}, {"calls": 1, "minutes": 1}, {"calls": 0}, {"minutes": -1}, {"minutes": "2"}],
)
def test_a_budget_is_one_positive_number(trained, reals, budget):
    c = tc.collaborate(trained, reals[0], held_out=reals[1])
    with pytest.raises(ValueError, match="a positive number"):
        c.tune(**budget)
    with pytest.raises(ValueError, match="calls at least"):
        c.tune(calls=1)
    with pytest.raises(ValueError, match="calls at least"):  # it is not held to that
        c.tune(calls=2)
    with pytest.raises(RuntimeError, match="nothing is tuned yet"):
        c.draw(3)


def test_the_program_of_its_page_runs_as_pasted(
    target, reals, tmp_path, monkeypatch, capsys
):
    page = pathlib.Path(tc.__file__).parents[1] / "docs/better_samples.md"
    program = re.search(r"(?ms)^```python\n(.*?)^```$", page.read_text("utf-8"))[1]
    dense = keras.layers.Dense
    names = {
        "generator": keras.Sequential([keras.Input((3,)), dense(4, "relu"), dense(2)]),
        "discriminator": keras.Sequential([keras.Input((2,)), dense(1)]),
        "x_train": reals[0],
        "x_test": reals[1],
    }
    monkeypatch.chdir(tmp_path)
    exec(program.replace("minutes=5", f"calls={CALLS}, progress=False"), names)
    assert names["samples"].shape == (1000, 2)
    assert "was taken for standard normal" in capsys.readouterr().out
    loaded = tc.load_collaboration("mine")
    draws = [c.draw(20, method="standard", seed=1) for c in (names["c"], loaded)]
    assert np.allclose(*draws, atol=1e-5)


def test_importing_the_library_does_not_open_the_front_door():
    source = pathlib.Path(tc.__file__).read_text("utf-8")
    assert 'import_module("tf_collab.front")' in source
