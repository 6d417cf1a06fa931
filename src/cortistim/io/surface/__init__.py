"""Surfaces of the cortex: FreeSurfer, GIFTI and folders of them."""
