"""The networks of collaborative sampling."""
