"""Frames of a film that are lost or damaged are made again, or told to be lost."""

import shutil

from helpers import seed_watching, small_runs
from PIL import Image


def test_frames_are_made_again_where_a_checkpoint_is_left(tmp_path, capfd):
    few = {"method": ("standard",), "stats_every": 1, "checkpoint_every": 2}
    place, figures = tmp_path / "run", tmp_path / "run" / "figures"
    frames = [figures / "field" / f"{step:09d}.png" for step in range(7)]

    def go_on(**changes):
        capfd.readouterr()
        with seed_watching.eagerly():
            small_runs.run_charges(place, **few | changes)
        return capfd.readouterr().err

    go_on()
    whole = [frame.read_bytes() for frame in frames[:5]]
    film = (figures / "field-g4.gif").read_bytes()
    frames[0].write_bytes(whole[4])
    frames[4].write_bytes(whole[4][:-20])
    assert "not to be made again" not in go_on()
    assert [frame.read_bytes() for frame in frames[:5]] == whole
    assert (figures / "field-g4.gif").read_bytes() == film
    (place / "training.jsonl").unlink()  # frames of other steps stay in the film
    assert "step 0 and where checkpoints are left (2, 4)" in go_on()
    assert (figures / "field-g4.gif").read_bytes() == film
    frames[1].write_bytes(whole[1][:90] + b"." + whole[1][91:])
    frames[4].unlink()
    told = go_on(iterations=0.006)  # on from the newest checkpoint, whose frame is lost
    assert frames[4].read_bytes() == whole[4] and all(
        frame.exists() for frame in frames
    )
    assert "frames of GAN steps 1 are lost or damaged: the film to GAN step 6" in told
    (figures / "field-g4.gif").write_bytes(film)
    told = go_on(ckpt_num=(4,))
    assert "the film to GAN step 4 stays as it is" in told
    assert (figures / "field-g4.gif").read_bytes() == film
    (figures / "field-g4.gif").unlink()
    assert "the film to GAN step 4 goes without them" in go_on(ckpt_num=(4,))
    with Image.open(figures / "field-g4.gif") as film:
        assert film.n_frames == 4


def test_what_training_passes_again_is_not_told_to_be_lost(tmp_path, capfd):
    few = {"method": ("standard",), "stats_every": 1, "checkpoint_every": 2}
    with seed_watching.eagerly():
        small_runs.run_charges(tmp_path / "run", **few)
        figures = tmp_path / "run" / "figures" / "field"
        whole = {path.name: path.read_bytes() for path in figures.iterdir()}
        shutil.rmtree(tmp_path / "run" / "checkpoints")
        for name in ("000000000.png", "000000003.png"):
            (figures / name).unlink()
        small_runs.run_charges(tmp_path / "run", **few)
    assert {path.name: path.read_bytes() for path in figures.iterdir()} == whole
    assert "not to be made again" not in capfd.readouterr().err
