"""The Pulumi program run without an engine: what it would register, recorded and checked.

`record_stack(root, "dev")` runs the whole program for a stack; `record(function)` runs any function that registers
resources, such as one component. Both give a `Recording`, or raise what the program raised.
"""

from tools.program.recording import Recording, Registered
from tools.program.running import Recorder, record, record_stack

__all__ = ["Recorder", "Recording", "Registered", "record", "record_stack"]
"""Names that tests and commands use."""
