"""Tests for tf_collab.metrics.frechet."""

import math
import zipfile

import numpy as np
import pytest
from scipy import linalg

from tf_collab import metrics
from tf_collab.metrics import FeatureStats

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(8, 8))
A = RNG.normal(size=(300, 8)) @ MIX + 5
B = RNG.gumbel(size=(200, 8))


def slow_distance(x, y):
    """As the papers write it, by SciPy's square root of a matrix."""
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    gap = x.mean(axis=0) - y.mean(axis=0)
    return gap @ gap + np.trace(cov_x + cov_y - 2 * linalg.sqrtm(cov_x @ cov_y).real)


def distance(x, y):
    return metrics.frechet_distance(FeatureStats.of(x), FeatureStats.of(y))


def assert_alike(found, expected):
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(found.cov, expected.cov, rtol=1e-9, atol=1e-12)
    assert found.n == expected.n


@pytest.mark.parametrize("x, y", [(A, B), (B, A), (A, 0.1 * A), (A[:50], B[:20])])
def test_it_is_the_closed_form_with_scipys_matrix_root(x, y):
    assert distance(x, y) == pytest.approx(slow_distance(x, y), rel=1e-6)


def test_in_one_dimension_it_is_the_gap_of_means_and_deviations():
    x, y = A[:, :1], B[:, :1]
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_a_shift_costs_its_square_and_a_scale_the_spread():
    assert distance(A, A + 3) == pytest.approx(9 * 8, rel=1e-9)
    spread = np.trace(np.cov(A, rowvar=False))
    centred = A - A.mean(axis=0)
    assert distance(centred, 3 * centred) == pytest.approx(4 * spread, rel=1e-9)


def test_the_same_set_in_any_order_is_at_0():
    scale = np.trace(np.cov(A, rowvar=False))
    assert 0 <= distance(A, A[::-1]) < 1e-12 * scale


@pytest.mark.parametrize("batch", [1, 7, 150, 300])
def test_streaming_finds_what_the_whole_set_has(batch):
    batches = [A[i : i + batch] for i in range(0, len(A), batch)]
    assert_alike(FeatureStats.over(batches), FeatureStats.of(A))
    assert_alike(FeatureStats.over(batches[::-1]), FeatureStats.of(A))


def test_statistics_of_two_sets_are_joined():
    joined = FeatureStats.of(A[:70]).joined(FeatureStats.of(A[70:]))
    for found, expected in zip(joined, FeatureStats.of(A)):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    batch = FeatureStats.of(A[:70]).update(A[70:])
    for found, expected in zip(joined, batch):
        np.testing.assert_array_equal(found, expected)
    for one, other in (
        (joined, batch._replace(n=None)),
        (joined._replace(n=None), batch),
    ):
        with pytest.raises(ValueError, match="lack their number"):
            one.joined(other)


def test_streaming_keeps_its_digits_far_from_0():
    far = 1e7 + RNG.normal(size=(500, 3))  # sums about 0 would keep two digits
    found = FeatureStats.over(np.array_split(far, 50))
    np.testing.assert_allclose(found.cov, np.cov(far, rowvar=False), rtol=1e-6)


