from cortistim.cli.lines import WIDTH, fitted


def test_long_lines_go_on_below_their_own_text():
    text = "output   " + "words " * 40
    lines = fitted([text, "short  line"]).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[-1] == "short  line"
    assert all(line.startswith(" " * 9) for line in lines[1:-1])
    assert " ".join(" ".join(lines[:-1]).split()) == " ".join(text.split())


def test_a_path_that_is_longer_than_the_width_stays_whole():
    path = "/" + "x" * 150
    assert path in fitted(f"files    {path} and beside it")


def test_what_fits_stays_as_it_is():
    assert fitted("  10 Hz  120 %\n\nnext") == "  10 Hz  120 %\n\nnext"
