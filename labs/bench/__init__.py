"""Benchmarks: what a notification costs in time, memory and money, compared with alternatives."""
