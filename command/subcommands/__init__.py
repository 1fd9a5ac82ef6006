"""One module for each subcommand of `dpip`: how it reads on the command line, and nothing else.

A module has a function `add_to(app)`. It imports what it needs to run when it runs, so that help comes at
once; `command.main` lists the modules, in the order in which help shows them.
"""
