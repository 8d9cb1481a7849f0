"""The records on their way to the remote and back."""
