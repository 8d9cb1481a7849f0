"""Unit tests of the compiled rules, for `promtool test rules`: made from the SLOs, timed by `alerting.theory`."""
