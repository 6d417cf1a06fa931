"""The pulse room."""
