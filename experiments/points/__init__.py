"""Experiments in the plane: targets, GANs and figures."""
