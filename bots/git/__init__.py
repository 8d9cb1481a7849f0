"""Git as the records need it: trees, remotes, messages of commits, the folder on a disk."""
