import re

import pytest

from cortistim import sources
from cortistim.sources import describe, references


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r'Sch{\"u}rmann', "Schürmann"),
        (r'Sch\"urmann', "Schürmann"),
        (r"Babu{\v s}ka and \v{S}koda", "Babuška and Škoda"),
        (r"Gonz{\'a}lez, Iba{\~n}ez, {\'\i}", "González, Ibañez, í"),
        (r"{\O}rsted, Stra{\ss}e, {\L}ukasz", "Ørsted, Straße, Łukasz"),
        (r"Fran\c{c}ois", "François"),
        (r"Simple\_Model \& {R}apid$^2$", "Simple_Model & Rapid2"),
        (r"pages 717--723", "pages 717–723"),
        ("plain words, O'Reardon", "plain words, O'Reardon"),
    ],
)
def test_a_reader_sees_no_tex(tex, plain, monkeypatch):
    entry = f"@article{{key2000,\n  title = {{{tex}}},\n}}"
    monkeypatch.setattr(sources, "references", lambda: {"key2000": entry})
    assert sources.field_of("key2000", "title") == plain


@pytest.mark.parametrize("key", sorted(references()))
def test_every_reference_reads_as_plain_words(key):
    assert not re.search(r"[\\{}$]", describe(key))
