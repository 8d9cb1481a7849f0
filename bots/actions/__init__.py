"""The remediation actions: what runs inside the jobs of a cluster (`python -m bots.actions NAME`)."""
