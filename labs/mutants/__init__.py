"""Mutation testing: small faults, planted one at a time, to find those that no test notices.

`mutations` makes them, `reach` records which tests run which lines, `trial` runs the tests of a mutant, and
`survivors.toml` explains the mutants that may survive.
"""
