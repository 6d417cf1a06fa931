import pytest

from cortistim.errors import BadInputError
from cortistim.safety import screen, topic_keys
from cortistim.safety.screening import DECISIONS
from cortistim.sources import describe

HEALTHY = dict.fromkeys(topic_keys(), "no") | {
    "medications": "none", "age_years": 30, "sleep_hours": 8, "hearing_protection": "yes",
    "coil_surface_celsius": 30, "operator_distance_m": 1, "implant_distance_cm": 999,
}  # fmt: skip


def test_nobody_asked_is_no_pass():
    screening = screen({})
    assert screening.decision == "ask"
    assert screening.unanswered == topic_keys()


def test_a_healthy_person_is_clear_only_with_every_answer():
    assert screen(HEALTHY).decision == "clear"
    assert screen({**HEALTHY, "pregnancy": "unknown"}).decision == "ask"


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ({"cochlear_implant": "yes"}, "stop"), ({"metal_in_head": True}, "stop"),
        ({"pacemaker_or_intracardiac_line": "yes"}, "specialist"),
        ({"epilepsy_or_seizure": "yes"}, "weigh"), ({"pregnancy": "y"}, "weigh"),
        ({"age_years": 17}, "weigh"), ({"sleep_hours": 3}, "postpone"),
        ({"alcohol_last_24h": "yes"}, "postpone"), ({"medications": "clozapine"}, "flag"),
        ({"hearing_protection": "no"}, "stop"), ({"coil_surface_celsius": 43.5}, "stop"),
        ({"operator_distance_m": 0.3}, "flag"), ({"implant_distance_cm": 20}, "stop"),
    ],
)  # fmt: skip
def test_each_topic_has_its_decision_and_its_source(answer, decision):
    screening = screen({**HEALTHY, **answer})
    assert screening.decision == decision
    (flag,) = [flag for flag in screening.flags if flag.decision != "clear"]
    assert flag.topic in answer
    assert flag.words
    assert all(describe(source) for source in flag.sources)
    assert flag.basis


def test_drugs_are_flagged_by_list_and_never_block():
    screening = screen({**HEALTHY, "medications": "Clozapine, SSRIs, unheardof"})
    assert screening.decision == "flag"
    (flag,) = [flag for flag in screening.flags if flag.topic == "medications"]
    for words in ("Clozapine: listed as strong", "SSRIs: listed as relative", "look it up"):
        assert words in flag.words


@pytest.mark.parametrize(
    ("topic", "decision", "words"),
    [
        ("implanted_defibrillator", "stop", "beyond 30 cm"),
        ("wearable_defibrillator", "stop", "even when it is taken off"),
        ("pacemaker_or_intracardiac_line", "specialist", "also beyond 30 cm"),
        ("infusion_pump", "specialist", "never comes within 30 cm"),
        ("metal_in_head", "stop", "in the head or within 30 cm"),
        ("epilepsy_or_seizure", "weigh", "0.31 in 10,000 sessions"),
        ("alcohol_last_24h", "postpone", "3 units in 24 h"),
    ],
)
def test_what_labels_and_forms_say_is_told(topic, decision, words):
    screening = screen({**HEALTHY, topic: "yes"})
    assert screening.decision == decision
    (flag,) = [flag for flag in screening.flags if flag.topic == topic]
    assert words in flag.words
    assert "read" in flag.basis


def test_a_defibrillator_nobody_asked_about_is_asked_for():
    asked = screen({**HEALTHY, "implanted_defibrillator": "unknown"})
    assert asked.unanswered == ("implanted_defibrillator",)


@pytest.mark.parametrize("drug", ["cisplatin", "aminoglycosides", "Gentamicin"])
def test_drugs_that_only_a_laboratory_lists_are_flagged_as_such(drug):
    screening = screen({**HEALTHY, "medications": drug})
    (flag,) = [flag for flag in screening.flags if flag.topic == "medications"]
    assert "strong in a laboratory's form" in flag.words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"cochlear": "yes"}, "Did you mean cochlear_implant"),
        ({"pregnancy": "maybe"}, "yes, no or unknown"),
        ({"age_years": "old"}, "must be a number"),
    ],
)
def test_an_answer_that_means_nothing_is_refused(answer, words):
    with pytest.raises(BadInputError, match=words):
        screen(answer)


def test_every_decision_is_ordered():
    assert DECISIONS[0] == "clear"
    assert DECISIONS[-1] == "stop"
