//! `X-Uber-Signature`: hexadecimal HMAC-SHA256 of the body's raw bytes.
//!
//! Stated for sibling products (U4B receipts, employees, organizations), and
//! inferred for vouchers. Stated there too: what a parser has read and written
//! again no longer fits, since parsing drops backslashes. No time is signed, so a
//! replay is told from a new message by its id alone.

use std::hint::black_box;

use sha2::{Digest, Sha256};

use crate::code::{not_hexadecimal, packed, spelled};
use crate::error::{Error, ErrorCode, Queued};
use crate::secret::{PADDED, SigningKey, is_padded};

/// How many bytes SHA-256 takes at once.
const BLOCK: usize = 64;

/// Passes if one of the keys made the signature. All of them are tried, each in
/// the same time whatever the signature, so that the time it takes tells nothing
/// of a key.
///
/// Several keys cover a rotation, and apps that were set up before Uber asked for
/// a signing key: those probably sign with the client secret (inferred).
pub fn verify(body: &[u8], signature: Option<&str>, keys: &[SigningKey]) -> Result<(), Error> {
    let signature = signature.unwrap_or_default();
    let expected = unhex(signature);
    let mut usable = !keys.is_empty();
    let mut fits = false;
    let mut padded = false;
    for key in keys {
        // Anybody can sign with an empty key.
        usable &= !key.expose().is_empty();
        padded |= is_padded(key.expose());
        fits |= equal(&hmac(key.expose().as_bytes(), body), &expected.unwrap_or_default());
    }
    let (code, message) = if !usable {
        (ErrorCode::NoSigningKey, "There is no signing key, or an empty one")
    } else if signature.is_empty() {
        (ErrorCode::MissingSignature, "There is no X-Uber-Signature")
    } else if expected.is_none() {
        (ErrorCode::MalformedSignature, "X-Uber-Signature is not 64 hexadecimal digits")
    } else if !fits {
        (ErrorCode::SignatureMismatch, "No signing key fits X-Uber-Signature")
    } else {
        return Ok(());
    };
    let error = Error::new(code, Queued::No, message);
    let is_padded = padded && code == ErrorCode::SignatureMismatch;
    Err(if is_padded { error.with_hint(PADDED) } else { error })
}

/// Signs a body as Uber does, in lower-case digits.
#[must_use]
pub fn sign(key: &SigningKey, body: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for bytes in hmac(key.expose().as_bytes(), body).as_chunks().0 {
        let digits = spelled(u32::from_le_bytes(*bytes)).to_le_bytes();
        text.extend(digits.map(char::from));
    }
    text
}

/// HMAC as RFC 2104 has it. Not that of the `hmac` crate, which is a hundred
/// bytes more and shares less with [`digest`]; the tests compare the two.
fn hmac(key: &[u8], body: &[u8]) -> [u8; 32] {
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = digest(&[key]);
        &hashed
    } else {
        key
    };
    let mut pad = [0x36; BLOCK];
    for (byte, key) in pad.iter_mut().zip(key) {
        *byte ^= key;
    }
    let inner = digest(&[&pad, body]);
    for byte in &mut pad {
        *byte ^= 0x36 ^ 0x5c;
    }
    digest(&[&pad, &inner])
}

/// SHA-256 of these parts, one after the other.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Whether two values are the same, without saying by the time it takes where
/// they differ.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let mut difference = 0;
    for (one, other) in one.iter().zip(other) {
        difference |= one ^ other;
    }
    // A compiler that knew what it is for could leave the loop early.
    black_box(difference) == 0
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    let mut fault = 0;
    for (out, digits) in bytes.as_chunks_mut().0.iter_mut().zip(digits.as_chunks().0) {
        let digits = u64::from_le_bytes(*digits);
        fault |= not_hexadecimal(digits);
        *out = packed(digits).to_le_bytes();
    }
    (fault == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};

    use super::*;

    /// Case 5 is about cut signatures, which are refused here.
    #[test]
    fn rfc_4231() {
        let longer = "This is a test using a larger than block-size key and a larger than \
            block-size data. The key needs to be hashed before being used by the HMAC algorithm.";
        for (key, body, expected) in [
            (
                vec![0x0b; 20],
                "Hi There".into(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?".into(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 20],
                vec![0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                (1..=25).collect(),
                vec![0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First".into(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                longer.into(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ] {
            let body: Vec<u8> = body;
            assert_eq!(unhex(expected), Some(hmac(&key, &body)));
        }
    }

    #[test]
    fn the_same_as_the_hmac_crate() {
        for length in 0..=u8::MAX {
            let key: Vec<u8> = (0..length).map(|at| at.wrapping_mul(7) ^ length).collect();
            for size in [0, 1, 55, 56, 64, length.into()] {
                let body = vec![length; size];
                let mut other = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                other.update(&body);
                assert_eq!(hmac(&key, &body), *other.finalize().into_bytes(), "{length} {size}");
            }
        }
    }

    #[test]
    fn a_digest_is_that_of_the_parts_joined() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(unhex(abc), Some(digest(&[b"abc"])));
        assert_eq!(unhex(abc), Some(digest(&[b"a", b"", b"bc"])));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(unhex(empty), Some(digest(&[])));
    }

    #[test]
    fn every_byte_counts_when_two_are_compared() {
        let one = [7; 32];
        assert!(equal(&one, &one));
        for place in 0..32 {
            for bit in 0..8 {
                let mut other = one;
                other[place] ^= 1 << bit;
                assert!(!equal(&one, &other), "{place} {bit}");
            }
        }
    }

    #[test]
    fn only_hexadecimal_digits_are_read() {
        for byte in 0..=u8::MAX {
            let digit = char::from(byte);
            for place in [0, 31, 63] {
                let mut text = vec!['0'; 64];
                text[place] = digit;
                let text = text.into_iter().collect::<String>();
                let read = unhex(&text);
                assert_eq!(read.is_some(), digit.is_ascii_hexdigit(), "{digit:?} at {place}");
                if let Some(value) = digit.to_digit(16) {
                    let shift = if place % 2 == 0 { 4 } else { 0 };
                    assert_eq!(u32::from(read.unwrap()[place / 2]), value << shift);
                }
            }
        }
    }

    #[test]
    fn two_wrong_digits_do_not_make_up_for_one_another() {
        for (first, second) in (0..64).flat_map(|at| (0..at).map(move |to| (at, to))) {
            let mut text = ["0"; 64];
            (text[first], text[second]) = ("g", "g");
            assert_eq!(unhex(&text.concat()), None, "{first} and {second}");
        }
    }
}
