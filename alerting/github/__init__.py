"""GitHub's side of the policy: who approves what, the labels of incidents, the forms. Nothing here talks to GitHub."""

from alerting.github.files import FOLDER, github_files

__all__ = ["FOLDER", "github_files"]
"""What `tocsin render` and `tocsin check` use."""
