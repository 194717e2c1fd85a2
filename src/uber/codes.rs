//! Get Voucher Codes: `GET …/voucher-programs/{voucher_program_id}/codes`.

use crate::code::Code;
use crate::http::{Method, Request};
use crate::json::{Field, Json, Kind, pick};
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

/// What is shown of a code. Which members come is Uber's choice: usage only
/// with `include_usage`, `canceled_at` (epoch milliseconds, inferred) only for
/// cancelled codes. `code_id` is the UUID to distribute (inferred).
const FIELDS: [Field; 8] = [
    ("code_id", "codeId", Kind::Text),
    ("code_text", "codeText", Kind::Text),
    ("redemption_link", "redemptionLink", Kind::Text),
    ("max_num_redemptions", "maxNumRedemptions", Kind::Number),
    ("usage_count", "usageCount", Kind::Number),
    ("usage_amount", "usageAmount", Kind::Number),
    ("currency_code", "currencyCode", Kind::Text),
    ("canceled_at", "canceledAt", Kind::Number),
];

/// The call. Uber lists `include_usage` among the path's parameters, but it can
/// only be a query (inferred).
#[must_use]
pub fn request(api: &Api, program: &ProgramId, include_usage: bool) -> Request {
    let query = if include_usage { "?include_usage=true" } else { "" };
    api.codes_request(program, Method::Get, query, None)
}

/// The codes of an answer, with their members under their names in JavaScript,
/// `null` where Uber left one out, and the whole item under `raw`. The list is
/// `codes`, or the body itself; none where the answer holds no list at all.
#[must_use]
pub fn list<'a>(body: &Json<'a>) -> Option<Json<'a>> {
    items(body).map(|items| pick(items, &FIELDS))
}

/// How many codes an answer lists (`read`), and the ids of those in use (`used`), each
/// behind a line break: 30,000 codes need not all become objects for that. None as
/// with [`list`].
#[must_use]
pub fn list_used(body: &Json<'_>) -> Option<Json<'static>> {
    let (mut read, mut used) = (0.0, String::new());
    for item in items(body)? {
        let Some(id) = item.get("code_id").text() else { continue };
        read += 1.0;
        let is_used = item.get("usage_count").number().is_some_and(|count| count > 0.0);
        if is_used && let Ok(code) = Code::parse(id.as_bytes()) {
            used.push('\n');
            code.write_to(&mut used);
        }
    }
    Some(Json::object().with("read", read).with("used", used))
}

fn items<'b, 'a>(body: &'b Json<'a>) -> Option<&'b [Json<'a>]> {
    match (body.get("codes"), body) {
        (Json::List(items), _) | (_, Json::List(items)) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uber::api::example;

    #[test]
    fn the_documented_request() {
        let program = ProgramId::new("p").unwrap();
        let request = request(&example(), &program, true);
        assert_eq!(request.method, Method::Get);
        assert_eq!(
            request.url,
            "https://api.uber.com/v1/organizations/org%2F1/voucher-programs/p/codes?include_usage=true"
        );
        assert_eq!(request.body, None);
        assert!(super::request(&example(), &program, false).url.ends_with("/codes"));
    }

    #[test]
    fn the_documented_answer_and_leaner_ones() {
        let body: Json = serde_json::from_str(
            r#"{"total_number_of_codes":2,"codes":[
                {"code_id":"1f913a96-0000-4000-8000-000000000001","code_text":"EXAMPLE1","redemption_link":"https://r",
                 "max_num_redemptions":1,"usage_count":"2","usage_amount":0.0,"currency_code":"USD","canceled_at":1709251200000},
                {"code_id":"1f913a96-0000-4000-8000-000000000002","canceled_at":null},
                {"code_text":"NOID"}]}"#,
        )
        .unwrap();
        let codes = list(&body).unwrap();
        let [first, second] = codes.items() else { panic!("{codes:?}") };
        assert_eq!(first.get("codeText").text(), Some("EXAMPLE1"));
        assert_eq!(first.get("usageCount"), &Json::Number(2.0));
        assert_eq!(first.get("canceledAt"), &Json::Number(1_709_251_200_000.0));
        assert_eq!(first.get("raw").get("usage_count").text(), Some("2"));
        assert!(second.get("canceledAt").is_null());
        let used = list_used(&body).unwrap();
        assert_eq!(used.get("read"), &Json::Number(2.0));
        assert_eq!(used.get("used").text(), Some("\n1f913a96-0000-4000-8000-000000000001"));
        assert!(list_used(&Json::Null).is_none());
        assert!(list(&Json::Null).is_none());
        assert!(list(&serde_json::from_str("{\"codes\":null}").unwrap()).is_none());
        assert_eq!(list(&serde_json::from_str("[]").unwrap()).unwrap(), Json::List(vec![]));
    }
}
