"""EMG of every program is read back as it was written, and what is broken is named."""

import numpy as np
import pytest

from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.emg import (
    edges_s,
    read_edf,
    read_emg,
    read_emg_table,
    write_edf,
    write_emg_table,
)
from cortistim.io.emg.brainsight import emg_cells
from cortistim.io.emg.files import recording_of
from cortistim.mapping.emg import EmgChannel, EmgEpochs, EmgRecording

RATE_HZ = 1000.0
TIMES_S = np.array([0.5, 1.25])


def made(n=2000, *, whole=True):
    rng = np.random.default_rng(0)
    counts = rng.integers(-3000, 3000, size=(2, n)).astype("int16")
    samples = counts if whole else counts * 1.00001
    channels = (
        EmgChannel("FDI", samples[0], RATE_HZ, 1e-7, 0.0, "uV"),
        EmgChannel("ADM", samples[1], RATE_HZ, 1e-7, 0.0, "uV"),
    )
    return EmgRecording("own", channels, {"TMS": TIMES_S, "S  2": np.array([1.75])})


def require_same(found, made, atol_v=0.0):
    assert [c.name for c in found.channels] == [c.name for c in made.channels]
    for ours, theirs in zip(found.channels, made.channels, strict=True):
        n = len(theirs.samples)
        assert ours.rate_hz == pytest.approx(theirs.rate_hz)
        assert np.allclose(ours.volts(0, n), theirs.volts(0, n), rtol=1e-6, atol=atol_v + 1e-13)


@pytest.mark.parametrize("ending", [".edf", ".bdf"])
@pytest.mark.parametrize("whole", [True, False])
def test_edf_and_bdf_round_trip(tmp_path, ending, whole):
    path = tmp_path / f"a{ending}"
    write_edf(path, made(whole=whole))
    found = read_emg(path)
    require_same(found, made(whole=whole), atol_v=0 if whole else 1e-8)
    assert np.allclose(found.markers["TMS"], TIMES_S)
    assert set(found.markers) == {"TMS", "S  2"}
    assert found.channel(" fdi").limits_v is not None


@pytest.mark.parametrize("ending", [".edf", ".bdf"])
def test_edfio_reads_what_is_written_and_its_files_are_read(tmp_path, ending):
    edfio = pytest.importorskip("edfio")
    path, other = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    write_edf(path, made())
    theirs = (edfio.read_edf if ending == ".edf" else edfio.read_bdf)(path)
    ours = made().channels[0]
    assert np.allclose(theirs.signals[0].data * 1e-6, ours.volts(0, 2000), atol=1e-12)
    assert [a.text for a in theirs.annotations if a.onset == 0.5] == ["TMS"]
    kind, signal = (
        (edfio.Edf, edfio.EdfSignal) if ending == ".edf" else (edfio.Bdf, edfio.BdfSignal)
    )
    wave = np.sin(np.arange(4000) / 50) * 200
    kind([signal(wave, 2000, label="APB", physical_dimension="uV")],
         annotations=[edfio.EdfAnnotation(0.75, None, "pulse")]).write(other)  # fmt: skip
    found = read_emg(other)
    assert np.allclose(found.channel("APB").volts(0, 4000), wave * 1e-6, atol=1e-8)
    assert found.markers["pulse"].tolist() == [0.75]


def test_triggers_of_biosemi_are_markers(tmp_path):
    status = np.zeros(2000, dtype=np.int32)
    status[300:310], status[900:905] = 4, 260
    status |= 0x100000
    channels = (EmgChannel("A", np.arange(2000), RATE_HZ, 1e-7, 0, "uV"),
                EmgChannel("Status", status, RATE_HZ, 1.0, 0, "Boolean"))  # fmt: skip
    write_edf(tmp_path / "a.bdf", EmgRecording("own", channels))
    found = read_emg(tmp_path / "a.bdf")
    assert {k: v.tolist() for k, v in found.markers.items()} == {
        "Status 4": [0.3],
        "Status 260": [0.9],
    }


