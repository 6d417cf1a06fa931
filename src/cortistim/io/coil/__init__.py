"""Coil files: .ccd, .tcd, sampled potentials, wire paths."""
