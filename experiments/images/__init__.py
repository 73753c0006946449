"""Experiments on images: data, metrics, figures, a sweep over layers."""
