"""The field room."""
