"""EEG: the lead field of a head, epochs cleaned with it, and evoked potentials."""
