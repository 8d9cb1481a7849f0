"""Policy → Alertmanager's configuration, and the answer to who gets an alert.

`alertmanager_config` and `template_files` are what Alertmanager reads, `files` is both for `tocsin render`, and
`resolve` asks the compiled tree about one alert, without Alertmanager.
"""

from alerting.routes.answer import Answer, Router, completed, resolve
from alerting.routes.configuration import alertmanager_config, files
from alerting.routes.templates import template_files

__all__ = ["Answer", "Router", "alertmanager_config", "completed", "files", "resolve", "template_files"]
