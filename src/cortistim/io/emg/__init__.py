"""EMG of others: takes recordings of any program; gives channels, markers and pieces."""

from cortistim.io.emg.bids import read_bids_emg
from cortistim.io.emg.brainsight import read_brainsight_emg
from cortistim.io.emg.brainvision import read_brainvision
from cortistim.io.emg.edf import read_edf, write_edf
from cortistim.io.emg.files import edges_s, read_emg
from cortistim.io.emg.labchart import read_labchart_text
from cortistim.io.emg.matlab import read_emg_mat
from cortistim.io.emg.table import read_emg_table, write_emg_table

__all__ = [
    "edges_s",
    "read_bids_emg",
    "read_brainsight_emg",
    "read_brainvision",
    "read_edf",
    "read_emg",
    "read_emg_mat",
    "read_emg_table",
    "read_labchart_text",
    "write_edf",
    "write_emg_table",
]
