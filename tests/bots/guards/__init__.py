"""The guard rails of remediation."""
