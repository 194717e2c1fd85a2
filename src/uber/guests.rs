//! Get Guests: `GET …/voucher-programs/{voucher_program_id}/guests`, page by page.
//!
//! Stated: `limit` and `page_token` in the query; `guests` with `name`, `phone`, `email`,
//! `code`, `voucher`; a `next_token` if there are more. Unknown: the members of `code`
//! and `voucher`, and whether `next_token` is at the top level or in the last guest, as
//! text or as a number. So it is read at both positions and in both forms, and from
//! `code` and `voucher` only the members with an unambiguous meaning.

use std::borrow::Cow;

use crate::http::{Method, Request, percent_encode};
use crate::json::Json;
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

/// How many guests a page has by default.
pub const DEFAULT_PAGE_SIZE: u32 = 500;

/// The possible names of a code's id, the best first.
const CODE_IDS: [&str; 4] = ["code_id", "code_uuid", "id", "uuid"];
/// Members that show that the guest has claimed the voucher.
const CLAIMS: [&str; 3] = ["voucher_id", "claimed_at", "redeemed_at"];

/// The request for one page; `page_token` comes from the previous page.
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

/// A guest of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Guest<'a> {
    /// The whole object as it was received.
    pub raw: &'a Json<'a>,
}

impl<'a> Guest<'a> {
    /// The guest's name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.raw.get("name").text()
    }

    /// The guest's e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&'a str> {
        self.raw.get("email").text()
    }

    /// The guest's telephone number.
    #[must_use]
    pub fn phone(&self) -> Option<&'a str> {
        self.raw.get("phone").text()
    }

    /// The UUID of the guest's code.
    #[must_use]
    pub fn code_id(&self) -> Option<&'a str> {
        let code = self.raw.get("code");
        let named = CODE_IDS.iter().find_map(|name| code.get(name).text());
        named.or_else(|| self.raw.get("code_id").text())
    }

    /// The text that the guest enters.
    #[must_use]
    pub fn code_text(&self) -> Option<&'a str> {
        self.raw.get("code").get("code_text").text()
    }

    /// Whether the voucher is claimed. None if nothing shows that: an empty voucher
    /// proves nothing.
    #[must_use]
    pub fn is_claimed(&self) -> Option<bool> {
        let voucher = self.raw.get("voucher");
        if let Json::Bool(is_claimed) = voucher.get("is_claimed") {
            return Some(*is_claimed);
        }
        let shows = |name| match voucher.get(name) {
            Json::Text(text) => !text.is_empty(),
            Json::Number(number) => *number > 0.0,
            _ => false,
        };
        CLAIMS.into_iter().any(shows).then_some(true)
    }

    /// How often the code was used.
    #[must_use]
    pub fn usage_count(&self) -> Option<f64> {
        self.number("usage_count")
    }

    /// The amount that was paid with it.
    #[must_use]
    pub fn usage_amount(&self) -> Option<f64> {
        self.number("usage_amount")
    }

    fn number(self, name: &str) -> Option<f64> {
        let parts = [self.raw.get("voucher"), self.raw.get("code"), self.raw];
        parts.iter().find_map(|part| part.get(name).number())
    }
}

/// One page of guests.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GuestPage<'a> {
    /// The guests.
    pub guests: Vec<Guest<'a>>,
    /// The token of the next page, if there is one.
    pub next_token: Option<Cow<'a, str>>,
}

/// The page of a response. None if there is no list.
#[must_use]
pub fn page<'a>(body: &'a Json<'a>) -> Option<GuestPage<'a>> {
    let ((Json::List(items), _) | (_, Json::List(items))) = (body.get("guests"), body) else {
        return None;
    };
    let last = items.last().map(|guest| guest.get("next_token"));
    let next_token = token(body.get("next_token")).or_else(|| last.and_then(token));
    Some(GuestPage { guests: items.iter().map(|raw| Guest { raw }).collect(), next_token })
}

/// A token is opaque: text, or a whole number. An empty one means that there is none.
fn token<'a>(value: &Json<'a>) -> Option<Cow<'a, str>> {
    match value {
        Json::Text(token) if !token.is_empty() => Some(token.clone()),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Json::Number(token) if *token >= 0.0 => Some(decimal(*token as u64).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uber::api::example;

    fn read(body: &str) -> Option<String> {
        let body: Json = serde_json::from_str(body).unwrap();
        page(&body).map(|page| {
            let guests: Vec<_> = page
                .guests
                .iter()
                .map(|guest| {
                    format!(
                        "{:?} {:?} {:?}",
                        guest.code_id(),
                        guest.is_claimed(),
                        guest.usage_count()
                    )
                })
                .collect();
            format!("{guests:?} {:?}", page.next_token)
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
    fn a_token_is_found_at_both_positions_and_in_both_forms() {
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
            assert_eq!(page(&body).unwrap().next_token.as_deref(), next, "{body:?}");
        }
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"guests":{}}"#), None);
    }

    #[test]
    fn only_unambiguous_members_of_a_guest_are_read() {
        for (guest, expected) in [
            (r#"{"email":"a@b"}"#, "None None None"),
            (r#"{"code":{"code_id":"c"},"voucher":{}}"#, r#"Some("c") None None"#),
            (r#"{"code":{"code_uuid":"c"},"voucher":null}"#, r#"Some("c") None None"#),
            (r#"{"code":{"id":"c"},"voucher":{"voucher_id":"v"}}"#, r#"Some("c") Some(true) None"#),
            (r#"{"code_id":"c","voucher":{"is_claimed":false}}"#, r#"Some("c") Some(false) None"#),
            (r#"{"code":{"code_id":""},"voucher":{"claimed_at":0}}"#, "None None None"),
            (r#"{"voucher":{"usage_count":"2"}}"#, "None None Some(2.0)"),
            (r#"{"code":{"code_id":"c","usage_count":1}}"#, r#"Some("c") None Some(1.0)"#),
            (r#"{"code":"c","voucher":"v"}"#, "None None None"),
            ("7", "None None None"),
        ] {
            let body = format!(r#"{{"guests":[{guest}]}}"#);
            let page = read(&body).unwrap();
            assert_eq!(page, format!("{:?} None", vec![expected.to_owned()]), "{guest}");
        }
    }
}
