//! Get Guests: `GET …/voucher-programs/{voucher_program_id}/guests`, page by page.
//!
//! Stated: `limit` and `page_token` in the query; `guests` with `name`, `phone`,
//! `email`, `code`, `voucher`; a `next_token` where there is more. Unknown: the
//! members of `code` and `voucher`, and whether `next_token` stands at the top or
//! in the last guest, as text or as a number. So it is read in either place and
//! form, and of `code` and `voucher` what can mean nothing else.

use std::borrow::Cow;

use crate::http::{Method, Request, percent_encode};
use crate::json::Json;
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

/// How many guests one page asks for unless told.
pub const DEFAULT_PAGE_SIZE: u32 = 500;

/// What a code can be called, the best first.
const CODE_IDS: [&str; 4] = ["code_id", "code_uuid", "id", "uuid"];
/// What shows that a voucher is in its owner's hands.
const CLAIMS: [&str; 3] = ["voucher_id", "claimed_at", "redeemed_at"];

/// The call for one page; `page_token` is what the page before gave.
#[must_use]
pub fn request(
    api: &Api,
    program: &ProgramId,
    page_size: u32,
    page_token: Option<&str>,
) -> Request {
    let mut path = text(&[&program.segment(), "/guests?limit=", &decimal(page_size.into())]);
    if let Some(token) = page_token {
        path.push_str("&page_token=");
        path.push_str(&percent_encode(token));
    }
    api.programs_request(Method::Get, &path, None)
}

/// One page of an answer: `guests`, with their members under their names in
/// JavaScript, `null` where nothing is told, and the whole item under `raw`; and
/// `next`, the token of the page after it or null. None where there is no list.
#[must_use]
pub fn page<'a>(body: &Json<'a>) -> Option<Json<'a>> {
    let ((Json::List(items), _) | (_, Json::List(items))) = (body.get("guests"), body) else {
        return None;
    };
    let last = items.last().map(|guest| guest.get("next_token"));
    let next = token(body.get("next_token")).or_else(|| last.and_then(token));
    let next = next.map(Json::Text);
    let guests = items.iter().map(guest).collect();
    Some(Json::object().with("guests", Json::List(guests)).with("next", next))
}

/// A token is opaque: text, or a whole number. An empty one is none.
fn token<'a>(value: &Json<'a>) -> Option<Cow<'a, str>> {
    match value {
        Json::Text(token) if !token.is_empty() => Some(token.clone()),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Json::Number(token) if *token >= 0.0 => Some(decimal(*token as u64).into()),
        _ => None,
    }
}

fn guest<'a>(item: &Json<'a>) -> Json<'a> {
    let (code, voucher) = (item.get("code"), item.get("voucher"));
    let text_in = |name| item.get(name).text().map(|_| item.get(name).clone());
    let code_id = CODE_IDS.iter().find_map(|name| of_text(code.get(name)));
    let places = [voucher, code, item];
    let number = |name| places.iter().find_map(|place| place.get(name).number());
    Json::object()
        .with("name", text_in("name"))
        .with("email", text_in("email"))
        .with("phone", text_in("phone"))
        .with("codeId", code_id.or_else(|| of_text(item.get("code_id"))))
        .with("codeText", of_text(code.get("code_text")))
        .with("isClaimed", is_claimed(voucher))
        .with("usageCount", number("usage_count"))
        .with("usageAmount", number("usage_amount"))
        .with("raw", item.clone())
}

fn of_text<'a>(value: &Json<'a>) -> Option<Json<'a>> {
    value.text().filter(|text| !text.is_empty()).map(|_| value.clone())
}

/// Whether the voucher is claimed. `None` where nothing tells: an empty voucher
/// proves nothing.
fn is_claimed<'a>(voucher: &Json<'a>) -> Option<Json<'a>> {
    if let told @ Json::Bool(_) = voucher.get("is_claimed") {
        return Some(told.clone());
    }
    let shows = |name| match voucher.get(name) {
        Json::Text(text) => !text.is_empty(),
        Json::Number(number) => *number > 0.0,
        _ => false,
    };
    CLAIMS.into_iter().any(shows).then_some(Json::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uber::api::example;

    fn read(body: &str) -> Option<String> {
        let body: Json = serde_json::from_str(body).unwrap();
        page(&body).map(|page| {
            let guests: Vec<_> = page
                .get("guests")
                .items()
                .iter()
                .map(|guest| {
                    format!(
                        "{:?} {:?} {:?}",
                        guest.get("codeId").text(),
                        guest.get("isClaimed"),
                        guest.get("usageCount").number()
                    )
                })
                .collect();
            format!("{guests:?} {:?}", page.get("next").text())
        })
    }

    #[test]
    fn the_documented_request() {
        let program = ProgramId::new("p").unwrap();
        let url = |token| request(&example(), &program, 100, token).url;
        assert_eq!(
            url(None),
            "https://api.uber.com/v1/organizations/org%2F1/voucher-programs/p/guests?limit=100"
        );
        assert!(url(Some("a&b=/")).ends_with("/guests?limit=100&page_token=a%26b%3D%2F"));
    }

    #[test]
    fn a_token_is_found_at_both_places_and_in_both_forms() {
        for (body, next) in [
            (r#"{"guests":[],"next_token":"t"}"#, Some("t")),
            (r#"{"guests":[{"email":"a@b"},{"email":"c@d","next_token":"t"}]}"#, Some("t")),
            (r#"{"guests":[{"next_token":"not the last"},{}]}"#, None),
            (r#"{"guests":[{"next_token":7}]}"#, Some("7")),
            (r#"{"guests":[],"next_token":0}"#, Some("0")),
            (r#"{"guests":[],"next_token":""}"#, None),
            (r#"{"guests":[],"next_token":null}"#, None),
            (r#"{"guests":[{"next_token":"b"}],"next_token":"a"}"#, Some("a")),
            (r#"[{"next_token":"t"}]"#, Some("t")),
        ] {
            let body: Json = serde_json::from_str(body).unwrap();
            assert_eq!(page(&body).unwrap().get("next").text(), next, "{body:?}");
        }
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"guests":{}}"#), None);
    }

    #[test]
    fn of_a_guest_is_read_what_can_mean_nothing_else() {
        for (guest, expected) in [
            (r#"{"email":"a@b"}"#, "None Null None"),
            (r#"{"code":{"code_id":"c"},"voucher":{}}"#, r#"Some("c") Null None"#),
            (r#"{"code":{"code_uuid":"c"},"voucher":null}"#, r#"Some("c") Null None"#),
            (r#"{"code":{"id":"c"},"voucher":{"voucher_id":"v"}}"#, r#"Some("c") Bool(true) None"#),
            (r#"{"code_id":"c","voucher":{"is_claimed":false}}"#, r#"Some("c") Bool(false) None"#),
            (r#"{"code":{"code_id":""},"voucher":{"claimed_at":0}}"#, "None Null None"),
            (r#"{"voucher":{"usage_count":"2"}}"#, "None Null Some(2.0)"),
            (r#"{"code":{"code_id":"c","usage_count":1}}"#, r#"Some("c") Null Some(1.0)"#),
            (r#"{"code":"c","voucher":"v"}"#, "None Null None"),
            ("7", "None Null None"),
        ] {
            let body = format!(r#"{{"guests":[{guest}]}}"#);
            let page = read(&body).unwrap();
            assert_eq!(page, format!("{:?} None", vec![expected.to_owned()]), "{guest}");
        }
    }
}
