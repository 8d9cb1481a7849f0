"""Which incident a fact about alerts belongs to. Pure."""
