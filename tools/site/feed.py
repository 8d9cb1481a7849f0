"""The news of the status page as RSS 2.0 (https://www.rssboard.org/rss-specification)."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from markupsafe import Markup

from tools.site.published import Entry, Published

MOST: Final = 50
_ATOM: Final = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold, however it is escaped: https://www.w3.org/TR/xml/#charsets
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(incidents: Sequence[Published], *, title: str, url: str, at: datetime) -> bytes:
    """The feed; an item for each incident, the newest news first. `url` is where the site is, without a slash."""
    ET.register_namespace("atom", _ATOM)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _text(channel, "title", title)
    _text(channel, "link", f"{url}/")
    _text(channel, "description", "Incidents that users notice, and what is said about them.")
    _text(channel, "lastBuildDate", format_datetime(at))
    ET.SubElement(
        channel, f"{{{_ATOM}}}link", {"href": f"{url}/feed.xml", "rel": "self", "type": "application/rss+xml"}
    )
    for one in sorted(incidents, key=lambda one: (one.changed_at, one.number), reverse=True)[:MOST]:
        _item(channel, one, url)
    ET.indent(rss)
    return bytes(ET.tostring(rss, encoding="utf-8", xml_declaration=True)) + b"\n"


def _item(channel: ET.Element, one: Published, url: str) -> None:
    item = ET.SubElement(channel, "item")
    address = f"{url}/incidents/{one.name}.html"
    _text(item, "title", f"{one.title}: {one.level.said.lower()} ({one.status.lower()})")
    _text(item, "link", address)
    # Another guid for each news, so that readers show it again.
    guid = _text(item, "guid", f"{address}#{one.changed_at:%Y%m%dT%H%M%SZ}")
    guid.set("isPermaLink", "false")
    _text(item, "pubDate", format_datetime(one.changed_at.replace(microsecond=0)))
    _text(item, "description", Markup("").join(_line(entry) for entry in one.entries))


def _line(entry: Entry) -> Markup:
    """Readers take a description for HTML: https://www.rssboard.org/rss-profile#element-channel-item-description."""
    told = Markup("<p>{:%Y-%m-%d %H:%M} UTC: <strong>{}</strong>").format(entry.at, entry.stage)
    said = Markup("<br>").join(entry.text.splitlines())
    return told + (Markup("<br>") + said if said else "") + Markup("</p>")


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = _NOT_XML.sub("\ufffd", text)
    return element
