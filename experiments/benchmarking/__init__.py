"""What compares samplers of finished runs at equal cost."""
