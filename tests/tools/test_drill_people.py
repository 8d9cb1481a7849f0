"""What the drill's people say, and where it is found again."""

from tools.drill.tracker import SAID, heard

NOTED = {"kind": "noted", "by": "ben", "source": "github", "text": SAID}


def test_the_comment_is_found_among_the_notes_of_the_bot() -> None:
    """A note that the bot wrote meanwhile, such as when the fault began, does not hide what was said."""
    began = {"kind": "noted", "by": "tocsin", "source": "prometheus", "text": "Began: the SLI left its objective."}
    assert heard([{"kind": "opened"}, NOTED, began]) is NOTED
    assert heard([{"kind": "opened"}, began, NOTED]) is NOTED


def test_a_timeline_without_the_comment_has_none() -> None:
    """As long as nobody heard it, there is nothing to be seen."""
    assert heard([{"kind": "opened"}, {"kind": "acknowledged", "by": "ben"}]) is None
