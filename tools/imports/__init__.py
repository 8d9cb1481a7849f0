"""`tocsin import`: takes over SLOs that were written for Sloth or OpenSLO.

bytes ─ source ─▶ documents with lines ─ sloth_file | openslo_file ─▶ wire models
      ─ sloth | openslo ─▶ found (services, and what could not be kept) ─ merge ─▶ planned files ─ command ─▶ disk
"""

from tools.imports.command import import_

__all__ = ["import_"]
