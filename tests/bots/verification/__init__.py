"""Whether remediations have helped."""
