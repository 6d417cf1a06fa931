"""Folders of one person: a built head, SimNIBS' m2m."""
