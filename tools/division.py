"""Work divided among forked processes, which inherit everything and send back only what became of it.

Lighter than `multiprocessing`, whose import and threads cost more than a small command takes.
"""

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

Result = TypeVar("Result")

_TOKEN: Final = 4
"""Bytes of a job's number in the pipe from which every process takes the next one; so few are read as one."""


def cores() -> int:
    """How many processes can run at the same time; 1 where forking is not safe (macOS) or not possible."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def divided(jobs: int, work: Callable[[int], Result], processes: int) -> Iterator[Result]:
    """The results of `work(0)` to `work(jobs - 1)`, in no order.

    Raises what `work` raises, from whichever process; RuntimeError if a process dies without a word.
    """
    if processes < 2 or jobs < 2:
        yield from map(work, range(jobs))
        return
    source, sink = os.pipe()
    children = []
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        children = [_fork(source, sink, work) for _ in range(min(processes, jobs) - 1)]
        for job in range(jobs):
            os.write(sink, job.to_bytes(_TOKEN, "big"))
        os.close(sink)
        sink = -1
        yield from _take(source, work)
        for child in children:
            yield from _answer(child)
    finally:
        for end in (source, sink):
            if end >= 0:
                os.close(end)
        for pid, answers in children:
            os.close(answers)
            os.waitpid(pid, 0)


def _take(source: int, work: Callable[[int], Result]) -> Iterator[Result]:
    """Does jobs until there are no more."""
    while token := os.read(source, _TOKEN):
        yield work(int.from_bytes(token, "big"))


def _fork(source: int, sink: int, work: Callable[[int], Result]) -> tuple[int, int]:
    """Starts a process; its id, and where its answer will come from."""
    answers, voice = os.pipe()
    pid = os.fork()
    if pid:
        os.close(voice)
        return pid, answers
    status = 1
    try:
        os.close(sink)
        os.close(answers)
        answer: object
        try:
            answer = list(_take(source, work))
        except Exception as error:
            error.add_note(traceback.format_exc())
            answer = error
        with os.fdopen(voice, "wb") as out:
            pickle.dump(answer, out)
        status = 0
    finally:
        os._exit(status)


def _answer(child: tuple[int, int]) -> Iterator[Result]:
    with os.fdopen(os.dup(child[1]), "rb") as source:
        try:
            answer = pickle.load(source)  # written by our own child, over a pipe that only we have
        except EOFError as error:
            raise RuntimeError(f"process {child[0]} ended without a result") from error
    if isinstance(answer, Exception):
        raise answer
    yield from answer
