"""A block is a function of its number: neither of order, restarts nor sizes."""

import warnings

import numpy as np
import pytest
import tensorflow as tf
from helpers import seed_watching, small_jobs

import tf_collab as tc
from experiments.stages import block_flags
from tf_collab.front import blocks, jobs
from tf_collab.tables import USUAL


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    with seed_watching.eagerly():
        yield
    blocks._source.cache_clear()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return small_jobs.save(tmp_path_factory.mktemp("saved"))


def drawn(job, index):
    """The bytes of a block's file, the samples in it, and what was told."""
    told = blocks.write(job, index)
    path = f"{job.folder}/{job.name(index)}"
    with open(path, "rb") as file:
        return file.read(), np.load(path)["x"], told


@pytest.mark.parametrize("method", USUAL)
def test_a_block_hangs_on_its_number_alone(method, source, tmp_path):
    job = small_jobs.job_of(source, tmp_path / "a", method=method)
    first = [drawn(job, i) for i in (0, 1, 2)]
    assert [len(x) for _, x, _ in first] == [10, 10, 5]
    assert len(np.unique(np.concatenate([x for _, x, _ in first]), axis=0)) == 25
    blocks._source.cache_clear()  # as in another process
    again = [drawn(job, i) for i in (2, 1)]
    assert [again[1][::2], again[0][::2]] == [found[::2] for found in first[1:]]
    # Of a job of more samples the short block is the beginning of a whole one, and
    # whole ones are the same.
    longer = small_jobs.job_of(source, tmp_path / "b", method=method, n=30)
    assert np.array_equal(drawn(longer, 2)[1][:5], first[2][1])
    assert drawn(longer, 0)[0] == first[0][0]


def test_what_is_told_of_a_block_is_of_its_file(source, tmp_path):
    job = small_jobs.job_of(source, tmp_path / "a")
    content, _, told = drawn(job, 2)
    digest = jobs.digest(tmp_path / "a" / "000002.npz")
    assert told == jobs.Written(2, 5, digest, 1.0, (), len(content))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert blocks.write(job, 2, str(elsewhere)) == told
    assert (elsewhere / "000002.npz").read_bytes() == content


def test_seeds_of_batches_are_of_one_block(source, tmp_path, monkeypatch):
    asked, draw = [], tc.sampling.draw

    def recorded(*given, seed, first, **how):
        asked.append((seed, first))
        return draw(*given, seed=seed, first=first, **how)

    monkeypatch.setattr(tc.sampling, "draw", recorded)
    blocks._source.cache_clear()
    job = small_jobs.job_of(source, tmp_path / "a", seed=0, n=2_000_000)
    found = [drawn(job, i)[1] for i in (13_980, 105_386, 0)]
    assert len(np.unique(np.concatenate(found), axis=0)) == 30
    assert len({tuple(seed.numpy()) for seed, _ in asked}) == 1
    assert [first for _, first in asked] == [
        i * blocks.BATCHES for i in (13_980, 105_386, 0)
    ]
    assert block_flags.MOST * blocks.BATCHES < 2**63


def test_the_burn_in_has_a_seed_of_its_own(source, tmp_path, monkeypatch):
    asked, begin, draw = [], tc.sampling.begin, tc.sampling.draw

    def began(*given, seed, **how):
        asked.append(tuple(seed.numpy()))
        return begin(*given, seed=seed, **how)

    def drew(*given, seed, **how):
        asked.append(tuple(seed.numpy()))
        return draw(*given, seed=seed, **how)

    monkeypatch.setattr(tc.sampling, "begin", began)
    monkeypatch.setattr(tc.sampling, "draw", drew)
    blocks._source.cache_clear()
    blocks.write(small_jobs.job_of(source, tmp_path / "a", method="rejection"), 0)
    assert len(asked) == 2 == len({*asked})


@pytest.mark.parametrize("method", USUAL)
def test_a_burn_in_is_of_the_job_and_chains_are_of_a_block(
    method, source, tmp_path, monkeypatch
):
    states, draw = [], tc.sampling.draw

    def recorded(*given, state, **how):
        states.append(state)
        return draw(*given, state=state, **how)

    monkeypatch.setattr(tc.sampling, "draw", recorded)
    blocks._source.cache_clear()
    job = small_jobs.job_of(source, tmp_path / "a", method=method)
    for i in (0, 2):
        blocks.write(job, i)
    if method == "rejection":
        assert states[0] is states[1] is not None
        _, (bound, gamma) = states[0]
        found = tc.load_collaboration(source).outcome
        gan, real = found.dials.calibrated, found.real
        ratios = gan.log_ratio(gan.scored(real).score)
        assert bound >= np.max(ratios) and np.isfinite(gamma)
    else:
        first, last = map(tf.nest.flatten, states)
        differ = [not np.array_equal(a, b) for a, b in zip(first, last)]
        assert any(differ) == (method in ("hastings", "collaborative"))


