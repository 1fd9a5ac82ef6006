"""The API's description of itself, OpenAPI 3.1, made from the routes and the shapes of their answers.

Each view says beside its route what it takes and gives (`operation`), its guard who may ask, its path what is
in it, and the catalogue which filters there are; `document` puts it together.
"""
