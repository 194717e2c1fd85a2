//! The core as it is used: compiled to wasm, in a browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use uber_vouchers::code::Code;
use uber_vouchers::code::rejected::RejectReason;
use uber_vouchers::csv::CodeReader;
use uber_vouchers::http::{BaseUrl, ResponseHead};
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::distribute;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::retry::retry_after;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const CODES: [&str; 2] =
    ["1f913a96-f52c-42a0-aa0b-a2ba53b2d631", "2b7e1516-28ae-4d2a-abf7-158809cf4f3c"];

fn api() -> Api {
    let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
    Api::new(base_url, OrganizationId::new("org/1").unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
}

#[wasm_bindgen_test]
fn a_csv_is_read_in_chunks() {
    let text = format!("name;code_id\n\"a;\"\"b\";{}\r\nc;nonsense\nd;\"{}\"", CODES[0], CODES[1]);
    for length in [1, 7, 1000] {
        let mut reader = CodeReader::new(None);
        for piece in text.as_bytes().chunks(length) {
            reader.push(piece);
        }
        let list = reader.finish();
        assert_eq!(list.iter().map(|code| code.to_string()).collect::<Vec<_>>(), CODES);
        let [rejected] = list.rejected() else { unreachable!("one row is none") };
        assert_eq!((rejected.line, rejected.reason), (3, RejectReason::NotAUuid));
    }
}

#[wasm_bindgen_test]
fn hostile_ids_stay_one_segment() {
    for (id, segment) in
        [("a/../b", "a%2F..%2Fb"), ("?x#y", "%3Fx%23y"), ("é%2e", "%C3%A9%252e"), ("a b", "a%20b")]
    {
        let request = distribute::distribute_all_request(&api(), &ProgramId::new(id).unwrap());
        let expected = format!(
            "https://api.uber.com/v1/organizations/org%2F1/voucher-programs/{segment}/codes/distribute"
        );
        assert_eq!(request.url, expected);
    }
    for id in ["", ".", "..", "a\0", "a\nb"] {
        assert!(ProgramId::new(id).is_err(), "{id:?}");
    }
}

#[wasm_bindgen_test]
fn the_body_contains_every_code() {
    let mut reader = CodeReader::new(None);
    reader.push(CODES.join("\n").to_uppercase().as_bytes());
    let list = reader.finish();
    let program = ProgramId::new("p").unwrap();
    let request = distribute::request(&api(), &program, list.iter()).unwrap();
    let expected = format!(r#"{{"codes":["{}","{}"]}}"#, CODES[0], CODES[1]);
    assert_eq!(request.body.as_deref(), Some(expected.as_bytes()));
    assert!(distribute::request(&api(), &program, [].into_iter()).is_err());
    assert_eq!(
        distribute::distribute_all_request(&api(), &program).body.as_deref(),
        Some(b"{}".as_slice())
    );
}

/// This build uses SIMD to read and write codes; the native one does not.
#[wasm_bindgen_test]
fn every_byte_of_a_code_is_judged() {
    const { assert!(cfg!(target_feature = "simd128")) };
    for (place, expected) in CODES[0].bytes().enumerate() {
        for byte in 0..=u8::MAX {
            let mut text = CODES[0].as_bytes().to_vec();
            text[place] = byte;
            let valid = if expected == b'-' { byte == b'-' } else { byte.is_ascii_hexdigit() };
            let written = Code::parse(&text).ok().map(|code| code.to_string().into_bytes());
            assert_eq!(written, valid.then(|| text.to_ascii_lowercase()), "{byte} at {place}");
        }
    }
}

#[wasm_bindgen_test]
fn how_long_to_wait() {
    for (value, wait) in [
        ("2", Some(2_000)),
        ("Thu, 01 Jan 1970 00:00:07 GMT", Some(7_000)),
        ("99999999999999999999", Some((1 << 53) - 1)),
        ("soon", None),
    ] {
        let head =
            ResponseHead { status: 429, headers: [("Retry-After", value)].into_iter().collect() };
        assert_eq!(retry_after(&head, 0), wait, "{value}");
    }
}
