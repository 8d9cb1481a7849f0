"""The weekly report: how well incidents were handled, as Markdown with charts."""