def test_blocks_are_drawn_of_what_the_job_was_begun_with_alone(source, tmp_path):
    job = small_jobs.job_of(source, tmp_path / "a")
    blocks._source.cache_clear()
    known = [pair for pair in job.software if pair[0] != "scipy"]  # as of before
    order = job._replace(inputs=job.inputs[::-1], software=tuple(known[::-1]))
    assert blocks.write(order, 0, str(source.parent)).number == 0
    others = {**dict(job.software), "tensorflow": "1.15", "scipy": "0.9"}
    told = r"scipy [\d.]+ and .*tensorflow 1\.15, .*numpy [\d.]+, scipy 0\.9$"
    with pytest.raises(RuntimeError, match=told):
        blocks.write(job._replace(software=tuple(others.items())), 0)
    inputs = (*job.inputs[:-1], (job.inputs[-1][0], "0" * 64))
    with pytest.raises(RuntimeError, match=r"and another collaboration$"):
        blocks.write(job._replace(inputs=inputs), 0)
    code = tmp_path / "nets.py"
    code.write_text("1")
    beside = (("generator_code", str(code)),)
    of_code = job._replace(beside=beside, inputs=jobs.digests(source, beside))
    assert blocks.write(of_code, 0, str(source.parent)).number == 0
    blocks._source.cache_clear()
    code.write_text("2")
    with pytest.raises(RuntimeError, match=r"other code or another collaboration$"):
        blocks.write(of_code, 0)
    with pytest.raises(RuntimeError, match="99 are asked for"):
        blocks.write(job._replace(threads=99), 0)
    assert not [*(tmp_path / "a").iterdir()]


def test_doubts_of_a_block_are_told_with_it(source, tmp_path, monkeypatch):
    draw = tc.sampling.draw

    def doubting(*given, **how):
        for _ in range(2):
            warnings.warn("chains were capped", tc.Doubt, stacklevel=1)
        return draw(*given, **how)

    monkeypatch.setattr(tc.sampling, "draw", doubting)
    blocks._source.cache_clear()
    job = small_jobs.job_of(source, tmp_path / "a")
    assert blocks.write(job, 0).doubts == ("standard: chains were capped",)


def test_samples_with_labels_are_two_arrays():
    x, label = np.zeros([3, 2]), np.array([1, 0, 2])
    assert {*blocks.arrays(x)} == {"x"}
    for beside in (label, label[:, None], np.eye(3)[label]):
        found = blocks.arrays((x, beside))
        assert found["x"] is x and np.array_equal(found["label"], label)
    # What is beside x and no label is kept as it is.
    assert np.array_equal(blocks.arrays((x, x + 0.5))["label"], x + 0.5)


@pytest.mark.parametrize(
    "shown, limits",
    [
        (np.zeros([4, 8, 8, 3]), (0, 1)),
        (np.full([4, 8, 8, 1], 0.9), (0, 1)),
        (np.linspace(-1, 1, 64).reshape([1, 8, 8, 1]), (-1, 1)),
        (np.full([4, 8, 8, 1], 1.0005), (-1, 1)),
        (np.linspace(0, 255, 64).reshape([1, 8, 8, 1]), None),
        (np.zeros([4, 8, 8, 2]), None),
        (np.zeros([4, 2]), None),
    ],
)
def test_black_and_white_are_as_the_reals_have_them(shown, limits):
    class Found:
        pass

    Found.shown = shown
    assert blocks.limits(Found) == limits
    assert (blocks.no_images(shown) is None) == (limits is not None)


def test_pictures_of_other_values_than_black_to_white_are_no_images():
    pictures = np.linspace(0, 255, 64).reshape([1, 8, 8, 1])
    assert "go from 0 to 255, where black" in blocks.no_images(pictures)
    assert blocks.no_images(np.zeros([4, 2])) == "these samples are none"
