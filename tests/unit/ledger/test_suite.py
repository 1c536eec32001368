"""The suite of version 1 against published vectors, and what its seals and signatures refuse."""

from __future__ import annotations

import pytest

from creditbank.errors.ledger import MalformedKey, SealBroken, SignatureInvalid
from creditbank.ledger import suite

KEY, NONCE = bytes(range(32)), bytes(12)


def test_hash_is_sha256() -> None:
    # FIPS 180-4 example "abc".
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert suite.hash_bytes(b"abc").hex() == digest


def test_mac_is_hmac_sha256() -> None:
    # RFC 4231 test case 2.
    tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert suite.mac(b"Jefe", b"what do ya want for nothing?").hex() == tag


def test_seal_is_nonce_and_aes_256_gcm() -> None:
    # NIST GCM test case 14: zero key, zero nonce, one zero block.
    sealed = suite.Cipher(bytes(32)).seal(NONCE, bytes(16), b"")
    assert sealed[:12] == NONCE
    assert sealed[12:].hex() == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


def test_unseal_returns_what_was_sealed() -> None:
    sealed = suite.Cipher(KEY).seal(NONCE, b"data", b"ctx")
    assert suite.Cipher(KEY).unseal(sealed, b"ctx") == b"data"


@pytest.mark.parametrize("position", range(12 + 4 + 16))
def test_no_sealed_byte_can_be_changed(position: int) -> None:
    sealed = bytearray(suite.Cipher(KEY).seal(NONCE, b"data", b"ctx"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken, match="does not open"):
        suite.Cipher(KEY).unseal(bytes(sealed), b"ctx")


@pytest.mark.parametrize("length", [0, 4, 12, 27, 31])
def test_no_sealed_byte_can_be_cut(length: int) -> None:
    sealed = suite.Cipher(KEY).seal(NONCE, b"data", b"ctx")[:length]
    with pytest.raises(SealBroken):
        suite.Cipher(KEY).unseal(sealed, b"ctx")


def test_seal_does_not_open_elsewhere() -> None:
    sealed = suite.Cipher(KEY).seal(NONCE, b"data", b"ctx")
    with pytest.raises(SealBroken):
        suite.Cipher(KEY).unseal(sealed, b"other")
    with pytest.raises(SealBroken):
        suite.Cipher(bytes(32)).unseal(sealed, b"ctx")


def test_cipher_takes_one_length_of_key_and_nonce() -> None:
    with pytest.raises(MalformedKey):
        suite.Cipher(KEY[:31])
    with pytest.raises(MalformedKey):
        suite.Cipher(KEY).seal(NONCE[:11], b"", b"")


def test_ed25519_signs_as_rfc_8032() -> None:
    # RFC 8032 section 7.1, test 2.
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = suite.Ed25519Signer(seed)
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.public.hex() == public
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    suite.verify_ed25519(signer.public, signer.sign(b"x"), b"x")


def test_mldsa44_verifies_what_it_signed() -> None:
    signer = suite.MlDsa44Signer(KEY)
    signature = signer.sign(b"x")
    assert len(signer.public) == suite.MLDSA44_PUBLIC_BYTES
    assert len(signature) == suite.MLDSA44_SIGNATURE_BYTES
    suite.verify_mldsa44(signer.public, signature, b"x")


@pytest.mark.parametrize("length", [0, 63, 64, 65, 2420])
def test_other_signatures_are_refused(length: int) -> None:
    ed25519, mldsa44 = suite.Ed25519Signer(KEY), suite.MlDsa44Signer(KEY)
    with pytest.raises(SignatureInvalid):
        suite.verify_ed25519(ed25519.public, bytes(length), b"x")
    with pytest.raises(SignatureInvalid):
        suite.verify_mldsa44(mldsa44.public, bytes(length), b"x")


def test_keys_have_one_length() -> None:
    for make in (suite.Ed25519Signer, suite.MlDsa44Signer):
        with pytest.raises(MalformedKey):
            make(KEY[:31])
    with pytest.raises(MalformedKey):
        suite.verify_ed25519(KEY[:31], bytes(64), b"")
    with pytest.raises(MalformedKey):
        suite.verify_mldsa44(KEY, bytes(2420), b"")
