"""`make deploy`: a few questions with defaults, a look before anything is built, then `sam build` and `sam deploy`.

Pure: `checks` (what an answer must be), `parameters` (the template's), `standing` (what a stack's state means for a
deploy), `plan` (what will be done), `events` (what CloudFormation reports). The rest is the shell: `machine` knows this
machine, `account` asks AWS, `dialogue` the person, `interview` takes each answer from where it can be had, `sam` runs
`sam`, and `story` is the order of it all.
"""
