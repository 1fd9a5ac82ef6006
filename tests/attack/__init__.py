"""Requests made up from the API's own description, right ones and wrong ones, by the thousand."""
