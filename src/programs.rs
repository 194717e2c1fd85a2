//! Search Voucher Programs: `POST …/voucher-programs/search`.

use crate::api::Api;
use crate::error::{Error, ErrorCode};
use crate::http::{Method, Request};
use crate::json::{Field, Json, Kind, pick};
use crate::text::{decimal, text};

/// The values of `program_status` (stated).
pub const STATUSES: [&str; 4] = ["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"];
/// How many programs one search asks for unless told.
pub const DEFAULT_LIMIT: u32 = 50;

/// What is shown of a program. Times are epoch milliseconds; `status` comes in
/// mixed case too.
const FIELDS: [Field; 10] = [
    ("voucher_program_id", "programId", Kind::Text),
    ("name", "name", Kind::Text),
    ("status", "status", Kind::Name),
    ("voucher_type", "voucherType", Kind::Text),
    ("code_scheme", "codeScheme", Kind::Text),
    ("currency_code", "currencyCode", Kind::Text),
    ("total_dollar_exposure", "totalDollarExposure", Kind::Number),
    ("starts_at", "startsAt", Kind::Number),
    ("ends_at", "endsAt", Kind::Number),
    ("created_at", "createdAt", Kind::Number),
];

/// The call; `limit` and `offset` are required by Uber.
pub fn request(api: &Api, status: Option<&str>, limit: u32, offset: u32) -> Result<Request, Error> {
    let status = match status {
        None => String::new(),
        Some(status) if STATUSES.contains(&status) => {
            text(&[",\"program_status\":\"", status, "\""])
        }
        Some(_) => {
            return Err(Error::validation(
                ErrorCode::InvalidOptions,
                "`status` must be UPCOMING, ACTIVE, COMPLETE or CANCELED",
            ));
        }
    };
    let body = text(&[
        "{\"limit\":",
        &decimal(limit.into()),
        ",\"offset\":",
        &decimal(offset.into()),
        &status,
        "}",
    ]);
    Ok(api.on_programs(Method::Post, "search", Some(body.into_bytes())))
}

/// The programs of an answer, with their members under their names in
/// JavaScript, `null` where Uber left one out, and the whole item under `raw`.
///
/// What the wrapping member is called is unknown, so the first list with a
/// `voucher_program_id` in it is taken; failing that, an empty list where there
/// is one. None where there is no list at all.
#[must_use]
pub fn list<'a>(body: &Json<'a>) -> Option<Json<'a>> {
    if let Json::List(items) = body {
        return Some(pick(items, &FIELDS));
    }
    let mut empty = None;
    for (_, value) in body.members() {
        if let Json::List(items) = value {
            let programs = pick(items, &FIELDS);
            if !programs.items().is_empty() {
                return Some(programs);
            }
            if items.is_empty() {
                empty = Some(programs);
            }
        }
    }
    empty
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::example;

    #[test]
    fn the_documented_request() {
        let call = request(&example(), Some("ACTIVE"), 10, 20).unwrap();
        assert_eq!(
            call.url,
            "https://api.uber.com/v1/organizations/org%2F1/voucher-programs/search"
        );
        assert_eq!(call.body.unwrap(), br#"{"limit":10,"offset":20,"program_status":"ACTIVE"}"#);
        assert_eq!(
            request(&example(), None, 1, 0).unwrap().body.unwrap(),
            br#"{"limit":1,"offset":0}"#
        );
        assert_eq!(
            request(&example(), Some("active"), 1, 0).unwrap_err().code,
            ErrorCode::InvalidOptions
        );
    }

    #[test]
    fn the_list_is_found_whatever_it_is_called() {
        for body in [
            r#"{"voucher_programs":[{"voucher_program_id":"p","status":"Active"}],"other":[1]}"#,
            r#"{"other":[1],"meta":{},"results":[{"voucher_program_id":"p","status":"ACTIVE"}]}"#,
            r#"[{"voucher_program_id":"p","status":"active"}]"#,
        ] {
            let body: Json = serde_json::from_str(body).unwrap();
            let programs = list(&body).unwrap();
            let program = &programs.items()[0];
            assert_eq!(program.get("programId").text(), Some("p"));
            assert_eq!(program.get("status").text(), Some("ACTIVE"));
        }
        let empty = serde_json::from_str(r#"{"total":0,"x":[]}"#).unwrap();
        assert_eq!(list(&empty).unwrap(), Json::List(vec![]));
        assert!(list(&serde_json::from_str(r#"{"code":"x","y":[1]}"#).unwrap()).is_none());
    }
}
