"""The coil room."""
