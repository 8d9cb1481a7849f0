"""The guardrails: what no stack may do. Rules are pure; only `pack` knows Pulumi's policy SDK."""