def brainvision(folder, form="INT_16", orientation="MULTIPLEXED"):
    counts = np.stack([c.samples for c in made().channels])
    dtype = {"INT_16": "<i2", "IEEE_FLOAT_32": "<f4"}[form]
    flat = counts.T if orientation == "MULTIPLEXED" else counts
    (folder / "a.eeg").write_bytes(np.ascontiguousarray(flat).astype(dtype).tobytes())
    (folder / "a.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Marker Infos]\n"
        "Mk1=New Segment,,1,1,0\nMk2=Stimulus,TMS,501,1,0\nMk3=Stimulus,TMS,1251,1,0\n"
    )
    (folder / "a.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=$b.eeg\n"
        f"MarkerFile=a.vmrk\nDataFormat=BINARY\nDataOrientation={orientation}\n"
        f"NumberOfChannels=2\nSamplingInterval=1000\n[Binary Infos]\nBinaryFormat={form}\n"
        "[Channel Infos]\nCh1=FDI,,0.1,µV\nCh2=ADM,,0.0001,mV\n",
        encoding="utf-8",
    )
    return folder / "a.vhdr"


@pytest.mark.parametrize("form", ["INT_16", "IEEE_FLOAT_32"])
@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
def test_brainvision_is_read(tmp_path, form, orientation):
    found = read_emg(brainvision(tmp_path, form, orientation))
    require_same(found, made())
    assert np.allclose(found.markers["TMS"], TIMES_S)


def test_what_pybv_writes_is_read(tmp_path):
    pybv = pytest.importorskip("pybv")
    volts = np.stack([c.volts(0, 2000) for c in made().channels])
    pybv.write_brainvision(
        data=volts, sfreq=RATE_HZ, ch_names=["FDI", "ADM"], fname_base="b", unit="µV",
        folder_out=tmp_path, resolution=0.1, fmt="binary_int16",
        events=[{"onset": 500, "duration": 1, "description": 7, "type": "Stimulus"}],
    )  # fmt: skip
    found = read_emg(tmp_path / "b.vhdr")
    require_same(found, made(), atol_v=1.1e-7)
    assert found.markers["S  7"].tolist() == [0.5]


