"""Conductivities in another unit and heads that lack a layer are not taken without a word."""

import pytest

from cortistim.errors import BadInputError
from cortistim.head.tissues import missing_layers, missing_warning, tissues_for


@pytest.mark.parametrize(
    ("tag", "sigma_siemens_per_m", "words"),
    [
        (2, 275.0, "seems to be in mS/m"),
        (4, 10.0, "seems to be in mS/m"),
        (5, 0.000465, "seems to be in S/mm"),
        (2, 2750.0, "in another unit"),
        (2, 1e300, "1e-06 to 10000 S/m; got 1e"),
        (2, 1e-300, "1e-06 to 10000 S/m; got 1e-300"),
        (20, 1e300, "1e-06 to 10000"),
        (2, 0.0, "must be positive"),
        (2, float("nan"), "must be positive"),
    ],
)
def test_a_conductivity_of_another_unit_is_refused(tag, sigma_siemens_per_m, words):
    with pytest.raises(BadInputError, match=words):
        tissues_for([tag], {tag: sigma_siemens_per_m})


@pytest.mark.parametrize(
    ("tag", "sigma_siemens_per_m"),
    [(4, 0.33), (7, 0.33), (3, 0.33), (6, 1e-6), (1, 1e-6), (20, 1e4), (12, 0.01)],
)
def test_a_uniform_head_an_insulator_and_an_implant_are_taken(tag, sigma_siemens_per_m):
    (tissue,) = tissues_for([tag], {tag: sigma_siemens_per_m})
    assert tissue.sigma_siemens_per_m == sigma_siemens_per_m


def test_every_layer_is_missed_and_bone_may_be_of_any_kind():
    whole = (1, 2, 3, 4, 5)
    for tag, name in zip(
        whole, ("white matter", "grey matter", "cerebrospinal fluid", "bone", "scalp"),
        strict=True,
    ):  # fmt: skip
        rest = [other for other in whole if other != tag]
        assert missing_layers(rest) == (name,)
        assert f"no {name}" in missing_warning(rest)[0]
    assert missing_layers((1, 2, 3, 7, 5, 6)) == ()
    assert missing_warning((1, 2, 3, 8, 5)) == ()


def test_a_tissue_of_the_users_own_may_stand_for_a_missing_one():
    assert "tissue 20 stands for it" in missing_warning((1, 2, 3, 5, 20))[0]
