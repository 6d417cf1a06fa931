"""What protocols, safety, plasticity, coils and pulses write is read back equal."""

import numpy as np
import pytest

from cortistim.coil.wire import Wire
from cortistim.errors import FileFormatError
from cortistim.protocol import Course, named_protocol
from cortistim.records import json_text, read_record, schema
from cortistim.safety import check_protocol, table_record
from cortistim.study.coil.design import CoilDesignRequest, Supply, run_coil_design
from cortistim.study.coil.measures import compare_coils, compare_with_deng
from cortistim.study.coil.shown import show_coil
from cortistim.study.protocol.check import CheckRequest, run_check, safety_record
from cortistim.study.protocol.plasticity import (
    PredictRequest,
    course_record,
    evidence_record,
    prediction_record,
)
from cortistim.study.protocol.screening import ScreeningRequest, run_screening
from cortistim.study.protocol.shown import list_protocols, show_protocol
from cortistim.study.pulse.device import DeviceRequest, show_devices
from cortistim.study.pulse.dose import DoseRequest, convert_dose
from cortistim.study.pulse.shown import (
    PulseRequest,
    list_named_protocols,
    list_stimulators,
    show_pulse,
)
from cortistim.study.request.coil import CoilRequest

RAPID = {"stimulator": "magstim_rapid2", "rmt_percent": 40}
COIL = CoilRequest("magstim_d70")


@pytest.fixture(autouse=True)
def audit(tmp_path, monkeypatch):
    monkeypatch.setenv("CORTISTIM_AUDIT", str(tmp_path / "audit.jsonl"))


def course(name):
    protocol = named_protocol(name)
    return Course(protocol.name, protocol, np.zeros(1))


def of_a_course(name):
    sessions = course(name)
    return safety_record(sessions, check_protocol(sessions.protocol))


def designed():
    wire = Wire(0.002, 0.006, round_section=False)
    request = CoilDesignRequest(
        shape="circular",
        name="ring",
        wire=wire,
        inner_m=0.05,
        outer_m=0.08,
        turns=5,
        supply=Supply(),
    )
    return run_coil_design(request).record


MADE = {
    "check": lambda: run_check(CheckRequest(protocol="rtms10hz_depression", **RAPID)),
    "check without an output": lambda: run_check(
        CheckRequest(protocol="rtms1hz", stimulator="magstim_rapid2")
    ),
    "check of bursts": lambda: run_check(CheckRequest(protocol="FDA-MDD-ITBS", device="x")),
    "check of what lacks numbers": lambda: run_check(CheckRequest(protocol="G-PD-M1")),
    "safety of a plan": lambda: of_a_course("itbs_depression"),
    "table": lambda: table_record("chen1997"),
    "screening": lambda: run_screening(ScreeningRequest(answers=("pregnancy=yes",))),
    "protocol": lambda: show_protocol("FDA-MDD-SAINT", stimulator="magpro_x100"),
    "incomplete protocol": lambda: show_protocol("G-PD-M1"),
    "row of the list": lambda: list_protocols(search="depression")[0],
    "short name in the list": lambda: list_protocols(status="short name")[0],
    "prediction": lambda: prediction_record(
        PredictRequest(protocol="iTBS600", minutes=(5.0,), members=20).predict()
    ),
    "effect of a course": lambda: course_record(course("iTBS600")),
    "evidence": lambda: evidence_record("nimodipine")[0],
    "coil": lambda: show_coil(COIL),
    "designed coil": designed,
    "compared coils": lambda: compare_coils([COIL, CoilRequest("round_90mm")]),
    "published coils": compare_with_deng,
    "pulse": lambda: show_pulse(PulseRequest(coil=COIL)).record,
    "stimulator": lambda: list_stimulators()["magstim_rapid"],
    "named protocol": lambda: list_named_protocols()["single_pulse"],
    "device": lambda: show_devices(DeviceRequest(name="magstim_rapid2"))[0],
    "device with a session": lambda: show_devices(
        DeviceRequest(name="ctms", protocol="iTBS600", percent_mso=50)
    )[0],
    "dose": lambda: convert_dose(DoseRequest(way="mso", value=50, coil=COIL, gain=1e-6)),
}


@pytest.mark.parametrize("what", MADE)
def test_a_record_is_read_back_equal(what):
    record = MADE[what]()
    text = json_text(record)
    assert read_record(type(record), text) == record
    with pytest.raises(FileFormatError):
        read_record(type(record), "[]")
    assert schema(type(record))["$defs"]
