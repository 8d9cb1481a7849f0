"""The workspace as a page: its channels, messages with their threads, and what only one person saw."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import Environment

from tools.standins.slack_workspace import Workspace

_PAGE: Final = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Slack (stand-in)</title><style>
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #8886;border-radius:8px;padding:.75rem 1rem;margin:1rem 0;overflow-wrap:anywhere}
article article{margin:.5rem 0 .5rem 1.5rem}.text{white-space:pre-wrap}.u{color:#1d9bd1}.b{border:1px solid #8888;
border-radius:4px;padding:.1rem .6rem;margin:.2rem .3rem 0 0;display:inline-block}
.primary{background:#007a5a;color:#fff}
.danger{background:#e01e5a;color:#fff}time,.topic{opacity:.7}pre{white-space:pre-wrap;background:#8882;padding:.5rem}
blockquote{border-left:4px solid #8886;margin:.3rem 0;padding-left:.8rem;white-space:pre-wrap}h3{margin:.2rem 0}
</style><h1>Slack (stand-in)</h1>
{% macro pieces(elements) %}
{% for e in elements -%}
{% if e.type == "text" and e.style and e.style.bold -%}<b>{{ e.text }}</b>
{%- elif e.type == "text" and e.style and e.style.code -%}<code>{{ e.text }}</code>
{%- elif e.type == "text" -%}{{ e.text }}
{%- elif e.type == "link" -%}<a rel="noreferrer" href="{{ e.url }}">{{ e.text }}</a>
{%- elif e.type == "user" -%}<span class="u">@{{ e.user_id }}</span>
{%- elif e.type == "channel" -%}<span class="u">#{{ names.get(e.channel_id, e.channel_id) }}</span>
{%- elif e.type == "date" -%}<time>{{ clock(e.timestamp) }}</time>
{%- endif %}
{%- endfor %}
{% endmacro %}
{% macro shown(m) %}<article><time>{{ clock(m.ts) }}</time> <b>{{ "Tocsin" if m.bot_id else m.user }}</b>
{% if m.edited %}<time>(edited)</time>{% endif %}
{% for b in m.blocks or [] %}{% if b.type == "header" %}<h3>{{ b.text.text }}</h3>
{% elif b.type == "section" %}<div class="text">{{ b.text.text }}</div>
{% elif b.type == "rich_text" %}{% for c in b.elements %}
{% if c.type == "rich_text_list" %}
<ul>{% for row in c.elements %}<li>{{ pieces(row.elements)|trim }}</li>{% endfor %}</ul>
{% elif c.type == "rich_text_preformatted" %}<pre>{{ pieces(c.elements)|trim }}</pre>
{% elif c.type == "rich_text_quote" %}<blockquote>{{ pieces(c.elements)|trim }}</blockquote>
{% else %}<div class="text">{{ pieces(c.elements)|trim }}</div>{% endif %}{% endfor %}
{% elif b.type == "actions" %}<div>{% for e in b.elements %}<span class="b {{ e.style or "" }}">{{ e.text.text }}</span>
{% endfor %}</div>{% endif %}{% else %}<div class="text">{{ m.text }}</div>{% endfor %}
{% for a in m.attachments or [] %}<h3>{{ a.title or a.fallback }}</h3><div class="text">{{ a.text }}</div>{% endfor %}
{% for reply in replies(m) %}{{ shown(reply) }}{% endfor %}</article>{% endmacro %}
{% for c in channels %}<section><h2>#{{ c.name }}</h2>{% if c.topic %}<p class="topic">{{ c.topic }}</p>{% endif %}
{% for m in c.messages if not m.thread_ts %}{{ shown(m) }}{% else %}<p>Nothing yet.</p>{% endfor %}</section>
{% endfor %}
{% if ephemeral %}<section><h2>Seen by one person only</h2>
{% for m in ephemeral %}<p class="topic">to @{{ m.user }}</p>{{ shown(m) }}{% endfor %}</section>{% endif %}</html>"""
)


def page(space: Workspace) -> str:
    """Everything, escaped."""
    by_thread: dict[str, list[Mapping[str, Any]]] = {}
    for channel in space.channels.values():
        for message in channel.messages:
            by_thread.setdefault(message.get("thread_ts", ""), []).append(message)
    ordered = sorted(space.channels.values(), key=lambda one: (not one.messages, one.name))
    return _PAGE.render(
        channels=ordered,
        names={one.id: one.name for one in ordered},
        ephemeral=[{"ts": 0, "bot_id": "B", **one} for one in space.ephemeral],
        replies=lambda message: by_thread.get(str(message.get("ts")), ()) if message.get("ts") else (),
        clock=_clock,
    )


def _clock(ts: Any) -> str:
    seconds = float(ts)
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}" if seconds else ""
