"""What a file tells of a GAN comes back: prior, labels that are held, statistics."""

import contextlib
import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets, linear_gan, small_cases, small_jobs, small_tunings

import tf_collab as tc
from tf_collab.front import kept_parts, lacking, loading
from tf_collab.front.collaboration import Collaboration

Z = tc.seeds.as_seed(4)
PRIORS = {
    "normal": tc.priors.normal(3),
    "truncated": tc.priors.truncated(3, at=0.7),
    "uniform": tc.priors.uniform(3, low=0, high=9),
    "labelled": tc.priors.labelled(tc.priors.normal(3), 4, one_hot=True),
    # What no file tells is given again.
    "quasi_normal": None,
    "quasi_uniform": None,
    "reweighted": None,
}


def test_a_loaded_gan_has_the_prior_and_holds_what_it_held(tmp_path):
    prior, other = PRIORS["uniform"], {"hold": ("label", 1), "batch_statistics": True}
    gan = linear_gan.linear_gan()._replace(prior=prior, **other)
    made = small_cases.outcome_of(small_cases.dials_of(gan))
    made = Collaboration(None, made)  # of a GAN, which does not tell its objective
    made.save(tmp_path)
    with pytest.raises(ValueError, match="does not tell the objective"):
        tc.load_collaboration(tmp_path)
    made.save(tmp_path, objective="nsgan")
    dials = tc.load_collaboration(tmp_path).outcome.dials
    for loaded in (dials.calibrated, dials.shaped):
        assert np.array_equal(loaded.prior(5, Z), prior(5, Z))
        assert {name: getattr(loaded, name) for name in other} == other


def test_priors_that_tell_what_they_are_are_made_again_of_it():
    assert {*PRIORS} == {*tc.priors.__all__}
    known = {name: prior for name, prior in PRIORS.items() if prior}
    assert {*lacking.LAWS} == {*known}
    other = {"frequencies": [1, 0, 3]}, {"in_turn": True}
    laws = [tc.priors.labelled(known["uniform"], 3, **options) for options in other]
    for prior in *known.values(), *laws:
        again = kept_parts.prior(*json.loads(json.dumps(prior.spec)))
        for a, b in zip(*map(tf.nest.flatten, (again(5, Z), prior(5, Z)))):
            assert np.array_equal(a, b)
        assert json.dumps(again.spec) == json.dumps(prior.spec)


def spoiled(path, **changes):
    record = json.loads(path.read_text("utf-8")) | changes
    kept = {name: value for name, value in record.items() if value != "nothing"}
    path.write_text(json.dumps(kept), encoding="utf-8")


def test_a_record_or_reals_of_another_kind_are_one_sentence_that_names_them(tmp_path):
    small_jobs.save(tmp_path)
    path, reals = tmp_path / "collaboration.json", tmp_path / "reals.npz"
    whole, rows = path.read_bytes(), dict(np.load(reals))
    for changes in (
        {"more": 1},
        {"weak": "nothing"},
        {"about": "nothing"},
        {"lines": [["standard", "ten", *[None] * 8]]},
        {"notes": 3},
        {"ratios": [["none", [], [], 0.0]] * 2},
        {"prior": ["normal", [8], []]},
        {"prior": ["normal", ["a"], []]},
    ):
        spoiled(path, **changes)
        with pytest.raises(ValueError, match=path.name) as told:
            tc.load_collaboration(tmp_path)
        assert len(str(told.value).splitlines()) == 1
        path.write_bytes(whole)
    for others in (
        {"real-0": rows["real-0"]},
        {**rows, "shown-0": rows["shown-0"][:, :1]},
        {**rows, "real-0": rows["real-0"].astype("U9")},
    ):
        np.savez(reals, **others)
        with pytest.raises(ValueError, match=reals.name):
            tc.load_collaboration(tmp_path)
    np.savez(reals, **rows)
    assert tc.load_collaboration(tmp_path).outcome.report()


class OwnD(keras.Model):
    """A discriminator of a class of its own."""

    def __init__(self, ending=None):
        super().__init__()
        self.hidden = keras.layers.Dense(4, "relu")
        self.last = keras.layers.Dense(1, ending)

    def call(self, x):
        return self.last(self.hidden(x))


def own_nets(ending):
    g, d = keras_nets.OwnChain(between=lambda h: 2 * h), OwnD(ending)
    d(g(np.zeros([1, 3], "f4")))
    return g, d


@pytest.mark.parametrize(
    "ending, read", [(None, {}), ("sigmoid", {"probability": True})]
)
def test_nets_of_own_classes_are_given_again_as_they_were(tmp_path, ending, read):
    g, d = own_nets(ending)
    reals = small_cases.reals(1), small_cases.reals(2)
    options = {"prior": tc.priors.normal(3), "objective": "nsgan", **read}
    with small_tunings.tunings_of(batch=40, FEWEST=20, MOST=40, STEPS=2, LOOKS=1):
        c = tc.collaborate(g, d, reals[0], held_out=reals[1], **options)
        c.tune(calls=20_000, progress=False)
        with pytest.warns(tc.Doubt, match="has of the generator and the discriminator"):
            c.save(tmp_path)
        for nets in (g, d), own_nets(ending):  # the same, and others of their classes
            given = dict(zip(("generator", "discriminator"), nets, strict=True))
            loaded = tc.load_collaboration(tmp_path, **given)
            for method in "standard", "hastings", "collaborative":
                draws = [each.draw(9, method=method, seed=2) for each in (c, loaded)]
                assert np.allclose(*draws, atol=1e-5)
    assert loaded.outcome.read == c.outcome.read  # so that it can be saved once more


