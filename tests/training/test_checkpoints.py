"""Tests for tf_collab.training.checkpoints."""

import keras
import numpy as np
import pytest

from tf_collab import models, training


def objects(units=3, seed=0):
    """A net with batch-norm and an optimizer with slots."""
    model = models.MLPGenerator(units, 3, seed=seed)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)
    return {"model": model, "optimizer": optimizer}


def fill(parts, value):
    rng = np.random.default_rng(value)
    for variable in variables(parts):
        shape = variable.shape
        variable.assign(rng.integers(1, 100, shape) + value * 100)


def variables(parts):
    return [v for part in parts.values() for v in part.variables]


def values(parts):
    return [v.numpy().copy() for v in variables(parts)]


def equal(a, b):
    return all((x == y).all() for x, y in zip(a, b, strict=True))


def saved(folder, steps, **options):
    parts = objects()
    checkpoints = training.Checkpoints(folder, **options, **parts)
    for step in steps:
        fill(parts, step)
        checkpoints.save(step)
    return checkpoints, parts


def flip(path, position, bit):
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)


def test_weights_statistics_and_slots_come_back_into_new_objects(tmp_path):
    _, parts = saved(tmp_path, [3])
    expected, fresh = values(parts), objects(seed=9)
    # Kernels, biases, batch-norm's four, and Adam's two slots of what is trained.
    assert len(expected) == 14 + 2 + 2 * 10
    assert not any((a == b).all() for a, b in zip(expected, values(fresh)))
    assert training.Checkpoints(tmp_path, **fresh).restore() == 3
    assert equal(values(fresh), expected)


def test_the_last_two_and_the_milestones_are_kept(tmp_path):
    checkpoints, _ = saved(tmp_path, [1, 2, 5, 8, 10], milestones=[2, 10, 77])
    assert checkpoints.steps() == [2, 8, 10]
    assert sorted(path.name[-2:] for path in tmp_path.iterdir()) == ["02", "08", "10"]


def test_a_given_step_can_be_restored(tmp_path):
    checkpoints, parts = saved(tmp_path, [1, 2])
    newest = values(parts)
    assert checkpoints.restore(1) == 1 and not equal(values(parts), newest)
    assert checkpoints.restore() == 2 and equal(values(parts), newest)


def test_a_folder_without_checkpoints_gives_none(tmp_path):
    checkpoints = training.Checkpoints(tmp_path / "not yet", **objects())
    assert checkpoints.steps() == [] and checkpoints.restore() is None


def test_saving_a_step_again_changes_nothing(tmp_path):
    checkpoints, parts = saved(tmp_path, [4])
    expected = values(parts)
    fill(parts, 5)
    checkpoints.save(4)
    assert checkpoints.restore() == 4 and equal(values(parts), expected)


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_flipped_bit_falls_back_to_the_checkpoint_before(tmp_path, name, part):
    checkpoints, parts = saved(tmp_path, [1, 2])
    expected, warnings = values(parts), []
    path = tmp_path / "step-000000002" / name
    # Only what matters: the index's last bytes pad its footer.
    position = int(part * (path.stat().st_size - 100))
    flip(path, position, 3)
    fill(parts, 9)
    with pytest.raises(ValueError, match="step-000000002 is damaged"):
        checkpoints.restore(2)
    assert not equal(values(parts), expected)
    assert checkpoints.restore(warn=warnings.append) == 1
    assert len(warnings) == 1 and "step-000000002 is damaged" in warnings[0]
    fresh, before = objects(), values(parts)
    fill(fresh, 1)
    assert equal(values(fresh), before)


@pytest.mark.parametrize("keep", [0, 100])
def test_a_truncated_file_falls_back_too(tmp_path, keep):
    checkpoints, _ = saved(tmp_path, [1, 2])
    for path in (tmp_path / "step-000000002").glob("*data*"):
        path.write_bytes(path.read_bytes()[:keep])
    with pytest.warns(UserWarning, match="step-000000002 is damaged and set aside"):
        assert checkpoints.restore() == 1


def test_where_all_are_damaged_nothing_is_restored(tmp_path):
    checkpoints, parts = saved(tmp_path, [1, 2])
    for path in tmp_path.glob("step-*/variables.index"):
        path.unlink()
    before, warnings = values(parts), []
    assert checkpoints.restore(warn=warnings.append) is None
    assert len(warnings) == 2 and equal(values(parts), before)


def test_a_half_written_draft_is_ignored_and_overwritten(tmp_path):
    checkpoints, _ = saved(tmp_path, [1])
    draft = tmp_path / "draft-000000002"
    draft.mkdir()
    (draft / "variables.index").write_bytes(b"half")
    assert checkpoints.steps() == [1] and checkpoints.restore() == 1
    checkpoints.save(2)
    assert checkpoints.steps() == [1, 2] and not draft.exists()
    assert checkpoints.restore() == 2


def test_nets_of_another_shape_are_refused(tmp_path):
    saved(tmp_path, [1])
    other = training.Checkpoints(tmp_path, **objects(units=4))
    with pytest.raises(ValueError, match=r"(?i)shape"):
        other.restore()


def test_nets_with_more_variables_are_refused(tmp_path):
    saved(tmp_path, [1])
    parts = objects() | {"model": models.MLPGenerator(3, 4)}
    with pytest.raises((AssertionError, ValueError)):
        training.Checkpoints(tmp_path, **parts).restore()
