"""What a question shows of a link before it is opened."""

from desktop_chat.dialogs.question import link_question


def test_a_link_is_shown_whole() -> None:
    assert link_question("https://example.org/a").shown == "https://example.org/a"


def test_of_a_link_that_no_screen_would_hold_the_beginning_and_the_end_are_shown() -> None:
    target = "https://good.org/" + "a" * 5_000 + "the-end"
    shown = link_question(target).shown
    assert len(shown) <= 600
    assert shown.startswith("https://good.org/aaa")
    assert shown.endswith("the-end")
