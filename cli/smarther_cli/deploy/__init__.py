"""`make deploy`: a few questions with defaults, a look before anything is built, then `sam build` and `sam deploy`.

Pure: `answer_rules` (what an answer must be), `asking.parameters` (the template's), `stack_state` (what a stack's
state means for a deploy), `plan` (what will be done), `events` (what CloudFormation reports). The rest is the shell:
`machine` knows this machine, `account` asks AWS, `asking.dialogue` the person, `asking.interview` takes each answer
from where it can be had, `sam` runs `sam`, and `story` is the order of it all.
"""
