"""The stages of every experiment: train, calibrate, shape, draw, measure."""
