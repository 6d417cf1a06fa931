"""Scenes in three dimensions for a browser."""
