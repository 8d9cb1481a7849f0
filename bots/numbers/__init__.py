"""How well incidents are handled: numbers from the records. What they mean stands in `alerting.numbers`."""
