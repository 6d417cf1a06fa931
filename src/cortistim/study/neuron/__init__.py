"""Thresholds, recruitment and motor responses over a person's cortex."""
