from __future__ import annotations

from events_app.outbox.letters import LINE, wrapped

ADDRESS = "https://clustertreff.example/registrations/" + "x" * 60


def test_wrapped_keeps_lines_short_and_addresses_whole() -> None:
    text = wrapped("Wort " * 40 + "\n" + ADDRESS + "\n")
    lines = text.splitlines()
    assert lines.pop() == ADDRESS
    assert max(map(len, lines)) <= LINE
    assert " ".join(lines).split() == ["Wort"] * 40


def test_wrapped_indents_what_goes_on() -> None:
    assert wrapped("  bisher: " + "Wort " * 20).splitlines()[1].startswith("  Wort")


def test_wrapped_leaves_one_blank_line_between_paragraphs_and_none_at_the_ends() -> None:
    assert wrapped("\n\nEins\n  \n\n\nZwei\n\n\n") == "Eins\n\nZwei\n"
