"""Stimulators and devices shown, and doses converted."""
