"""How programs are called: flags, their types, errors, and a quiet start."""
