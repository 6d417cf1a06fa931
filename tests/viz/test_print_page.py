"""The page of a plan for a folder: what it says, with a dose and without one."""

from dataclasses import replace

import pytest

from cortistim.errors import BadInputError
from cortistim.study.plan.files import report_content
from cortistim.viz.report.print_page import print_page, require_code, rows


@pytest.fixture(scope="module")
def content(small_plan):
    return report_content(small_plan.plan, small_plan.record, small_plan.grid)


def words(figure):
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))


def test_the_page_says_what_the_plan_says(content, small_plan):
    plan = small_plan.record
    said = words(print_page(content, patient_code="P-017"))
    assert "P-017" in said
    assert f"{plan.field.target_e_v_per_m:.1f} V/m" in said
    assert plan.safety.verdict in said
    assert "Signature" in said
    assert "Date" in said
    assert plan.notice in said


def test_a_plan_is_written_with_its_page(small_plan):
    pdf = (small_plan.folder / "summary.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1


def test_a_withheld_output_is_said_with_its_reason(content):
    dose = replace(content.plan.dose, percent_mso=None, reason="no threshold was measured")
    plan = replace(content.plan, dose=dose)
    assert ("Output", "not stated: no threshold was measured") in rows(plan)
    assert "% MSO" not in words(print_page(replace(content, plan=plan)))


def test_many_warnings_stay_on_one_page(content):
    plan = replace(content.plan, warnings=tuple(f"warning {n} " * 40 for n in range(9)))
    labels = [label for label, _ in rows(plan)]
    assert labels.count("Warning") == 4
    assert rows(plan)[-1] == ("", "5 further warnings: see report.html")


def test_no_interval_is_said(content):
    said = dict(rows(replace(content.plan, uncertainty=None)))
    assert said["|E| at target"].endswith("without an interval")


@pytest.mark.parametrize("code", ["x" * 41, "a\nb"])
def test_a_code_that_does_not_fit_is_refused(code):
    with pytest.raises(BadInputError, match="Give a pseudonym, not a name"):
        require_code(code)
