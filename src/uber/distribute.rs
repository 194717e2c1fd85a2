//! Bulk Distribution of Voucher Redemption Codes: `POST
//! …/voucher-programs/{voucher_program_id}/codes/distribute`.
//!
//! A 200 only says that the request was queued. No list, or an empty one, means every
//! code of the program (stated). So an empty list is never sent, and distributing every
//! code is a separate function.

use crate::code::{Code, TEXT_LENGTH, encode_uuid};
use crate::error::{Error, ErrorCode};
use crate::http::{Method, Request};
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

/// The most codes in one call. Uber documents no limit here; it generates at most 30,000
/// codes at a time, and larger lists belong in a job, which tracks each part.
pub const MAX_CODES: usize = 30_000;

const HEAD: &[u8] = b"{\"codes\":[";
/// A code with its quotes and the comma after it.
const RECORD: usize = TEXT_LENGTH + 3;

/// Refuses a list with rejected entries.
pub fn ensure_no_rejected(rejected_count: u64, valid: u64) -> Result<(), Error> {
    if rejected_count == 0 {
        return Ok(());
    }
    let entries = rejected_count.saturating_add(valid);
    Err(Error::validation(
        ErrorCode::InvalidCodes,
        text(&[
            &decimal(rejected_count),
            " of ",
            &decimal(entries),
            " entries can't be distributed, so nothing was sent",
        ]),
    ))
}

/// The request for exactly these codes. Refuses an empty list, and more than
/// [`MAX_CODES`] codes.
pub fn request(
    api: &Api,
    program: &ProgramId,
    codes: impl ExactSizeIterator<Item = Code>,
) -> Result<Request, Error> {
    refuse_count(codes.len())?;
    let mut ids = Vec::with_capacity(codes.len());
    codes.for_each(|code| ids.push(*code.as_bytes()));
    request_from_ids(api, program, &ids)
}

/// As [`request`], for codes as bytes.
pub(crate) fn request_from_ids(
    api: &Api,
    program: &ProgramId,
    ids: &[[u8; 16]],
) -> Result<Request, Error> {
    refuse_count(ids.len())?;
    Ok(Request { body: Some(body(ids)), ..base_request(api, program) })
}

fn refuse_count(count: usize) -> Result<(), Error> {
    if count == 0 {
        return Err(Error::validation(ErrorCode::EmptyCodes, "The list has no codes"));
    }
    if count > MAX_CODES {
        return Err(Error::validation(
            ErrorCode::TooManyCodes,
            text(&[
                "The list has ",
                &decimal(count as u64),
                " codes; one call takes at most ",
                &decimal(MAX_CODES as u64),
            ]),
        ));
    }
    Ok(())
}

/// The request without its list. Never send it like this: without a list it means every
/// code.
pub(crate) fn base_request(api: &Api, program: &ProgramId) -> Request {
    api.codes_request(program, Method::Post, "/distribute", None)
}

#[cfg_attr(hot_paths, optimize(speed), inline(never))]
fn body(ids: &[[u8; 16]]) -> Vec<u8> {
    // The body is filled with quotes; the last code has no comma after it.
    let mut body = vec![b'"'; HEAD.len() + ids.len() * RECORD + 1];
    if let Some((head, records)) = body.split_at_mut_checked(HEAD.len()) {
        head.copy_from_slice(HEAD);
        for (record, id) in records.as_chunks_mut::<RECORD>().0.iter_mut().zip(ids) {
            let [_, text @ .., _, comma] = record;
            encode_uuid(*id, text);
            *comma = b',';
        }
    }
    if let Some(end) = body.last_chunk_mut() {
        *end = *b"]}";
    }
    body
}

/// The request for every code of the program. Its body is an object without `codes`: the
/// documented sample has no body, which some gateways refuse for a POST.
#[must_use]
pub fn distribute_all_request(api: &Api, program: &ProgramId) -> Request {
    Request { body: Some(b"{}".to_vec()), ..base_request(api, program) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uber::api::example;

    fn code(number: u32) -> Code {
        let mut bytes = [0; 16];
        bytes[12..].copy_from_slice(&(number + 1).to_be_bytes());
        Code::from_bytes(bytes).unwrap()
    }

    fn program() -> ProgramId {
        ProgramId::new("p 1").unwrap()
    }

    #[test]
    fn the_documented_request_byte_for_byte() {
        let request = request(&example(), &program(), [code(0), code(1)].into_iter()).unwrap();
        assert_eq!(request.method, Method::Post);
        assert_eq!(
            request.url,
            "https://api.uber.com/v1/organizations/org%2F1/voucher-programs/p%201/codes/distribute"
        );
        assert_eq!(
            request.headers,
            [
                ("Accept-Language", "en_US".to_owned()),
                ("Content-Type", "application/json".to_owned()),
                ("Accept", "application/json".to_owned()),
            ]
        );
        assert_eq!(
            request.body.unwrap(),
            br#"{"codes":["00000000-0000-0000-0000-000000000001","00000000-0000-0000-0000-000000000002"]}"#
        );
    }

    #[test]
    fn all_codes_are_requested_by_an_object_without_codes() {
        assert_eq!(distribute_all_request(&example(), &program()).body.unwrap(), b"{}");
    }

    #[test]
    fn an_empty_list_and_too_many_codes_are_refused() {
        let none = request(&example(), &program(), std::iter::empty()).unwrap_err();
        assert_eq!(none.code, ErrorCode::EmptyCodes);
        let most: Vec<_> = (0..30_000).map(code).collect();
        assert!(request(&example(), &program(), most.iter().copied()).is_ok());
        let more: Vec<_> = (0..30_001).map(code).collect();
        let error = request(&example(), &program(), more.iter().copied()).unwrap_err();
        assert_eq!(error.code, ErrorCode::TooManyCodes);
    }

    #[test]
    fn one_bad_entry_refuses_the_list() {
        assert!(ensure_no_rejected(0, 5).is_ok());
        let error = ensure_no_rejected(1, 999_999).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidCodes);
        assert_eq!(error.message, "1 of 1000000 entries can't be distributed, so nothing was sent");
    }
}
