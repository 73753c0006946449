"""What a run leaves: its folder, results, events, pictures and report."""
