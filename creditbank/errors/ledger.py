"""Errors of the pure ledger: bytes that are not of the form, proofs and seals that fail.

Fields are digests in hex, positions, lengths and fixed reason words, never content of a part.
"""

from __future__ import annotations

from typing import Final

from creditbank.errors import N_, Corrupt, Malformed, Refused

REASONS: Final[dict[str, str]] = {
    "ambiguous": N_("two keys have the same name and the same id"),
    "attest": N_("the part attest is not a signature of an institution"),
    "attestation": N_("the institution's signature is not over these bytes, or not by this key"),
    "chain": N_("it names another chain"),
    "character": N_("it has a control character"),
    "decimal": N_("a number is not a decimal number, or is too great"),
    "depth": N_("it is nested too deeply"),
    "digest_length": N_("a digest does not have 32 bytes"),
    "duplicate_member": N_("an object has the same member twice"),
    "extensions": N_("the checkpoint has extensions, over which such a key does not sign"),
    "extra": N_("the line extra is empty or too long"),
    "float": N_("it has a floating point number"),
    "form": N_("the bytes differ from the one form that is allowed"),
    "hash": N_("a hash does not have 32 bytes"),
    "hash_length": N_("a hash does not have 32 bytes"),
    "hashes": N_("the number of hashes does not fit the size"),
    "header": N_("its first line is another one"),
    "id": N_("the id does not belong to this name and key"),
    "index": N_("the index is not one that is possible here"),
    "integer_range": N_("an integer is 2^53 or more in magnitude"),
    "items": N_("the line has too few or too many items"),
    "key": N_("the key is not of the form, or not the one that signs this"),
    "key_repeated": N_("a key occurs twice"),
    "key_type": N_("the key is of a type that does not belong here"),
    "keyword": N_("the line begins with an unknown keyword"),
    "length": N_("it has the wrong length"),
    "level": N_("there is no such level"),
    "line": N_("a line is empty or has a line end in it"),
    "line_not_ended": N_("the last line has no line end, so it may have been cut off"),
    "link": N_("the link does not have chain, number and previous hash as it must"),
    "malformed": N_("it is not of the form"),
    "member_name": N_("a member has a name outside the profile"),
    "member_repeated": N_("a name belongs to two groups"),
    "members": N_("it does not have exactly the members that it must have"),
    "name": N_("the name is not one that is allowed here"),
    "name_not_defined": N_("a name is used before it is defined"),
    "name_taken": N_("a name is defined twice"),
    "no_act": N_("the part act is missing"),
    "no_digest": N_("a part has neither content nor digest"),
    "no_known_key": N_("none of the known keys has signed"),
    "no_log_signature": N_("no key of the log has signed"),
    "no_quorum": N_("there is no quorum line"),
    "no_signature": N_("it has no signature"),
    "not_canonical": N_("it is not canonical JSON"),
    "nul": N_("a text has the character U+0000"),
    "null": N_("it has null; leave the member out instead"),
    "object": N_("it is not a JSON object"),
    "origin": N_("it belongs to another log"),
    "path": N_("the path is not one of a tile"),
    "place": N_("the path does not lead to this posting"),
    "position": N_("index and sizes are not those of one tree"),
    "prev": N_("it names another previous hash"),
    "proof": N_("the proof has too many hashes, or one that does not have 32 bytes"),
    "quorum": N_("too few of the required witnesses have signed"),
    "quorum_repeated": N_("there are two quorum lines"),
    "root": N_("the root does not have 32 bytes"),
    "salt_length": N_("the salt does not have 16 bytes"),
    "seq": N_("it has another number in its chain"),
    "signature": N_("the signature was not made by this key over these bytes"),
    "signature_line": N_("a signature line is not of the form"),
    "size": N_("a size is impossible, or the whole is too large"),
    "surrogate": N_("a text has half of a character"),
    "syntax": N_("it is not JSON"),
    "text": N_("the text is not UTF-8, or has a control character or no line end"),
    "threshold": N_("the number of a group is zero"),
    "time": N_("the time is impossible, or earlier than the one before"),
    "too_many_signatures": N_("it has more than 100 signatures"),
    "type": N_("a value or a key is of a type that is not allowed here"),
    "version": N_("it is of another version"),
    "width": N_("a tile does not have this many hashes"),
}
"""What each reason code means, as message ids; the English text is the id."""


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
