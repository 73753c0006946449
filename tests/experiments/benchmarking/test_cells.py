"""Tests for experiments.benchmarking.cells and .subjects, without a run."""

import types

from experiments.benchmarking import cells, subjects
from experiments.rundir import run_record
from tf_collab import tables


def test_a_line_tells_of_the_d_that_its_sampler_asks():
    subject = types.SimpleNamespace(
        line={"run": "r"}, d_steps={"calibrated": 1, "shaped": 2}
    )
    for name, row in tables.SAMPLERS.items():
        head = cells.head(subject, cells.Cell(name, 7, 20), n=40)
        assert (head["d"], head["d_step"]) == (row.judge, subject.d_steps[row.judge])
        assert (head["seed"], head["budget"], head["n"]) == (7, 20.0, 40)


def test_each_seed_has_each_cell_after_the_walk_that_it_is_as_short_as():
    methods = ("standard", "mala", "isir")
    config = types.SimpleNamespace(
        seeds=(3, 1), budgets=(20.0, 5.0), methods=methods, baselines=True
    )
    found = list(cells.cells(config))
    assert [*dict.fromkeys((c.seed, c.budget) for c in found)] == [
        *((3, 5.0), (3, 20.0)),
        *((1, 5.0), (1, 20.0)),
    ]
    names = [c.method for c in found[: len(found) // 4]]
    assert [c.walk for c in found if c.walk] == ["mala"] * 4
    assert names.index("truncated as mala") > names.index("mala")
    config.baselines = False
    assert [cell.method for cell in cells.cells(config)] == 4 * [*methods]


def test_refinement_moves_as_the_run_shaped_its_d_for():
    moves = {"rollout_method": "adam", "rollout_rate": 0.1, "stop": None}
    last = {**moves, "rollout_steps": 20, "collab_layer": 0}
    begun = {"rollout_rate": 0.5, "collab_layer": 2}
    phases = {"shape-g9": begun, "shape-g5": {"rollout_rate": 7.0}}
    record = run_record.Record("mog2d", "1", last, phases)

    def told(at, depth=4):
        session = types.SimpleNamespace(config=types.SimpleNamespace(**last))
        generator = types.SimpleNamespace(depth=depth)
        gan = types.SimpleNamespace(generator=generator)
        found = types.SimpleNamespace(session=session, gan=gan)
        own = subjects._moves(record, at, found)
        return own["rollout_method"], own["rollout_rate"], own["layer"]

    assert told(9) == ("adam", 0.5, 2)
    # A layer that G does not have stands for the sample itself.
    assert told(9, depth=2) == ("adam", 0.5, None)
    assert told(1) == ("adam", 0.1, 0)
