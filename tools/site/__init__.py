"""The public status page: a static site from the records, with what a person marked public and nothing else."""
