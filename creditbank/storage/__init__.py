"""Storage: the only package that imports SQLModel or SQLAlchemy.

Start reading at `journal` (the one door for writes), then `book` (what one group of submissions
sees and changes under the lock), `views` (how entries fold into what queries need), `vault`
(identities and keys) and `database` (engines and transactions).
"""
