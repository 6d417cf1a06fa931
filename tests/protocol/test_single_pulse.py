from cortistim.protocol import named_protocol
from cortistim.safety import check_protocol


def test_a_single_pulse_is_called_one():
    assert named_protocol("single_pulse").words == "a single pulse"
    assert named_protocol("R-1HZ-900").words.startswith("900 pulses at 1 Hz")


def test_no_table_calls_a_single_pulse_a_train():
    verdict = check_protocol(named_protocol("single_pulse"))
    assert verdict.verdict == "within"
    reason = verdict.reasons[0]
    assert reason.startswith("a pulse by itself at 120 % of the hand's rMT")
    assert "a train" not in reason
    assert "Hz and" not in reason


def test_a_pulse_too_strong_for_a_table_is_still_no_train():
    from dataclasses import replace

    strong = replace(named_protocol("single_pulse"), intensity_fraction=9.0)
    reason = check_protocol(strong).reasons[0]
    assert reason.startswith("a pulse by itself at 900 %")
    assert "lies outside" in reason
