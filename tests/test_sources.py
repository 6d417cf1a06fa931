"""The bibliography: every entry is used, every key is there, every DOI looks like one."""

import re
from pathlib import Path

import pytest

from cortistim.head.tissues import DEFAULTS
from cortistim.sources import describe, field_of, references

PACKAGE = Path(__file__).parents[1] / "src" / "cortistim"
CODE_AND_DATA = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*"))
    if path.suffix in {".py", ".yaml", ".json", ".csv"}
)
KEY = re.compile(r"\b[a-z]{2,}(?:19|20)\d\d(?:[a-z]+)?\b")
DOI = re.compile(r"10\.\d{4,9}/\S+[^\s.,;}]")


def test_every_doi_has_the_form_of_one():
    given = {key: field_of(key, "doi") for key in references()}
    assert [key for key, doi in given.items() if doi and not DOI.fullmatch(doi)] == []
    known = [doi.lower() for doi in given.values() if doi]
    assert len(known) == len(set(known))


def test_every_entry_is_used_somewhere():
    used = set(KEY.findall(CODE_AND_DATA))
    assert sorted(set(references()) - used) == []


def test_every_key_that_is_used_is_an_entry():
    assert sorted(set(KEY.findall(CODE_AND_DATA)) - set(references())) == []


def test_entries_are_in_order_and_say_who_what_and_when():
    assert list(references()) == sorted(references())
    for key in references():
        assert all(field_of(key, name) for name in ("author", "title", "year")), key


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("fung2014", "synaptic metaplasticity with applications to theta burst stimulation"),
        ("fung2014", "10.1016/j.jtbi.2013.09.021"),
        ("ma2024", "Exploring the Dose-Dependency of After-Effects"),
        ("ma2024", "10.1101/2023.07.03.547540"),
        ("ma2022", "10.1101/2022.04.15.488478"),
        ("saatlou2018", "Forough"),
        ("saatlou2018", "10.20944/preprints201805.0057.v1"),
        ("mcnair2017", "Journal of Neuroscience Methods"),
        ("huang2007", "10.1016/j.clinph.2007.01.021"),
        ("wankerl2010", "10.1523/JNEUROSCI.4673-09.2010"),
        ("hanajima2002", "10.1113/jphysiol.2001.013094"),
        ("tsodyks1997", "10.1073/pnas.94.2.719"),
        ("reva2023", "10.1016/j.patter.2023.100855"),
        ("hamada2008", "PMC2538917"),
    ],
)
def test_an_entry_that_was_corrected_stays_so(key, words):
    assert words in describe(key)


def test_a_doi_that_nobody_could_read_is_not_printed():
    assert not field_of("muellbacher2000", "doi")
    assert "none could be verified" in field_of("muellbacher2000", "annote")


def test_a_doi_from_memory_says_so_where_no_bibliography_prints_it():
    told = [key for key in references() if "from memory" in field_of(key, "annote")]
    assert {"peinemann2004", "cazzoli2012", "maeda2000"} <= set(told)
    assert all(field_of(key, "doi") for key in told)
    assert not any(field_of(key, "note") for key in told)


def test_cartilage_and_fat_name_who_measured_them():
    cartilage, fat = DEFAULTS[11], DEFAULTS[12]
    assert (cartilage.sigma_siemens_per_m, cartilage.source) == (0.88, "binette2004")
    assert "Morita et al. 2012" in cartilage.note
    assert (fat.sigma_siemens_per_m, fat.source) == (0.078, "gabriel2009")


@pytest.mark.parametrize("key", sorted(references()))
def test_every_reference_reads_as_plain_words(key):
    assert not re.search(r"[\\{}$~]|--", describe(key))
