"""How the secrets of the tests are found, since a search that finds nothing proves nothing."""

import base64

import pytest

from tests.engine.company import leaks


def test_a_secret_in_clear_is_found() -> None:
    """With what is around it, so that one sees whose it is."""
    (found,) = leaks('{"integrationKey": "key-of-integration-checkout"}')
    assert found == 'key-of-integration-: …{"integrationKey": "key-of-integration-checkout"}…'


@pytest.mark.parametrize("before", range(6))
def test_a_secret_in_base64_is_found_wherever_it_begins(before: int) -> None:
    """Alone, as in a Secret, or inside a file that is encoded as a whole."""
    text = base64.b64encode(b"x" * before + b"canary-of-okta and more").decode()
    assert len(leaks(f"client: {text}")) == 1


def test_other_texts_hold_none() -> None:
    """Neither a name nor what is encrypted."""
    assert leaks("integration-checkout webhook-bot v1:hIaw/gi2Y8ueELFc:gUhZiAyR7AYgiLHJq0104j9Ulzgn") == []
