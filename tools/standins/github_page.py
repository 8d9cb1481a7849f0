"""Pages of the played GitHub: its issues as people would see them, Markdown rendered with HTML let through.

Nothing that is shown may do anything: a browser is told so too.
"""

from typing import Final

from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup

from tools.standins.github_repository import Issue, Pull, Repository

_CSS: Final = """
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:64rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;display:block;overflow-x:auto}td,th{border:1px solid #8886;padding:.3rem .6rem}
th:empty{display:none}article{border:1px solid #8886;border-radius:8px;padding:.5rem 1rem;margin:1rem 0}
.label{border:1px solid #8886;border-radius:1rem;padding:.05rem .6rem;margin-right:.3rem;font-size:.85rem}
.open{background:#1a7f37;color:#fff}.closed{background:#8250df;color:#fff}blockquote{border-left:3px solid #8886;
margin-left:0;padding-left:1rem}.by{opacity:.75}
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_ENVIRONMENT: Final = Environment(autoescape=True)
_SHELL: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta http-equiv="Content-Security-Policy" content="{{ policy }}"><title>{{ title }}</title>'
    "<style>{{ css }}</style>"
)
_LIST: Final = _ENVIRONMENT.from_string(
    _SHELL
    + """<h1>{{ repository.name }}: issues</h1>
{% for one in issues %}<article>
<a href="{{ base }}/{{ repository.name }}/issues/{{ one.number }}"><b>{{ one.title }}</b></a>
<br><span class="label {{ 'open' if one.open else 'closed' }}">{{ 'open' if one.open else 'closed' }}</span>
{% for label in one.labels %}<span class="label">{{ label }}</span>{% endfor %}
<span class="by">#{{ one.number }} by {{ one.author }}, {{ one.comments|length }} comments</span></article>
{% else %}<p>No issue yet.</p>{% endfor %}
{% for one in pulls %}<article>
<a href="{{ base }}/{{ repository.name }}/pull/{{ one.number }}"><b>{{ one.title }}</b></a>
<br><span class="label open">pull request</span>
<span class="by">#{{ one.number }} by {{ one.author }}, from {{ one.head }} into {{ one.base }}</span>
{{ markdown(one.body) }}</article>{% endfor %}</html>"""
)
_ISSUE: Final = _ENVIRONMENT.from_string(
    _SHELL
    + """<p><a href="{{ base }}/">All issues</a></p><h1>{{ one.title }} <span class="by">#{{ one.number }}</span></h1>
<p><span class="label {{ 'open' if one.open else 'closed' }}">{{ 'open' if one.open else 'closed' }}</span>
{% for label in one.labels %}<span class="label">{{ label }}</span>{% endfor %}
{% if one.assignees %}assigned to {{ one.assignees|join(", ") }}{% endif %}</p>
<article><p class="by">{{ one.author }} opened this</p>{{ markdown(one.body) }}</article>
{% for comment in one.comments %}<article><p class="by">{{ comment.author }}
{% for who, what in comment.reactions %} {{ signs.get(what, what) }}{% endfor %}</p>
{{ markdown(comment.body) }}</article>
{% endfor %}</html>"""
)
_PULL: Final = _ENVIRONMENT.from_string(
    _SHELL
    + """<p><a href="{{ base }}/">All issues</a></p><h1>{{ one.title }} <span class="by">#{{ one.number }}</span></h1>
<p><span class="label open">open</span> {{ one.author }} wants to merge {{ one.head }} into {{ one.base }}</p>
<article>{{ markdown(one.body) }}</article></html>"""
)
_SIGNS: Final = {"+1": "👍", "-1": "👎", "eyes": "👀", "confused": "😕"}


def renderer() -> MarkdownIt:
    """Markdown as GitHub reads it in issues, without its own extras: line ends count, and most HTML passes."""
    return MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])


def list_page(repository: Repository, base: str) -> str:
    """Every issue, newest first; `base` is where the pages are."""
    issues = sorted(repository.issues.values(), key=lambda one: one.number, reverse=True)
    about = {"css": Markup(_CSS), "policy": _POLICY, "title": repository.name, "base": base}
    pulls = list(repository.pulls.values())
    return _LIST.render(repository=repository, issues=issues, pulls=pulls, markdown=_markup, **about)


def _markup(text: str) -> Markup:
    return Markup(renderer().render(text))


def issue_page(one: Issue, base: str) -> str:
    """One issue with its comments."""
    return _ISSUE.render(
        one=one,
        markdown=_markup,
        css=Markup(_CSS),
        policy=_POLICY,
        title=one.title,
        signs=_SIGNS,
        base=base,
    )


def pull_page(one: Pull, base: str) -> str:
    """One pull request."""
    return _PULL.render(one=one, markdown=_markup, css=Markup(_CSS), policy=_POLICY, title=one.title, base=base)
