"""Responses: thresholds as they are measured, simulated and replayed, recruitment curves."""
