"""Experiments on lines of text."""
