//! Search Voucher Programs, `POST …/voucher-programs/search`, and Get Voucher
//! Program, `GET …/voucher-programs/{voucher_program_id}`.

use crate::error::{Error, ErrorCode};
use crate::http::{Method, Request};
use crate::json::{Field, Json, Kind, pick, pick_one};
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

/// The values of `program_status` (stated).
pub const STATUSES: [&str; 4] = ["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"];
/// How many programs one search asks for unless told.
pub const DEFAULT_LIMIT: u32 = 50;

/// What is shown of a program. Times are epoch milliseconds; `status` comes in
/// mixed case too.
/// What is used so far comes with one program only.
const FIELDS: [Field; 14] = [
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
    ("usage_trip_count", "usageTripCount", Kind::Number),
    ("usage_voucher_claim_count", "usageVoucherClaimCount", Kind::Number),
    ("usage_amount", "usageAmount", Kind::Number),
    ("usage_amount_currency", "usageAmountCurrency", Kind::Text),
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
    Ok(api.programs_request(Method::Post, "search", Some(body.into_bytes())))
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

/// The call that reads one program, without its guests.
#[must_use]
pub fn get_request(api: &Api, program: &ProgramId) -> Request {
    api.programs_request(Method::Get, &program.segment(), None)
}

/// The program of an answer. The observed answer holds no id, so that is the one
/// that was asked for. None where the answer is no object.
#[must_use]
pub fn program<'a>(body: &Json<'a>, id: &'a str) -> Option<Json<'a>> {
    let Json::Object(_) = body else { return None };
    let mut program = pick_one(body, &FIELDS).with("raw", body.clone());
    if let Json::Object(members) = &mut program {
        for (name, value) in members {
            if name == "programId" && value.is_null() {
                *value = id.into();
            }
        }
    }
    Some(program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uber::api::example;

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
    fn one_program_is_read_with_its_usage() {
        let id = ProgramId::new("p/1").unwrap();
        let call = get_request(&example(), &id);
        assert_eq!((call.method, &call.body), (Method::Get, &None));
        assert!(call.url.ends_with("/voucher-programs/p%2F1"), "{}", call.url);
        let body: Json = serde_json::from_str(
            r#"{"name":"Example","status":"Active","usage_amount":"12.5","usage_amount_currency":"USD","guests":null}"#,
        )
        .unwrap();
        let found = program(&body, "p/1").unwrap();
        assert_eq!(found.get("programId").text(), Some("p/1"));
        assert_eq!(found.get("status").text(), Some("ACTIVE"));
        assert_eq!(found.get("usageAmount"), &Json::Number(12.5));
        assert!(found.get("usageTripCount").is_null());
        assert_eq!(found.get("raw"), &body);
        let body: Json = serde_json::from_str(r#"{"voucher_program_id":"q"}"#).unwrap();
        assert_eq!(program(&body, "p").unwrap().get("programId").text(), Some("q"));
        assert!(program(&Json::List(vec![]), "p").is_none());
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
