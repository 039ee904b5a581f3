"""`smarther doctor`: is the deployed stack what it should be?

    questions ── facts ──▶ checks ── findings ──▶ command

Questions ask AWS, checks judge what was answered and nothing else, the command shows what they found.
"""
