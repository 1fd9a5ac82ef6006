"""The JSON that the API answers with, as types: what views return is checked against them by mypy, and the
description in `/openapi.json` is made from them. More fields may be added to any; none ever goes."""
