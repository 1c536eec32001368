"""Clients: what is asked of others over HTTP, one module per counterparty.

`bank` is the SDK by which institutions, colleges and desks use a bank; `sheets` reads their
spreadsheets into what it posts.
"""
