"""Files of EMG and of sessions for the fuzzer to break, one small whole set for each format.

Each row of `EMG` is the ending of the files, the function that reads one, and a function that
writes whole files to a folder and returns their paths.
"""

import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.bids import read_bids, write_bids
from cortistim.io.emg import read_emg, write_edf, write_emg_table
from cortistim.io.emg.brainsight import emg_cells
from cortistim.io.table.mep_map import read_mep_map
from cortistim.io.table.session import read_session, write_session
from cortistim.mapping.emg import EmgChannel, EmgEpochs, EmgRecording
from cortistim.records.session import PulseRow, SessionRecord
from cortistim.study.emg.decide import read_decisions
from cortistim.study.emg.pulses import times_in
from cortistim.study.session.table import open_session

RATE_HZ = 100.0


def recording():
    """Return two channels of two seconds with two kinds of marker."""
    counts = np.random.default_rng(0).integers(-300, 300, size=(2, 200)).astype("int16")
    channels = (
        EmgChannel("FDI", counts[0], RATE_HZ, 1e-7, 0.0, "uV"),
        EmgChannel("ADM", counts[1], RATE_HZ, 1e-7, 0.0, "uV"),
    )
    return EmgRecording("own", channels, {"TMS": np.array([0.5, 1.25]), "x": np.array([1.0])})


def edf_seeds(folder):
    """Write both widths of samples."""
    paths = [folder / "narrow.edf", folder / "wide.bdf"]
    for path in paths:
        write_edf(path, recording())
    return paths


def bids_seeds(folder):
    """Write data of BIDS with its sidecars; the data is broken."""
    path = folder / "sub-1_task-rest_emg.edf"
    write_edf(path, recording())
    (folder / "sub-1_task-rest_channels.tsv").write_text("name\tunits\nFDI\tuV\nADM\tuV\n")
    (folder / "sub-1_task-rest_events.tsv").write_text("onset\ttrial_type\n0.5\tTMS\n")
    return [path]


def brainvision_seeds(folder):
    """Write a header; its samples and markers lie beside it."""
    counts = np.stack([c.samples for c in recording().channels])
    path = folder / "a.vhdr"
    path.with_suffix(".eeg").write_bytes(np.ascontiguousarray(counts.T).tobytes())
    path.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Marker Infos]\n"
        "Mk1=New Segment,,1,1,0\nMk2=Stimulus,TMS,51,1,0\n"
    )
    path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=a.eeg\n"
        "MarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        "NumberOfChannels=2\nSamplingInterval=10000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        "[Channel Infos]\nCh1=FDI,,0.1,uV\nCh2=ADM,,0.1,uV\n"
    )
    return [path]


def table_seeds(folder):
    """Write commas and tabs."""
    paths = [folder / "a.csv", folder / "a.tsv"]
    for path in paths:
        write_emg_table(path, recording())
    return paths


def labchart_seeds(folder):
    """Write text of LabChart with a comment."""
    path = folder / "a.txt"
    rows = "".join(f"{k / 100:g}\t{k % 7}\t0\n" for k in range(40))
    path.write_text(
        "Interval=\t10 ms\nChannelTitle=\tFDI\tTTL\nRange=\t10.000 mV\t5.000 V\n"
        + rows + "0.4\t1\t5\t#* TMS\n"
    )  # fmt: skip
    return [path]


def brainsight_seeds(folder):
    """Write Brainsight's text with two samples' traces."""
    volts = np.random.default_rng(1).normal(size=(2, 1, 20)) * 1e-6
    epochs = EmgEpochs(("EMG 1",), volts, 1000.0, -0.01, np.array([0.0, 5.0]))
    rows = [emg_cells(epochs, row) for row in range(2)]
    lines = [
        "# Version: 14",
        "# Coordinate system: World",
        "\t".join(["# Sample Name", *rows[0]]),
    ]
    lines += ["\t".join([f"S {k}", *row.values()]) for k, row in enumerate(rows)]
    path = folder / "a.txt"
    path.write_text("\n".join(lines) + "\n")
    return [path]


