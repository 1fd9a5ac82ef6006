"""The bus and the register of workers: who works here, how busy they are, and who is told what.

    python -m controller

`service` answers requests, `register` keeps reports and finds lost workers, `sweeper` removes bytes that
no row points at, `bus` holds the sockets; `__main__` wires them. None of it is needed for the API to
take uploads: what must not be lost is in the datastore.
"""
