//! `X-Uber-Signature`: hexadecimal HMAC-SHA256 of the body's raw bytes.
//!
//! Stated for sibling products (U4B receipts, employees, organizations), and inferred for
//! vouchers. Also stated there: a body that was parsed and serialized again no longer
//! matches, because parsing drops backslashes. The signature covers no time, so a replay
//! is recognised only by the message id.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::{Error, ErrorCode, Queued};
use crate::secret::{PADDED, SigningKey, is_padded};

/// Succeeds if one of the keys made the signature. It tries all keys, each in constant
/// time, so that the duration reveals nothing about a key.
///
/// Several keys cover a rotation, and apps that were set up before Uber asked for a
/// signing key: those probably sign with the client secret (inferred).
pub fn verify(body: &[u8], signature: Option<&str>, keys: &[SigningKey]) -> Result<(), Error> {
    let signature = signature.unwrap_or_default();
    let mut expected = [0; 32];
    let is_hex = hex::decode_to_slice(signature, &mut expected).is_ok();
    let mut usable = !keys.is_empty();
    let mut matched = false;
    let mut padded = false;
    for key in keys {
        // Anyone can sign with an empty key.
        usable &= !key.expose().is_empty();
        padded |= is_padded(key.expose());
        matched |= mac(key, body).is_some_and(|mac| mac.verify_slice(&expected).is_ok());
    }
    let (code, message) = if !usable {
        (ErrorCode::NoSigningKey, "There is no signing key, or an empty one")
    } else if signature.is_empty() {
        (ErrorCode::MissingSignature, "There is no X-Uber-Signature")
    } else if !is_hex {
        (ErrorCode::MalformedSignature, "X-Uber-Signature is not 64 hexadecimal digits")
    } else if !matched {
        (ErrorCode::SignatureMismatch, "X-Uber-Signature matches no signing key")
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
    mac(key, body).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// HMAC accepts a key of any length, so this never fails.
fn mac(key: &SigningKey, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 5 is about truncated signatures, which are refused here.
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
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&body);
            assert_eq!(hex::encode(mac.finalize().into_bytes()), expected);
        }
    }

    #[test]
    fn every_digit_of_a_signature_matters() {
        let key = SigningKey::new("key");
        let signature = sign(&key, b"body");
        let keys = [key];
        let refused =
            |signature: &str| verify(b"body", Some(signature), &keys).map_err(|error| error.code);
        assert_eq!(refused(&signature), Ok(()));
        assert_eq!(refused(&signature.to_uppercase()), Ok(()));
        for at in 0..64 {
            let mut other = signature.clone().into_bytes();
            for byte in 0..=u8::MAX {
                other[at] = byte;
                let Ok(text) = str::from_utf8(&other) else { continue };
                let expected = match byte {
                    byte if byte.eq_ignore_ascii_case(&signature.as_bytes()[at]) => Ok(()),
                    byte if byte.is_ascii_hexdigit() => Err(ErrorCode::SignatureMismatch),
                    _ => Err(ErrorCode::MalformedSignature),
                };
                assert_eq!(refused(text), expected, "{byte} at {at}");
            }
        }
        for malformed in
            [&signature[1..], &format!("{signature}0"), &format!("{signature}00"), "0x"]
        {
            assert_eq!(refused(malformed), Err(ErrorCode::MalformedSignature), "{malformed}");
        }
    }
}
