"""Mutants: small faults planted one at a time, to see which of them no test notices.

`mutations` makes them, `reach` records which tests can notice one, `trial` runs those tests on it, and `survivors` are
those that may stay, each with its reason.
"""
