"""Work that is divided among processes comes back whole, and so do its mistakes."""

import os
import signal

import pytest

from tools.division import cores, divided


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_job_is_done_exactly_once(processes: int) -> None:
    """However many processes there are, and however large the answers."""
    found = sorted(divided(50, lambda job: (job, "x" * 10_000), processes))
    assert found == [(job, "x" * 10_000) for job in range(50)]


def test_more_processes_than_jobs_is_no_problem() -> None:
    """Nothing at all is one job too few to share."""
    assert list(divided(0, str, 4)) == []
    assert sorted(divided(2, str, 4)) == ["0", "1"]


def test_other_processes_really_take_part() -> None:
    """Jobs that wait for each other's process can only end in two."""
    first, second = os.pipe(), os.pipe()

    def meet(job: int) -> int:
        mine, other = (first, second) if job == 0 else (second, first)
        os.write(other[1], b"x")
        os.read(mine[0], 1)
        return os.getpid()

    assert len(set(divided(2, meet, 2))) == 2
    for end in (*first, *second):
        os.close(end)


def test_what_goes_wrong_in_a_process_is_raised_here() -> None:
    """With the trail of where it happened."""
    here = os.getpid()

    def work(job: int) -> int:
        if os.getpid() != here:
            raise ValueError(f"job {job} is bad")
        os.sched_yield()
        return job

    caught = None
    for _ in range(50):
        try:
            list(divided(200, work, 2))
        except ValueError as error:
            caught = error
            break
    assert caught is not None
    assert "is bad" in str(caught)
    assert "Traceback" in "".join(caught.__notes__)


def test_a_process_that_is_killed_is_not_taken_for_one_that_had_nothing_to_do() -> None:
    """Its jobs would be missing."""
    here = os.getpid()
    ready = os.pipe()

    def work(job: int) -> int:
        if os.getpid() != here:
            os.write(ready[1], b"x")
            os.kill(os.getpid(), signal.SIGKILL)
        os.read(ready[0], 1)
        return job

    with pytest.raises(RuntimeError, match=r"^process \d+ ended without a result$"):
        list(divided(2, work, 2))
    for end in ready:
        os.close(end)


def test_at_least_one_core_is_there() -> None:
    """The one this runs on."""
    assert cores() >= 1
