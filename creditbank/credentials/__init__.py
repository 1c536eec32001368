"""The seam to the credential libraries: what certificates are made of, and how one is verified.

Everything here is a pure function of its arguments: no network, no database, no clock, no
randomness. Who may be asked for a DID document or a status list is the caller's to say.

`badges`, `transcripts`, `selective` and `decisions` build documents from facts; `signing` signs
them; `status` makes and reads status lists; `did` says who the issuer is; `contexts` holds the
JSON-LD contexts; `extracting` takes a credential out of a file; `verifying` checks one.
"""
