"""`smarther doctor`: checks that the deployed stack is as it should be.

    questions ── facts ──▶ checks ── findings ──▶ command

Questions ask AWS, checks judge the facts that AWS gave, and the command shows the findings.
"""