def test_a_header_points_nowhere_else(tmp_path):
    header = brainvision(tmp_path)
    text = header.read_text().replace("$b.eeg", "../../../etc/passwd")
    header.write_text(text)
    with pytest.raises(BadInputError, match=r"passwd. a.vhdr needs it"):
        read_emg(header)


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_tables_round_trip(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    write_emg_table(path, made(whole=False))
    require_same(read_emg(path), made(whole=False))


def test_headings_tell_units_and_empty_cells_are_nan(tmp_path):
    path = tmp_path / "a.csv"
    more = "".join(f"{k / 2:g};3;4;0\n" for k in range(2, 40))
    path.write_text('"time_ms";"FDI [mV]";APB_uV;trigger\n0;1;2;0\n0.5;;nan;5\n' + more)
    found = read_emg_table(path)
    assert [(c.name, c.unit) for c in found.channels] == [
        ("FDI", "mV"), ("APB", "uV"), ("trigger", ""),
    ]  # fmt: skip
    assert found.channels[0].rate_hz == pytest.approx(2000)
    assert found.channels[0].volts(0, 3)[[0, 2]] == pytest.approx([1e-3, 3e-3])
    assert np.isnan([c.samples[1] for c in found.channels[:2]]).all()
    assert edges_s(found.channels[2]).tolist() == pytest.approx([5e-4])


LABCHART = (
    "Interval=\t1 ms\nExcelDateTime=\t4.4e4\t2020\nTimeFormat=\tStartOfBlock\nDateFormat=\t\n"
    "ChannelTitle=\tFDI\tTrigger\nRange=\t10.000 mV\t5.000 V\n"
)


def test_labchart_text_is_read(tmp_path):
    path = tmp_path / "a.txt"
    rows = [f"{k / 1000:g}\t{0.001 * k:g}\t0" for k in range(50)]
    rows[20] += "\t#* TMS"
    path.write_text(LABCHART + "\n".join(rows), encoding="latin-1")
    found = read_emg(path)
    assert [c.unit for c in found.channels] == ["mV", "V"]
    assert found.channel("FDI").volts(10, 11) == pytest.approx([1e-5])
    assert found.markers["TMS"].tolist() == [0.02]
    path.write_text(LABCHART + "\n".join(r.replace(".", ",") for r in rows))
    assert read_emg(path).channel("FDI").volts(10, 11) == pytest.approx([1e-5])
    path.write_text(LABCHART + "0\t1\t1\n" + LABCHART)
    with pytest.raises(FileFormatError, match="second block"):
        read_emg(path)


def test_matlab_files_are_read(tmp_path):
    from scipy.io import savemat

    path, rng = tmp_path / "a.mat", np.random.default_rng(1)
    values = rng.normal(size=(2, 30))
    savemat(path, {
        "data": values.ravel()[None], "datastart": np.array([[1.0], [31]]),
        "dataend": np.array([[30.0], [60]]), "titles": np.array(["FDI", "ADM"]),
        "samplerate": np.array([[1000.0], [1000]]), "tickrate": 1000.0,
        "unittext": np.array(["mV"]), "unittextmap": np.array([[1.0], [1]]),
        "com": np.array([[-1, 1, 12.0, 1, 1]]), "comtext": np.array(["TMS"]),
    })  # fmt: skip
    found = read_emg(path)
    assert np.allclose(found.channel("ADM").volts(0, 30), 1e-3 * values[1])
    assert found.markers["TMS"].tolist() == [0.012]
    savemat(path, {
        "V1_Ch1": {"title": "FDI", "interval": 2e-4, "start": 1.0, "units": "mV", "scale": 1.0,
                   "offset": 0.0, "length": 30, "values": values[0]},
        "V1_Ch2": {"title": "TMS", "resolution": 1e-5, "length": 2, "times": [1.002, 1.004]},
    })  # fmt: skip
    found = read_emg(path)
    assert found.channels[0].rate_hz == pytest.approx(5000)
    assert found.markers["TMS"] == pytest.approx([0.002, 0.004])
    savemat(path, {"wave_data": {
        "interval": 1e-3, "start": -0.05, "frames": 3, "points": 30, "chans": 2,
        "values": rng.normal(size=(30, 2, 3)),
        "chaninfo": [{"title": "FDI", "units": "mV"}, {"title": "force", "units": "N"}],
        "frameinfo": [{"start": t} for t in (0.0, 5.0, 10.0)],
    }})  # fmt: skip
    pieces = read_emg(path)
    assert isinstance(pieces, EmgEpochs)
    assert pieces.volts.shape == (3, 1, 30)
    assert "'force'" in pieces.notes[0]
    assert pieces.start_s == -0.05
    savemat(path, {"x": 1})
    with pytest.raises(FileFormatError, match="variables are \\['x'\\]"):
        read_emg(path)


def brainsight_text(epochs):
    columns = None
    lines = ["# Version: 14", "# Coordinate system: NIfTI:Aligned", "# Units: millimetres"]
    for row, time_s in enumerate(epochs.pulses_s):
        cells = {"Time": f"12:00:{time_s:09.6f}"} | emg_cells(epochs, row)
        if columns is None:
            columns = list(cells)
            lines.append("\t".join(["# Sample Name", *columns]))
        lines.append("\t".join([f"Sample {row}", *cells.values()]))
    return "\n".join(lines) + "\n"


def test_brainsights_emg_is_read(tmp_path):
    volts = 1e-6 * np.random.default_rng(2).normal(size=(3, 2, 40))
    volts[1] = np.nan
    epochs = EmgEpochs(("EMG 1", "EMG 2"), volts, 3000.0, -0.05, np.array([1.0, 5.5, 9.25]))
    path = tmp_path / "a.txt"
    path.write_text(brainsight_text(epochs))
    found = read_emg(path)
    assert np.allclose(found.volts, volts, equal_nan=True, rtol=1e-8, atol=1e-15)
    assert found.start_s == -0.05
    assert found.rate_hz == pytest.approx(3000)
    assert found.pulses_s == pytest.approx([0, 4.5, 8.25])
    path.write_text(brainsight_text(epochs).replace("EMG Data", "EMG Peak-to-peak"))
    with pytest.raises(FileFormatError, match="Export the samples with their EMG data"):
        read_emg(path)


def bids(folder, units="uV", events="onset\tduration\ttrial_type\n0.5\t0\tTMS\n1.25\t0\tTMS\n"):
    path = folder / "sub-1_task-rest_emg.bdf"
    write_edf(path, made())
    (folder / "sub-1_task-rest_channels.tsv").write_text(
        f"name\ttype\tunits\nFDI\tEMG\tuV\nADM\tEMG\t{units}\n"
    )
    (folder / "sub-1_task-rest_events.tsv").write_text(events)
    return path


def test_bids_sidecars_are_read_and_must_agree(tmp_path):
    found = read_emg(bids(tmp_path))
    assert found.format == "BIDS BDF+"
    assert found.markers["TMS"] == pytest.approx(TIMES_S)
    with pytest.raises(FileFormatError, match="row 3, column units: 'ADM' is in 'uV' in the"):
        read_emg(bids(tmp_path, units="mV"))
    with pytest.raises(FileFormatError, match="row 2, column onset: must be seconds; got 'x'"):
        read_emg(bids(tmp_path, events="onset\tduration\nx\t0\n"))
    with pytest.raises(FileFormatError, match="row 2: there must be 2 cells"):
        read_emg(bids(tmp_path, events="onset\tduration\n1\n"))


def test_types_of_channels_are_those_of_bids(tmp_path):
    path = bids(tmp_path)
    (tmp_path / "sub-1_task-rest_channels.tsv").write_text(
        "name\ttype\tunits\nFDI\tEMG\tuV\nADM\tTRIG\tuV\n"
    )
    assert [c.kind for c in read_emg(path).channels] == ["EMG", "TRIG"]


def test_a_raw_object_of_mne_is_taken():
    class Annotations:
        onset, description = (1.5, 0.5), ("TMS", "TMS")

    class Raw:
        ch_names, info = ("FDI", "STI"), {"sfreq": 1000.0}
        annotations, first_time = Annotations(), 0.0

        def get_channel_types(self):
            return ["emg", "stim"]

        def get_data(self, picks):
            return np.full((1, 10), float(self.ch_names.index(picks[0])))

    found = recording_of(Raw())
    assert [c.unit for c in found.channels] == ["V", ""]
    assert found.markers["TMS"].tolist() == [0.5, 1.5]


def test_broken_files_are_named(tmp_path):
    path = tmp_path / "a.edf"
    write_edf(path, made())
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    with pytest.raises(FileFormatError, match="truncated: it states 2 records"):
        read_edf(path)
    path.write_bytes(data[:236] + b"-1      " + data[244:-10])
    assert len(read_edf(path).channels[0].samples) == 1000
    table = tmp_path / "a.csv"
    for text, said in (
        (
            "time_s,FDI_uV\n0,1\n0.1,x\n0.2,1\n",
            "line 3, column 2: this must be a finite number",
        ),
        ("time_s,FDI_uV\n0,1\n0.1,2\n0.05,3\n", "line 4: times must rise in even steps"),
        ("time_s,FDI_uV\n0,1\n0.1\n", "line 3: each row must have 2 cells"),
        ("FDI_uV\n1\n", "no file of EMG that is known"),
    ):
        table.write_text(text)
        with pytest.raises(FileFormatError, match=said):
            read_emg(table)
    for name in ("a.smr", "a.adicht"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(FileFormatError, match=r"are not read. Export it from"):
            read_emg(tmp_path / name)


def test_a_channel_without_triggers_is_named():
    rng = np.random.default_rng(3)
    with pytest.raises(BadInputError, match="no trigger pulses that stand out"):
        edges_s(EmgChannel("EMG", rng.normal(size=5000), 1000.0))
    with pytest.raises(BadInputError, match="no trigger pulses"):
        edges_s(EmgChannel("EMG", np.zeros(10), 1000.0))
    falling = np.full(5000, 5.0)
    falling[[1000, 1001, 3000]] = 0
    assert edges_s(EmgChannel("TTL", falling, 1000.0)).tolist() == [1.0, 3.0]


def test_mne_is_asked_for_what_only_it_reads(tmp_path):
    (tmp_path / "a.cnt").write_bytes(b"x")
    with pytest.raises(BadInputError, match="mne"):
        read_emg(tmp_path / "a.cnt")
