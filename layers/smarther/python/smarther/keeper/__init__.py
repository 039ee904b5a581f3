"""The keeper: one run that keeps tokens, subscriptions and the webhook's secret alive, with no one looking on.

`run` holds the order of the work; `access`, `webhook`, `plants` and `thermostats` each do one part of it. Every step
leaves a state from which the next run goes on, so a run may end anywhere.
"""
