"""The webhook's secret, its probe, and the subscriptions that point at it."""
