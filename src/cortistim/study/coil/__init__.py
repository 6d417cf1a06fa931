"""Coils designed, measured and shown."""
