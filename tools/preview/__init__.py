"""Dashboards as one page that needs no Grafana: what they ask, and what a Prometheus answers, as charts."""
