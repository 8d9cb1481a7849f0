"""Who does what in an incident: escalation of what nobody acknowledges, handing over, and who is on call."""
