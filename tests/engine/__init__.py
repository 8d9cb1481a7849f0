"""The program as Pulumi's real engine runs it."""
