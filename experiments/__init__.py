"""The experiments: thin programs that choose values, run loops and write files."""
