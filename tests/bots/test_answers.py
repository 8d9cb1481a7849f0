"""Answers on their way back to requests."""

import asyncio
import threading

from bots.answers import Answers


def test_everybody_who_waits_for_a_command_gets_its_answer() -> None:
    """From the writer's thread, also two requests with the same key."""
    answers = Answers()

    async def ask() -> list[object]:
        promises = [answers.promise("k"), answers.promise("k")]
        thread = threading.Thread(target=lambda: answers.give({"k": "done", "other": "x"}))
        thread.start()
        found = await asyncio.gather(*(answers.wait("k", promise, 5) for promise in promises))
        thread.join()
        return list(found)

    assert asyncio.run(ask()) == ["done", "done"]


def test_a_late_answer_is_no_answer_and_leaves_nothing_behind() -> None:
    """The request goes on without it; an answer that comes after all goes nowhere."""
    answers = Answers()

    async def ask() -> object:
        return await answers.wait("k", answers.promise("k"), 0.01)

    assert asyncio.run(ask()) is None
    answers.give({"k": "late"})
    assert answers._waiting == {}
