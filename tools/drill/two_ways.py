"""The steps of the outage that is played twice: the machine puts it right, or a person does after a while."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tools.drill import promise
from tools.drill.errors import DrillError
from tools.drill.scenario import Scenario
from tools.drill.stage import Stage
from tools.drill.standins import Outbound
from tools.drill.step import NotYet, Seen, Step, now
from tools.drill.variant import Variant

_SLACK_S: Final = 60.0
_FORGET_S: Final = 2_700.0


class TwoWays(Scenario):
    """The same outage; what ends it depends on the variant."""

    def __init__(self, stage: Stage, outbound: Outbound, errors: float, patience: float, variant: Variant) -> None:
        """Everything until the alert, and how its end is seen, is the usual drill's."""
        super().__init__(stage, outbound, errors, patience)
        self._variant = variant
        self._alert_at: datetime | None = None
        self._restart: subprocess.Popen[str] | None = None

    def steps(self) -> Sequence[Step]:
        """Every step in order."""
        wait = self._patience
        alert_s = max(60 * wait, 2 * promise.page_s(self._stage, self._errors))
        begin = (
            Step(name="traffic", title="steady traffic", look=self._steady, within_s=60 * wait),
            Step(name="fault", title="the service fails", act=self._fail, look=self._failing, within_s=5),
            Step(name="alert", title="alert fires", look=self._alerting, within_s=alert_s),
            Step(name="incident", title="incident opened", look=self._opened, within_s=20),
        )
        # Twenty minutes of errors are in the page's longest short window, of 30 minutes, for as long again.
        forget_s = max(120 * wait, self._scaled_s(_FORGET_S))
        end = Step(name="alert-end", title="alert resolves", look=self._quiet, within_s=forget_s)
        if self._variant.automatic:
            acts = (Step(name="action", title="restarted by itself", look=self._remediated, within_s=40),)
            return (
                *begin,
                *acts,
                end,
                Step(name="verified", title="remediation verified", look=self._verified, within_s=90 * wait),
            )
        acknowledge_s, person_s = (self._scaled_s(seconds) + _SLACK_S for seconds in self._delays)
        return (
            *begin,
            Step(name="stopped", title="the machine is stopped", look=self._stopped, within_s=20),
            Step(name="acknowledge", title="a person acknowledges", look=self._late_ack, within_s=acknowledge_s),
            Step(name="action", title="restarted by hand", look=self._by_hand, within_s=person_s),
            end,
        )

    @property
    def _delays(self) -> tuple[float, float]:
        return self._variant.acknowledge_s, self._variant.person_s

    def _scaled_s(self, real_s: float) -> float:
        return real_s / self._stage.scale.factor

    def _alerting(self) -> Seen | NotYet:
        seen = self._firing()
        if isinstance(seen, Seen):
            self._alert_at = seen.at
        return seen

    def _too_early(self, real_s: float) -> NotYet | None:
        assert self._alert_at is not None
        at = self._alert_at + timedelta(seconds=self._scaled_s(real_s))
        return NotYet(instead=f"nobody is there before {at:%H:%M:%S}") if now() < at else None

    def _stopped(self) -> Seen | NotYet:
        """The machine would have acted, and the switch kept it from it."""
        event = next((one for one in self._timeline() if "does not run by itself" in str(one.get("text"))), None)
        if event is None:
            return NotYet(instead="nothing in the timeline says why the machine did nothing")
        return Seen(at=datetime.fromisoformat(event["at"]), detail=str(event["text"]))

    def _late_ack(self) -> Seen | NotYet:
        return self._too_early(self._variant.acknowledge_s) or self._acknowledged()

    def _by_hand(self) -> Seen | NotYet:
        early = self._too_early(self._variant.person_s)
        if early is not None:
            return early
        if self._restart is None:
            pid_file, url = self._stage.checkout_pid_file, f"{self._stage.ports.url('checkout')}/healthz"
            # What the machine runs too, without the bot: as `kubectl rollout restart` typed by a person.
            command = [sys.executable, "-m", "tools.drill.restart", "--pid-file", str(pid_file), "--ready-url", url]
            self._restart = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        code = self._restart.poll()
        if code is None:
            return NotYet(instead="the restart by hand has not ended")
        said = (self._restart.stdout.read() if self._restart.stdout else "").strip()
        if code:
            raise DrillError(f"the restart by hand failed: {said}")
        return Seen(at=now(), detail=said)
