"""What a replayed session leaves: a table, a summary and a figure."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.cache import whole_folder
from cortistim.field import MISSED_LIMIT
from cortistim.io.text import csv_text, write_bytes, write_text
from cortistim.records import numbers
from cortistim.records.provenance import NOTICE
from cortistim.records.replay import (
    LogRecord,
    ReplayRecord,
    ReplayTargetRecord,
    SpreadRecord,
)
from cortistim.study.folder import write_json
from cortistim.study.record import (
    TARGET_IS,
    coil_record,
    head_record,
    sources_record,
    versions,
)
from cortistim.study.session.replay import Replay
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, uv_from_v
from cortistim.viz.figures.replay import ReplayContent, write_replay_figure

WITHOUT_PARQUET = (
    "pulses.parquet is not written because pyarrow is missing; install cortistim[parquet]."
)

Table = dict[str, Sequence[Any]]


def write_replay(replay: Replay, folder: Path, *, progress: Progress = silent) -> ReplayRecord:
    """Write ``pulses.csv``, ``pulses.parquet``, ``replay.json`` and ``replay.png``.

    Parameters
    ----------
    replay : Replay
        What was computed.
    folder : Path
        Made when missing; the Parquet table needs pyarrow and is left out without it.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    ReplayRecord
        The content of ``replay.json``.

    Raises
    ------
    BadInputError
        When the folder is a file.
    """
    progress("writing", 1.0)
    table = pulse_table(replay)
    with_parquet = find_spec("pyarrow") is not None
    record = replay_record(replay, notes=[] if with_parquet else [WITHOUT_PARQUET])
    with whole_folder(folder) as place:
        write_text(place / "pulses.csv", _csv(table))
        if with_parquet:
            write_bytes(place / "pulses.parquet", _parquet(table))
        missing = write_replay_figure(_content(replay), place / "replay.png")
        if missing:
            record = replace(record, warnings=(*record.warnings, missing))
        write_json(place / "replay.json", record)
    return record


def pulse_table(replay: Replay) -> Table:
    """Return the table of pulses, one row each, in the units of the clinic.

    Parameters
    ----------
    replay : Replay
        What was computed.

    Returns
    -------
    dict of str to sequence
        Columns by name; nan where a value is not known.
    """
    pulses = replay.pulses
    origins_mm = mm_from_m(np.array([p.pose.origin_m for p in pulses]))
    return {
        "pulse": list(range(1, len(pulses) + 1)),
        "name": [p.name for p in pulses],
        "time_s": [p.time_s for p in pulses],
        "x_mm": origins_mm[:, 0].tolist(),
        "y_mm": origins_mm[:, 1].tolist(),
        "z_mm": origins_mm[:, 2].tolist(),
        "percent_mso": [p.percent_mso for p in pulses],
        "didt_a_per_us": a_per_us_from_a_per_s(replay.didt_a_per_s).tolist(),
        "e_v_per_m_per_a_per_us": replay.e_v_per_m.tolist(),
        "e_target_v_per_m": replay.dose_v_per_m.tolist(),
        "deviation_mm": mm_from_m(replay.deviation_m).tolist(),
        "deviation_deg": np.rad2deg(replay.deviation_rad).tolist(),
        "lifted_mm": mm_from_m(replay.lift_m).tolist(),
        "missed_share": replay.missed_share.tolist(),
        "mep_uv": uv_from_v(replay.first_mep_v).tolist(),
    }


def _csv(table: Table) -> str:
    rows = zip(*table.values(), strict=True)
    shown = ([f"{c:.8g}" if isinstance(c, float) else c for c in row] for row in rows)
    return csv_text(list(table), shown)


def _parquet(table: Table) -> bytes:
    columns = {name: list(column) for name, column in table.items()}
    stream = BytesIO()
    rows = import_module("pyarrow").table(columns)
    import_module("pyarrow.parquet").write_table(rows, stream)
    return stream.getvalue()


def replay_record(replay: Replay, notes: Sequence[str] = ()) -> ReplayRecord:
    """Return the content of ``replay.json``.

    Parameters
    ----------
    replay : Replay
        What was computed.
    notes : sequence of str
        More to tell.

    Returns
    -------
    ReplayRecord
        None where a value is not known.
    """
    output, source = replay.output, replay.source
    full = output.didt_max
    return ReplayRecord(
        notice=NOTICE,
        log=LogRecord(format=source.format, version=source.version),
        head=head_record(replay.head),
        coil=coil_record(replay.coil),
        stimulator=output.stimulator.name,
        didt_max_a_per_us=None if full is None else a_per_us_from_a_per_s(full.value),
        target=ReplayTargetRecord(
            name=replay.target.name,
            words=replay.target.words,
            subject_mm=numbers(mm_from_m(replay.patch.centre_m), 2),
            moved_mm=round(mm_from_m(replay.patch.moved_m), 2),
        ),
        e_is=TARGET_IS,
        pulses=len(replay.pulses),
        dropped=sum(replay.dropped.values()),
        dropped_by_reason=dict(replay.dropped),
        lifted=int((replay.lift_m > 0).sum()),
        e_v_per_m_per_a_per_us=_spread(replay.e_v_per_m),
        e_target_v_per_m=_spread(replay.dose_v_per_m),
        deviation_mm=_spread(mm_from_m(replay.deviation_m)),
        deviation_deg=_spread(np.rad2deg(replay.deviation_rad)),
        missed_share=_spread(replay.missed_share),
        warnings=_warnings(replay),
        notes=(*source.notes, *notes),
        versions=versions(),
        sources=sources_record(replay.coil.sources + (() if full is None else (full.key,))),
    )


def _spread(values: FloatArray) -> SpreadRecord | None:
    """Return smallest, middle and largest of the values that are known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, middle, high = (
        float(f"{v:.6g}") for v in (known.min(), np.median(known), known.max())
    )
    return SpreadRecord(min=low, median=middle, max=high)


def _warnings(replay: Replay) -> tuple[str, ...]:
    found = list(replay.head.warnings)
    lifted = int((replay.lift_m > 0).sum())
    if lifted:
        found.append(
            f"{lifted} of {len(replay.lift_m)} coils were up to "
            f"{mm_from_m(float(replay.lift_m.max())):.1f} mm inside the head and were lifted "
            "along their axis: errors of registration or of the head's surface"
        )
    if replay.dropped:
        lost = ", ".join(f"{n} {reason}" for reason, n in replay.dropped.items())
        found.append(f"left out: {lost}")
    unknown = int(np.isnan(replay.didt_a_per_s).sum())
    if unknown:
        why = f" ({replay.output.reason})" if replay.output.reason else ""
        found.append(f"the dose of {unknown} pulses is not known: no %MSO or dI/dt{why}")
    poor = int((replay.missed_share > MISSED_LIMIT).sum())
    if poor:
        found.append(f"the operator represents {poor} poses poorly; solve them directly")
    return tuple(found)


def _content(replay: Replay) -> ReplayContent:
    return ReplayContent(
        f"{replay.coil.name} on {replay.head.name}, {replay.target.words}",
        replay.e_v_per_m,
        replay.dose_v_per_m,
        mm_from_m(replay.deviation_m),
        np.rad2deg(replay.deviation_rad),
        uv_from_v(replay.first_mep_v),
    )
