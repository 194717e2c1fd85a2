//! Search Voucher Programs, `POST …/voucher-programs/search`, and Get Voucher
//! Program, `GET …/voucher-programs/{voucher_program_id}`.

use crate::error::{Error, ErrorCode};
use crate::http::{Method, Request};
use crate::json::Json;
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;
use crate::uber::object::object;

/// The values of `program_status` (stated).
pub const STATUSES: [&str; 4] = ["UPCOMING", "ACTIVE", "COMPLETE", "CANCELED"];
/// How many programs a search returns by default.
pub const DEFAULT_LIMIT: u32 = 50;

object! {
    /// One voucher program. Source: Search Voucher Programs, Get Voucher Program. Uber may
    /// omit any member.
    VoucherProgram,
    /// `voucher_program_id`, by which calls name the program.
    "voucher_program_id" {
        /// As entered when the program was created.
        name: Text "name",
        /// In upper case: `UPCOMING`, `ACTIVE`, `COMPLETE`, `CANCELED`, or another status of
        /// Uber's.
        status: Name "status",
        /// Such as `PERSONAL_TRANSPORT`.
        voucher_type: Text "voucher_type",
        /// `MULTI_CODE_SINGLE_REDEEM` or `SINGLE_CODE_MULTI_REDEEM`.
        code_scheme: Text "code_scheme",
        /// Such as `USD`.
        currency_code: Text "currency_code",
        /// The most that the program can cost, according to Uber.
        total_dollar_exposure: Number "total_dollar_exposure",
        /// Epoch milliseconds.
        starts_at: Number "starts_at",
        /// Epoch milliseconds.
        ends_at: Number "ends_at",
        /// Epoch milliseconds.
        created_at: Number "created_at",
        /// Trips and orders that used one of its vouchers. Only of a program that was read by
        /// its id (as observed).
        usage_trip_count: Number "usage_trip_count",
        /// Vouchers of the program that were claimed. Only of a program that was read by its id
        /// (as observed).
        usage_voucher_claim_count: Number "usage_voucher_claim_count",
        /// The amount spent. Only of a program that was read by its id (as observed).
        usage_amount: Number "usage_amount",
        /// The currency of that amount, such as `USD`.
        usage_amount_currency: Text "usage_amount_currency",
    }
}

/// The request; Uber requires `limit` and `offset`.
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

/// The programs of a response. Items without an id are left out.
///
/// The name of the wrapping member is unknown, so the first list with a
/// `voucher_program_id` is used; otherwise an empty list, if there is one. None if there
/// is no list.
#[must_use]
pub fn list<'a>(body: &'a Json<'a>) -> Option<Vec<VoucherProgram<'a>>> {
    if let Json::List(items) = body {
        return Some(VoucherProgram::all(items));
    }
    let mut empty = None;
    for (_, value) in body.members() {
        if let Json::List(items) = value {
            let programs = VoucherProgram::all(items);
            if !programs.is_empty() {
                return Some(programs);
            }
            if items.is_empty() {
                empty = Some(programs);
            }
        }
    }
    empty
}

/// The request for one program, without its guests.
#[must_use]
pub fn get_request(api: &Api, program: &ProgramId) -> Request {
    api.programs_request(Method::Get, &program.segment(), None)
}

/// The program of a response. The observed response has no id, so `id` is the requested
/// one. None if the response is not an object.
#[must_use]
pub fn program<'a>(body: &'a Json<'a>, id: &'a str) -> Option<VoucherProgram<'a>> {
    let Json::Object(_) = body else { return None };
    Some(VoucherProgram { id: body.get("voucher_program_id").text().unwrap_or(id), raw: body })
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
        assert_eq!((found.id, found.status().as_deref()), ("p/1", Some("ACTIVE")));
        assert_eq!((found.usage_amount(), found.usage_trip_count()), (Some(12.5), None));
        assert_eq!(found.raw, &body);
        let body: Json = serde_json::from_str(r#"{"voucher_program_id":"q"}"#).unwrap();
        assert_eq!(program(&body, "p").unwrap().id, "q");
        assert!(program(&Json::List(vec![]), "p").is_none());
    }

    #[test]
    fn the_list_is_found_under_any_name() {
        for body in [
            r#"{"voucher_programs":[{"voucher_program_id":"p","status":"Active"}],"other":[1]}"#,
            r#"{"other":[1],"meta":{},"results":[{"voucher_program_id":"p","status":"ACTIVE"}]}"#,
            r#"[{"voucher_program_id":"p","status":"active"}]"#,
        ] {
            let body: Json = serde_json::from_str(body).unwrap();
            let programs = list(&body).unwrap();
            assert_eq!((programs[0].id, programs[0].status().as_deref()), ("p", Some("ACTIVE")));
        }
        let empty = serde_json::from_str(r#"{"total":0,"x":[]}"#).unwrap();
        assert_eq!(list(&empty), Some(vec![]));
        let none = serde_json::from_str(r#"{"code":"x","y":[1]}"#).unwrap();
        assert!(list(&none).is_none());
    }
}
