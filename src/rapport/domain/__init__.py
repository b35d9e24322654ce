"""Frozen values that every room understands. No I/O, no SQL, no HTTP; may import nothing of the project."""
