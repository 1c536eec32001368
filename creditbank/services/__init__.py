"""Services: one verb per function, where domain meets storage.

Each write is a *work* handed to the journal: it names what it needs to read, and decides under the
lock. Start reading at `posting`.
"""
