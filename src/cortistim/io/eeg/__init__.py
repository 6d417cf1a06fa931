"""EEG: epochs and lead fields as files, and both for MNE."""
