"""A real Kubernetes control plane for tests: no containers, no nodes, so pods stay pending and nothing is ever run."""
