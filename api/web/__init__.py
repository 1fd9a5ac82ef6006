"""What HTTP asks of every route: bodies, fields, lists, errors, turns, and the server itself."""
