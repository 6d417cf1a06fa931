"""Coils designed, and doses carried from one to another."""