def mat_seeds(folder):
    """Write MATLAB files as LabChart, Spike2 and Signal lay them out."""
    from scipy.io import savemat

    values = np.random.default_rng(2).normal(size=(2, 30))
    paths = [folder / f"{name}.mat" for name in ("labchart", "spike2", "signal")]
    savemat(paths[0], {
        "data": values.ravel()[None], "datastart": np.array([[1.0], [31]]),
        "dataend": np.array([[30.0], [60]]), "titles": np.array(["FDI", "ADM"]),
        "samplerate": np.array([[1000.0], [1000]]), "tickrate": 1000.0,
        "unittext": np.array(["mV"]), "unittextmap": np.array([[1.0], [1]]),
        "com": np.array([[-1, 1, 12.0, 1, 1]]), "comtext": np.array(["TMS"]),
    })  # fmt: skip
    savemat(paths[1], {
        "c1": {"title": "FDI", "interval": 2e-4, "units": "mV", "values": values[0]},
        "c2": {"title": "TMS", "times": [0.002, 0.004]},
    })  # fmt: skip
    savemat(paths[2], {"w": {
        "interval": 1e-3, "start": -0.05, "frames": 3, "values": np.ones((30, 1, 3)),
        "chaninfo": [{"title": "FDI", "units": "mV"}],
    }})  # fmt: skip
    return paths


def session():
    """Return two pulses, one with a pose."""
    axes = {f"{a}dir_{b}": float(a == b) for a in "xyz" for b in "xyz"}
    rows = (
        PulseRow(pulse=1, time_s=0.5, channel="FDI", percent_mso=50.0, mep_uv=120.0, qc="ok"),
        PulseRow(pulse=2, time_s=5.5, channel="FDI", x_mm=1.0, y_mm=2.0, z_mm=60.0, **axes),
    )
    return SessionRecord(facts={"age": "31"}, pulses=rows)


def session_seeds(folder):
    """Write a table in every form of text."""
    paths = [folder / f"a{k}{ending}" for k, ending in enumerate((".csv", ".tsv", ".json"))]
    for path in paths:
        write_session(path, session())
    return paths


def parquet_seeds(folder):
    """Write a table as Parquet, or what looks like one where pyarrow is missing."""
    path = folder / "a.parquet"
    if find_spec("pyarrow") is None:
        path.write_bytes(b"PAR1PAR1")
    else:
        write_session(path, session())
    return [path]


def parquet(path):
    """Read a table as Parquet; without pyarrow it is refused in words."""
    try:
        return read_session(path)
    except BadInputError:
        if find_spec("pyarrow") is not None:
            raise
        return None


def text_seeds(name, text):
    """Return a function that writes one file."""

    def seeds(folder):
        (folder / name).write_text(text)
        return [folder / name]

    return seeds


def dataset_seeds(draft):
    """Return a function that writes the tables of a dataset, names made flat."""

    def seeds(folder):
        with tempfile.TemporaryDirectory() as place:
            write_bids(Path(place) / "b", session(), draft)
            root = Path(place) / "b"
            found = [p for p in sorted(root.rglob("*")) if p.suffix in (".tsv", ".json")]
            flat = [folder / str(p.relative_to(root)).replace("/", "+") for p in found]
            for path, target in zip(found, flat, strict=True):
                shutil.copy(path, target)
        return flat

    return seeds


def dataset_reader(draft):
    """Return a function that puts one broken file into a whole dataset and reads that."""

    def read(path):
        with tempfile.TemporaryDirectory() as place:
            root = Path(place) / "b"
            write_bids(root, session(), draft)
            shutil.copy(path, root / path.name.replace("+", "/"))
            return read_bids(root)

    return read


EMG = {
    "emg_edf": (".edf", read_emg, edf_seeds),
    "emg_bids": (".edf", read_emg, bids_seeds),
    "emg_brainvision": (".vhdr", read_emg, brainvision_seeds),
    "emg_table": (".csv", read_emg, table_seeds),
    "emg_labchart": (".txt", read_emg, labchart_seeds),
    "emg_brainsight": (".txt", read_emg, brainsight_seeds),
    "emg_mat": (".mat", read_emg, mat_seeds),
    "session": (".csv", read_session, session_seeds),
    "session_parquet": (".parquet", parquet, parquet_seeds),
    "session_any": (".csv", open_session, session_seeds),
    "mep_map": (".csv", read_mep_map, text_seeds("a.csv", "1;2;10;20;30;0\n1;2;1;2;3;99\n")),
    "emg_decisions": (
        ".csv",
        read_decisions,
        text_seeds("a.csv", "pulse,channel,decision,reason\n1,FDI,reject,\n"),
    ),
    "emg_times": (".csv", times_in, text_seeds("a.csv", "pulse,time_s\n1,0.5\n2,5.5\n")),
    "bids_nibs": (".tsv", dataset_reader("nibs-bids"), dataset_seeds("nibs-bids")),
    "bids_tms": (".tsv", dataset_reader("tms-bep"), dataset_seeds("tms-bep")),
}
