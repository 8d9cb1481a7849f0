"""PagerDuty: what people do there becomes events here, and what is acknowledged or over here is so there."""
