"""What is due to people because time has passed, wherever they hear of it."""

from bots.integration import Integration
from bots.people import escalation, handoff


def people() -> Integration:
    """Escalations and shift changes; they are commands, so the record and every mirror know them."""
    return Integration(name="people", clocks=(escalation.due, handoff.due))
