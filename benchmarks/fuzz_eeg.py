"""Readers of EEG for `fuzz_readers.py`."""

import numpy as np

from cortistim.eeg import Epochs
from cortistim.io.eeg.epochs import read_epochs, write_epochs
from cortistim.io.eeg.lead import LeadFile, read_lead, write_lead


def leads(folder):
    """Write a lead field of three electrodes."""
    draw = np.random.default_rng(0)
    sizes = ((3, 4, 3), (4, 3), (4, 3), 4, (3, 3))
    gain, points, normals, areas, electrodes = (draw.normal(size=size) for size in sizes)
    lead = LeadFile(gain, points, normals, areas, electrodes, ("Fz", "Cz", "Pz"), np.eye(3))
    write_lead(folder / "lead.npz", lead)
    return [folder / "lead.npz"]


def pieces(folder):
    """Write epochs of our own and as numpy does."""
    values = np.random.default_rng(0).normal(size=(2, 3, 9))
    epochs = Epochs(values, 1e-3 * np.arange(-4.0, 5), ("Fz", "Cz", "Pz"))
    write_epochs(folder / "own.npz", epochs)
    names = np.array(epochs.names)
    np.savez(folder / "plain.npz", values_v=values, times_s=epochs.times_s, names=names)
    return [folder / "own.npz", folder / "plain.npz"]


EEG_ROWS = {
    "eeg_lead": (".npz", read_lead, leads),
    "eeg_epochs": (".npz", read_epochs, pieces),
}
