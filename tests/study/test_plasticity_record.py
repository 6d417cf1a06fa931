import json
from dataclasses import replace

import jsonschema
import numpy as np

from cortistim.protocol import Course, named_protocol
from cortistim.records import json_text, schema
from cortistim.records.plasticity import CourseEffectRecord
from cortistim.study.protocol.plasticity import course_record

SECTION = schema(CourseEffectRecord)


def course(protocol):
    return Course(protocol.name, protocol, np.zeros(1))


def test_a_plan_says_what_its_protocol_is_likely_to_do_and_for_whom():
    record = course_record(course(named_protocol("itbs_depression")))
    jsonschema.validate(json.loads(json_text(record)), SECTION)
    assert record.verdict == "up"
    assert any("hand" in reason for reason in record.reasons)
    assert "half of people" in record.honest


def test_a_plan_without_a_motor_threshold_withholds_the_prediction_with_its_reason():
    given = replace(named_protocol("iTBS600"), intensity_fraction=0.5, threshold="MSO")
    record = course_record(course(given))
    jsonschema.validate(json.loads(json_text(record)), SECTION)
    assert record.verdict == "not determined"
    assert record.ensemble == ()
    assert "motor threshold" in record.reasons[0]
