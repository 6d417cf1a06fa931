"""The plasticity room."""
