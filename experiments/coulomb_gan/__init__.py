"""Coulomb GANs: nets, the field, and what watches it."""
