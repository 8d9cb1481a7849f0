"""How complete a postmortem is, and what is missing: a score that says what to write next. Pure.

Each check counts the same. A published postmortem has them all; a draft may have any of them.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

from alerting.problem import Problem
from alerting.spelling import nearest
from bots.postmortems.document import Postmortem, Section

_PROMPT: Final = re.compile(r"^\*(?!\*).*[^*]\*$", re.MULTILINE)
"""A line that the template has in italics: what is wanted there."""
_NOT_PROSE: Final = re.compile(r"^\s*(\||!\[|```|    ).*$", re.MULTILINE)
_WORD: Final = re.compile(r"\w[\w'’-]*")
_SUMMARY_WORDS: Final = 15
_IMPACT_WORDS: Final = 8
_FACTORS_WORDS: Final = 15
_WELL_WORDS: Final = 5
_NO_FOLLOW_UPS_WORDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check."""

    name: str
    done: bool
    line: int
    hint: str
    """What to do; said only where it is not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the linter says."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    """What is wrong rather than missing; for published ones also what is missing."""

    @property
    def score(self) -> int:
        """Percent of the checks that are done."""
        return round(100 * sum(one.done for one in self.findings) / len(self.findings))


def review(postmortem: Postmortem, members: Collection[str]) -> Review:
    """The review of a postmortem; `members` are the names of everybody in the teams."""
    findings = tuple(check(postmortem, members) for check in _CHECKS)
    problems = [*_owners(postmortem, members)]
    if postmortem.front.status == "published":
        problems += [_incomplete(postmortem, one) for one in findings if not one.done]
    return Review(findings=findings, problems=tuple(problems))


def own_words(section: Section) -> int:
    """How many words people wrote: without the template's prompts, tables, pictures and code."""
    return len(_WORD.findall(_NOT_PROSE.sub("", _PROMPT.sub("", section.text))))


_Check = Callable[[Postmortem, Collection[str]], Finding]


def _words(heading: str, least: int, hint: str) -> _Check:
    def check(postmortem: Postmortem, members: Collection[str]) -> Finding:
        section = postmortem.sections[heading]
        return Finding(name=heading, done=own_words(section) >= least, line=section.line, hint=hint)

    return check


def _timeline(postmortem: Postmortem, members: Collection[str]) -> Finding:
    section = postmortem.sections["Timeline"]
    rows = sum(1 for line in section.text.split("\n") if line.startswith("| "))
    hint = "list what happened when, in a table"
    return Finding(name="Timeline", done=rows > 2, line=section.line, hint=hint)


def _follow_ups(postmortem: Postmortem, members: Collection[str]) -> Finding:
    section = postmortem.sections["Follow-ups"]
    done = bool(postmortem.front.follow_ups) or own_words(section) >= _NO_FOLLOW_UPS_WORDS
    hint = "name at least one in `follow_ups`, with owner and due date, or say in the section why there is none"
    return Finding(name="Follow-ups", done=done, line=section.line, hint=hint)


def _no_blame(postmortem: Postmortem, members: Collection[str]) -> Finding:
    section = postmortem.sections["Contributing factors"]
    words = {word.lower() for word in _WORD.findall(section.text)}
    named = sorted(words & {member.lower() for member in members})
    hint = f"say what made it possible instead of who did it: {', '.join(named)}"
    return Finding(name="No blame", done=not named, line=section.line, hint=hint)


def _no_prompts(postmortem: Postmortem, members: Collection[str]) -> Finding:
    left = [section for section in postmortem.sections.values() if _PROMPT.search(section.text)]
    line = left[0].line if left else 1
    hint = f"replace the text in italics below {', '.join(section.heading for section in left)}"
    return Finding(name="No prompts left", done=not left, line=line, hint=hint)


_CHECKS: Final[tuple[_Check, ...]] = (
    _words("Summary", _SUMMARY_WORDS, "say what happened, in three sentences for somebody who was not there"),
    _words("Impact", _IMPACT_WORDS, "say who noticed what, for how long"),
    _timeline,
    _words("Contributing factors", _FACTORS_WORDS, "say what came together so that this could happen"),
    _words("What went well", _WELL_WORDS, "say what kept it from being worse"),
    _follow_ups,
    _no_blame,
    _no_prompts,
)


def _owners(postmortem: Postmortem, members: Collection[str]) -> Iterator[Problem]:
    follow_ups = zip(postmortem.front.follow_ups, postmortem.follow_up_lines, strict=True)
    titles: dict[str, int] = {}
    for number, (one, line) in enumerate(follow_ups):
        where = f"postmortem {postmortem.front.incident}: follow_ups.#{number + 1}"
        first = titles.setdefault(one.title, number + 1)
        if first <= number:
            yield Problem(
                file=postmortem.path,
                line=line,
                object=f"{where}.title",
                wrong=f"{one.title!r} is the title of #{first} too",
                expected="expected another title for each: it decides which issue is opened",
                fix="say what is different about this one, or take it out",
            )
        if one.owner not in members:
            near = nearest(one.owner, sorted(members))
            yield Problem(
                file=postmortem.path,
                line=line,
                object=f"{where}.owner",
                wrong=f"nobody is called {one.owner!r}",
                expected="expected a member of a team under policies/teams/",
                fix=f"did you mean {near}?" if near else "name somebody who will see to it",
            )
        if one.due < postmortem.front.started_at.date():
            yield Problem(
                file=postmortem.path,
                line=line,
                object=f"{where}.due",
                wrong=f"{one.due} is before the incident",
                expected=f"expected a day from {postmortem.front.started_at.date()} on",
                fix="correct the date",
            )


def _incomplete(postmortem: Postmortem, finding: Finding) -> Problem:
    return Problem(
        file=postmortem.path,
        line=finding.line,
        object=f"postmortem {postmortem.front.incident}: {finding.name}",
        wrong="it is published and this is missing",
        expected="expected everything in a published postmortem",
        fix=f"{finding.hint}, or set `status: review`",
    )
