"""Protocols checked, predicted, searched for and screened for."""