def test_float32_features_are_summed_in_float64():
    small = A.astype(np.float32)
    expected = np.cov(small.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(FeatureStats.of(small).cov, expected, rtol=1e-12)


def test_a_generator_is_read_a_batch_at_a_time():
    alive = []

    class Batch(np.ndarray):
        def __del__(self):
            alive.pop()

    def batches():
        for i in range(1000):
            assert len(alive) < 3  # the one read before, and the one in hand
            alive.append(i)
            yield np.random.default_rng(i).normal(size=(10, 4)).view(Batch)

    found = FeatureStats.over(batches())
    assert found.n == 10_000
    assert sum(np.size(part) for part in found) == 4 + 16 + 1
    # Four sigma of a variance of 10 000 standard normals.
    assert np.abs(np.diag(found.cov) - 1).max() < 4 * math.sqrt(2 / 10_000)


def test_no_more_samples_than_features_is_warned_of():
    with pytest.warns(UserWarning, match="of 8 samples with 8 features"):
        distance(A, B[:8])


@pytest.mark.parametrize("n", [300, None])
def test_a_file_gives_back_what_was_saved(n, tmp_path):
    stats = FeatureStats.of(A)._replace(n=n)
    metrics.save_stats(tmp_path / "a", stats)  # the name is taken as it is
    found = metrics.load_stats(tmp_path / "a")
    assert found.n == n
    assert (found.mean == stats.mean).all() and (found.cov == stats.cov).all()


def test_files_are_those_of_pytorch_fid_and_ttur(tmp_path):
    stats = FeatureStats.of(A)
    mu, sigma = A.mean(axis=0).astype("f4"), np.cov(A, rowvar=False).astype("f4")
    np.savez_compressed(tmp_path / "theirs.npz", mu=mu, sigma=sigma)
    theirs = metrics.load_stats(tmp_path / "theirs.npz")
    assert theirs.mean.dtype == theirs.cov.dtype == np.float64
    assert theirs.n is None
    rounding = 1e-5 * np.trace(stats.cov)
    assert metrics.frechet_distance(theirs, stats) == pytest.approx(0, abs=rounding)
    metrics.save_stats(tmp_path / "ours.npz", stats)
    with np.load(tmp_path / "ours.npz") as ours:
        assert (ours["mu"] == stats.mean).all() and (ours["sigma"] == stats.cov).all()


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"sigma": np.eye(3)}, "npz file with arrays mu and sigma.*it has no 'mu'"),
        ({"mu": np.zeros(3)}, "npz file with arrays mu and sigma.*it has no 'sigma'"),
        ({"mu": np.zeros(3), "sigma": np.eye(2)}, r"are \[3\] and \[2, 2\]"),
        ({"mu": np.zeros([3, 1]), "sigma": np.eye(3)}, r"are \[3, 1\] and"),
        ({"mu": np.zeros(2), "sigma": np.eye(2) * np.nan}, "not finite"),
        ({"mu": np.zeros(2), "sigma": np.array([[1, 2], [0, 1]])}, "not symmetric"),
        ({"mu": np.zeros(2), "sigma": -np.eye(2)}, "negative variances"),
        (
            {"mu": np.zeros(2), "sigma": np.full([2, 2], np.longdouble("1e4000"))},
            "not finite",
        ),
        ({"mu": np.array(["a"]), "sigma": np.eye(1)}, "of numbers: its 'mu' is of <U1"),
        ({"mu": np.array([{}]), "sigma": np.eye(1)}, "of numbers: Object arrays"),
        ({"mu": np.zeros(1), "sigma": np.eye(1) * 1j}, "its 'sigma' is of complex128"),
        *(
            ({"mu": np.zeros(1), "sigma": np.eye(1), "n": n}, "its 'n' is not a number")
            for n in (0, -3, 2.5, [3, 4])
        ),
    ],
)
def test_wrong_arrays_are_refused(arrays, message, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message) as refused:
        metrics.load_stats(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_damaged_files_are_refused_whatever_the_damage(tmp_path):
    good, path = tmp_path / "good.npz", tmp_path / "bad.npz"
    metrics.save_stats(good, FeatureStats.of(A[:, :3]))
    data = good.read_bytes()
    path.write_bytes(b"mu")
    np.save(tmp_path / "one.npy", A)
    damaged = [
        data[: len(data) // 2],
        b"",
        b"not an archive",
        (tmp_path / "one.npy").read_bytes(),
    ]
    with zipfile.ZipFile(good) as archive:
        inside = archive.getinfo("sigma.npy").header_offset + 200
    damaged.append(data[:inside] + bytes([data[inside] ^ 1]) + data[inside + 1 :])
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a readable npz file") as refused:
            metrics.load_stats(path)
        assert "\n" not in str(refused.value)
    with pytest.raises(FileNotFoundError):
        metrics.load_stats(tmp_path / "gone.npz")


def test_bad_input_is_refused():
    stats = FeatureStats.of(A)
    with pytest.raises(ValueError, match="they have 8 and 3"):
        metrics.frechet_distance(stats, FeatureStats.of(A[:, :3]))
    with pytest.raises(ValueError, match="they have 8 and 3"):
        stats.update(A[:, :3])
    with pytest.raises(ValueError, match="lack their number"):
        stats._replace(n=None).update(A)
    with pytest.raises(ValueError, match="features has 1 of 300 samples"):
        FeatureStats.of(np.where(np.arange(300)[:, None] == 3, np.inf, A))
    with pytest.raises(ValueError, match="features must be samples"):
        FeatureStats.of(A[0])
    with pytest.raises(ValueError, match="there is none"):
        FeatureStats.over([])
    with pytest.raises(ValueError, match="needs two samples"):
        metrics.frechet_distance(stats, FeatureStats.of(A[:1]))


def test_arrays_of_features_will_do():
    stats = [FeatureStats.of(x) for x in (A, A + 1)]
    assert metrics.frechet_distance(A, A + 1) == metrics.frechet_distance(*stats)
    assert metrics.frechet_distance(A, stats[1]) == metrics.frechet_distance(*stats)
