"""Errors of the pure ledger: bytes that are not of the form, proofs and seals that fail.

Fields are digests in hex, positions, lengths and fixed reason words, never content of a part.
"""

from __future__ import annotations

from creditbank.errors import N_, Corrupt, Malformed, Refused


class NotCanonical(Malformed):
    """A value or its bytes are outside the canonical JSON profile."""

    slug = "not-canonical"
    title = N_("Not canonical JSON")
    detail = N_(
        "The JSON is outside the canonical profile: {reason}. Send integers below 2^53, strings "
        "without U+0000, lower-case member names, and no null, float or duplicate member."
    )


class MalformedLeaf(Malformed):
    """Bytes are not a leaf of the log."""

    slug = "malformed-leaf"
    title = N_("Not a leaf of the ledger")
    detail = N_("The bytes are not a version 1 leaf: {reason}. Fetch the leaf again from the log.")


class UnknownLeafVersion(MalformedLeaf):
    """A canonical leaf of a version that this program does not know: undecidable, not wrong."""

    slug = "unknown-leaf-version"
    title = N_("Leaf of an unknown version")
    detail = N_(
        "The leaf has version {version}, which this program does not know, so it can neither "
        "confirm nor refute it. Use a newer verifier."
    )


class MalformedPart(Malformed):
    """A part, its salt, its digest or a link has the wrong name, length or form."""

    slug = "malformed-part"
    title = N_("Not a part of an entry")
    detail = N_("The part of the entry is not of the form: {reason}. Check it against entry-v1.")


class MalformedTree(Malformed):
    """Bytes are not the state of a Merkle tree of the given size."""

    slug = "malformed-tree"
    title = N_("Not the state of a Merkle tree")
    detail = N_("The bytes are not hashes of a tree of the stated size: {reason}.")


class MalformedProof(Malformed):
    """A proof is asked for, or given, at positions that no tree has."""

    slug = "malformed-proof"
    title = N_("Not a Merkle proof")
    detail = N_(
        "The proof is not of the form: {reason}. An index lies below the tree size, an older "
        "size is not above the newer, and every hash has 32 bytes."
    )


class MalformedTile(Malformed):
    """A tile path, a hash tile or an entry bundle is not of the form."""

    slug = "malformed-tile"
    title = N_("Not a tile of the log")
    detail = N_("The tile is not of the form of c2sp.org/tlog-tiles: {reason}.")


class MalformedKey(Malformed):
    """A key, its name or its text is not of the form."""

    slug = "malformed-key"
    title = N_("Not a verifier key")
    detail = N_(
        "The key is not of the form: {reason}. A verifier key reads name+hash+base64, and its "
        "name has neither spaces nor a plus sign."
    )


class MalformedNote(Malformed):
    """Bytes are not a signed note."""

    slug = "malformed-note"
    title = N_("Not a signed note")
    detail = N_("The bytes are not a note of the form of c2sp.org/signed-note: {reason}.")


class MalformedCheckpoint(Malformed):
    """The text of a note is not a checkpoint."""

    slug = "malformed-checkpoint"
    title = N_("Not a checkpoint")
    detail = N_("The text is not a checkpoint of the form of c2sp.org/tlog-checkpoint: {reason}.")


class MalformedReceipt(Malformed):
    """Bytes are not a receipt."""

    slug = "malformed-receipt"
    title = N_("Not a receipt")
    detail = N_("The bytes are not a proof of the form of c2sp.org/tlog-proof@v1: {reason}.")


class SignatureInvalid(Refused):
    """A signature by a known key does not verify, or no known key has signed."""

    slug = "signature-invalid"
    title = N_("Signature does not verify")
    detail = N_(
        "The signature does not hold: {reason}. Do not rely on the document; fetch it again, and "
        "check that you use the keys that the bank publishes."
    )


class ProofInvalid(Refused):
    """A proof of the right form leads to another root."""

    slug = "proof-invalid"
    title = N_("Proof does not hold")
    detail = N_(
        "The proof leads to root {found}, the checkpoint says {expected}. Keep both files: "
        "together they may show that the log was changed."
    )


class BrokenChain(Corrupt):
    """A leaf does not follow from the one before it."""

    slug = "broken-chain"
    title = N_("The chain is broken")
    detail = N_(
        "Leaf {index} does not follow from the one before it ({reason}): expected {expected}, "
        "found {found}. Stop writing, keep the database as it is, and compare with a checkpoint."
    )


class BrokenLink(Corrupt):
    """An entry is not the next one of a learner's or an organisation's chain."""

    slug = "broken-link"
    title = N_("A chain of entries has a gap")
    detail = N_(
        "Entry {seq} of the chain does not follow from the one before it ({reason}): expected "
        "{expected}, found {found}. Entries are missing, repeated or out of order."
    )


class SealBroken(Corrupt):
    """Encrypted bytes do not open under this key and context."""

    slug = "seal-broken"
    title = N_("Sealed data does not open")
    detail = N_(
        "Encrypted data does not open: it was changed, moved to another place, or belongs to "
        "another key."
    )
