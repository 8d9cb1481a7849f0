"""When trouble really began: the bot looks at the SLI before a page and records when it left its objective."""
