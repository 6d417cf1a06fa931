"""Hemispheres without a registered sphere go to the template by MNI space."""

from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.head.fsaverage import fsaverage5
from cortistim.study.head.fsaverage import require_template, tied_by_mni


def half_of(side, shift_m=0.0):
    template = fsaverage5()
    mid = SimpleNamespace(vertices_m=template.mid_m[template.side(side)] + shift_m)
    return SimpleNamespace(side=side, ribbon=SimpleNamespace(mid=mid))


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_template_itself_keeps_its_values(side):
    template = fsaverage5()
    frame = SimpleNamespace(to_subject_m=np.array)
    sphere = template.sphere[template.side(side)]
    tie = tied_by_mni(half_of(side), frame, sphere)
    values = template.sulc[template.side(side)]
    assert (np.abs(tie.values(values) - values) > 1e-9).mean() < 0.02
    coarse = tied_by_mni(
        half_of(side), frame, sphere[:642]
    )  # the first vertices of an icosahedron
    assert np.allclose(coarse.values(values), tie.values(values)[:642])


def test_cortex_that_is_far_gives_no_values():
    template = fsaverage5()
    frame = SimpleNamespace(to_subject_m=np.array)
    sphere = template.sphere[template.side("left")]
    tie = tied_by_mni(half_of("left", np.array([0, 0.3, 0])), frame, sphere)
    assert np.isnan(tie.values(template.sulc[template.side("left")])).all()


def test_a_folder_without_spheres_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="must be a folder with"):
        require_template(tmp_path, (), given=False)
