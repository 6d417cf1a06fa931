"""The maps of a cohort as a BIDS derivative dataset."""

import json
from pathlib import Path

from cortistim import __version__
from cortistim.io.text import write_text
from cortistim.records.cohort import CohortRecord

BIDS_VERSION = "1.10.0"
CODE = "https://pypi.org/project/cortistim"
README = """Electric fields of TMS coils on the vertices of fsaverage5, simulated by cortistim:
|E| and its part into the cortex at 1 A/us, and the share of layer-5 cells that the pulse
recruits. Left hemispheres are hemi-L. The suffix efield is not part of BIDS.
"""


def write_derivatives(folder: Path, record: CohortRecord) -> None:
    """Write what makes a folder of maps a BIDS derivative, and who is in it.

    Parameters
    ----------
    folder : Path
        The derivatives of a cohort.
    record : CohortRecord
        People with their states.
    """
    about = {
        "Name": f"Simulated TMS fields of {record.name}",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "cortistim", "Version": __version__, "CodeURL": CODE}],
    }
    people = [one for one in record.people if (folder / f"sub-{one.id}").is_dir()]
    rows = ["participant_id\tgroup\trmt_percent"]
    rows += [
        f"sub-{one.id}\t{one.group or 'n/a'}\t"
        f"{'n/a' if one.rmt_percent is None else f'{one.rmt_percent:g}'}"
        for one in people
    ]
    columns = {
        "group": {"Description": "As the cohort's sheet names it."},
        "rmt_percent": {"Description": "Resting motor threshold.", "Units": "%MSO"},
    }
    write_text(folder / "dataset_description.json", json.dumps(about, indent=2) + "\n")
    write_text(folder / ".bidsignore", "*_efield.shape.gii\n*_efield.shape.json\n")
    write_text(folder / "README.md", README)
    if people:
        write_text(folder / "participants.tsv", "\n".join(rows) + "\n")
        write_text(folder / "participants.json", json.dumps(columns, indent=2) + "\n")
