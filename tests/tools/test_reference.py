"""The policy reference says what the models say, and is committed as it is generated."""

import re

from alerting.editor import schemas
from tools.reference import PAGE, page


def test_the_committed_page_is_fresh() -> None:
    """docs/policy-reference.md is what `make docs` writes."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_key_of_every_file_is_in_a_table() -> None:
    """No key is left out, and each row has a meaning."""
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \| (.+) \|$", page(), re.MULTILINE)
    keys = {
        key
        for schema in schemas().values()
        for part in (schema, *schema.get("$defs", {}).values())
        for key in part["properties"]
    }
    assert keys <= {key for key, _ in rows}
    assert all(meaning.strip() for _, meaning in rows)


def test_every_link_leads_to_a_heading() -> None:
    """Links inside of the page have their headings, named as GitHub names them."""
    text = page()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
