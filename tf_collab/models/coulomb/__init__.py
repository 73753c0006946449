"""The networks of Coulomb GANs, and their blocks."""