@pytest.mark.parametrize("net", ["file", "weights"])
def test_one_call_is_told_that_gives_all_that_lacks(tmp_path, net):
    """Whatever is given already; and that call loads, or is one of fewer options."""
    g, d = keras_nets.chain(), keras_nets.classifier()
    if net == "weights":
        g, d = own_nets(None)
    given = {"prior": lambda n, seed: tc.priors.normal(3)(n, seed)}
    given["objective"] = tc.objectives.nsgan()
    gan = tc.from_keras(g, d, **given)
    if net == "weights":
        given = {"generator": g, "discriminator": d, **given}
    c = Collaboration(None, small_cases.outcome_of(small_cases.dials_of(gan)))
    with pytest.warns(tc.Doubt) if net == "weights" else contextlib.nullcontext() as by:
        c.save(tmp_path)
    way = ", ".join([repr(str(tmp_path)), *(f"{option}=..." for option in given)])
    way = f"load it by tc.load_collaboration({way}), with what collaborate was given"
    if net == "weights":
        assert way in str(by[0].message)
    for count in range(len(given)):
        for options in itertools.combinations(given, count):
            with pytest.raises(loading.Lacking) as found:
                tc.load_collaboration(tmp_path, **{n: given[n] for n in options})
            assert way in str(found.value)
            lacks = str(found.value).split(": load it")[0].removeprefix(str(tmp_path))
            named = {n for n in given if f"the {n}" in lacks}
            assert named == {*given} - {*options}
    loaded = tc.load_collaboration(tmp_path, **given)
    draws = [each.draw(5, method="standard", seed=2) for each in (c, loaded)]
    assert np.allclose(*draws, atol=1e-5)


@pytest.mark.parametrize(
    "spare, words",
    [
        (["generator"], "has the generator whole, and the one that was given is not"),
        (["discriminator"], "leave discriminator=... out"),
        (["generator", "discriminator"], "those given are not read: leave generator="),
        ([], ""),
        (["prior", "objective"], ""),
    ],
)
def test_a_net_that_the_folder_has_itself_is_not_read_and_this_is_told(
    tmp_path, spare, words
):
    """Whatever it is: the folder's own is loaded."""
    small_jobs.save(tmp_path)
    others = {"generator": keras_nets.chain(9, 5), "discriminator": OwnD()}
    others |= {"prior": PRIORS["normal"], "objective": "lsgan"}
    given = {option: others[option] for option in spare}
    with pytest.warns(tc.Doubt, match=words) if words else contextlib.nullcontext():
        loaded = tc.load_collaboration(tmp_path, **given)
    plain = tc.load_collaboration(tmp_path)
    draws = [c.draw(5, method="standard", seed=2) for c in (loaded, plain)]
    assert words == "" or np.array_equal(*draws)


@pytest.mark.parametrize("net", ["generator", "discriminator"])
def test_of_two_nets_given_that_of_which_the_folder_has_weights_is_read(net):
    kinds = {
        part: "weights" if of == net else "file" for part, of in lacking.NETS.items()
    }
    (other,) = {*lacking.NETS.values()} - {net}
    told = lacking.not_read("mine", kinds, ["generator", "discriminator", "prior"])
    assert told.startswith(f"'mine' has the {other} whole, and the one that was given")
    assert lacking.not_read("mine", kinds, [net, "prior"]) == ""


def test_what_a_record_names_and_nobody_knows_is_to_be_given():
    kinds = dict.fromkeys(lacking.NETS, "file")
    assert lacking.needed(kinds, ["normal", [3], []], "nsgan") == []
    assert lacking.needed(kinds, ["cauchy", [3], []], "nsgan") == ["prior"]
    quasi = tc.priors.quasi_normal(3)
    for prior in quasi, tc.priors.quasi_uniform(3), tc.priors.labelled(quasi, 3):
        assert lacking.needed(kinds, prior.spec, "other") == ["prior", "objective"]


def test_what_no_record_can_tell_is_refused_before_anything_is_written(tmp_path):
    gan = linear_gan.linear_gan()._replace(prior=tc.priors.truncated(3, at=np.array(2)))
    c = Collaboration(None, small_cases.outcome_of(small_cases.dials_of(gan)))
    with pytest.raises(ValueError, match=r"its objective has a .*: give its name, as"):
        c.save(tmp_path / "mine", objective=tc.objectives.nsgan())
    spec = ("truncated", (3,), (np.ones(3),))
    odd = gan._replace(prior=gan.prior._replace(spec=spec))
    odd = Collaboration(None, small_cases.outcome_of(small_cases.dials_of(odd)))
    with pytest.raises(
        ValueError, match=r"its prior has an array of shape \[3\]: give"
    ):
        odd.save(tmp_path / "mine", objective="nsgan")
    assert not (tmp_path / "mine").exists()
    c.save(tmp_path / "mine", objective="nsgan")  # an array of one number is one
    loaded = tc.load_collaboration(tmp_path / "mine").outcome.dials.calibrated.prior
    assert loaded.spec == ("truncated", (3,), (2,))
