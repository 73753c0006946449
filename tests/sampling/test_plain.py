"""Tests for tf_collab.sampling.plain."""

import numpy as np

from tf_collab import Scored, sampling, seeds


def test_direct_is_g_and_what_d_says_in_inference_mode(trained):
    z = trained.prior(20, seeds.as_seed(0))
    direct = sampling.direct(trained)
    before = trained.generator.get_weights()
    found, state, _ = direct.step(seeds.as_seed(1), z, direct.init(None, z, None))
    x = trained.generator(z, training=False)
    assert isinstance(found, Scored) and state == ()
    np.testing.assert_array_equal(found.x, x)
    np.testing.assert_array_equal(found.score, trained.discriminator(x))
    # The batch's own statistics would give other numbers, and move the averages.
    assert np.abs(found.x - trained.generator(z, training=True)).max() > 1e-3
    trained.generator.set_weights(before)


def test_direct_costs_one_pass_of_each_net(trained):
    z = trained.prior(3, seeds.as_seed(0))
    _, _, info = sampling.direct(trained).step(seeds.as_seed(1), z, ())
    assert {name: value.numpy().tolist() for name, value in info.items()} == {
        "g_forward": [1, 1, 1],
        "d_forward": [1, 1, 1],
        "steps": [0, 0, 0],
        "g_backward": [0, 0, 0],
        "d_backward": [0, 0, 0],
    }
