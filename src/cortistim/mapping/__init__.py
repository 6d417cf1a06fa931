"""The mapping room."""
