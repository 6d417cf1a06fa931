"""Targets from functional connectivity: what is asked, what is read, what is written."""
