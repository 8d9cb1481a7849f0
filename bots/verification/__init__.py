"""Whether a remediation has helped: not exit 0, but the service's SLI, watched for as long as the policy asks."""
