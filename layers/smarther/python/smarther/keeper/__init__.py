"""The keeper: one run renews tokens, repairs subscriptions and rotates the webhook's secret, unattended.

`run` holds the order of the work; `access`, `webhook`, `plants` and `thermostats` each do one part of it. A run may be
interrupted anywhere: the next one continues from what is stored.
"""
