"""Every run in these rooms has one shape: a request, a result, a writer beside it."""

import dataclasses
import inspect

import pytest

from cortistim.study.head import build, surfaces
from cortistim.study.neuron import io_curve, recruitment, thresholds
from cortistim.study.session import files as replay_files
from cortistim.study.session import poses, replay

RUNS = [
    (build.run_head_build, build.BuildRequest, build.write_head),
    (build.run_labels_build, build.LabelsBuildRequest, build.write_head),
    (surfaces.run_surfaces, surfaces.SurfacesRequest, surfaces.write_surfaces),
    (thresholds.run_thresholds, thresholds.ThresholdRequest, thresholds.write_thresholds),
    (recruitment.run_recruit, recruitment.RecruitRequest, recruitment.write_recruit),
    (io_curve.run_io_curve, io_curve.CurveRequest, io_curve.write_trials),
    (replay.run_replay, replay.ReplayRequest, replay_files.write_replay),
    (poses.run_conversion, poses.ConversionRequest, poses.write_poses),
]


@pytest.mark.parametrize(("run", "request_type", "write"), RUNS)
def test_a_run_takes_one_request_and_tells_how_far_it_is(run, request_type, write):
    first, *others = inspect.signature(run).parameters.values()
    assert first.annotation is request_type
    assert [p.name for p in others] == ["progress"]
    assert others[0].kind is inspect.Parameter.KEYWORD_ONLY
    result, place, *_ = inspect.signature(write).parameters.values()
    assert result.annotation is inspect.signature(run).return_annotation
    assert place.name in ("folder", "path")


@pytest.mark.parametrize("request_type", [kind for _, kind, _ in RUNS])
def test_a_request_is_frozen_and_takes_names_only(request_type):
    assert request_type.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(request_type))
    assert not {"out", "folder"} & {field.name for field in dataclasses.fields(request_type)}
