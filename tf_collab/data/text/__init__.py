"""Lines of text as characters."""
