"""A skills credit bank (技能学分银行): a ledger on which working people keep what they learned.

Start reading at `ledger` (the bytes), `domain` (the meaning), `storage.journal` (the one door for
writes) and `services.posting`; `docs/architecture.md` has the map.
"""
