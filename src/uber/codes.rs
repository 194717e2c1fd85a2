//! Get Voucher Codes: `GET …/voucher-programs/{voucher_program_id}/codes`.

use crate::http::{Method, Request};
use crate::json::Json;
use crate::uber::api::Api;
use crate::uber::id::ProgramId;
use crate::uber::object::object;

object! {
    /// One code of a program. Source: Get Voucher Codes. Uber may omit any member.
    VoucherCode,
    /// The UUID to distribute (inferred: Uber calls it "code uuid" there).
    "code_id" {
        /// The text that the recipient enters.
        code_text: Text "code_text",
        /// The link with which the recipient redeems it.
        redemption_link: Text "redemption_link",
        /// How often it can be redeemed.
        max_num_redemptions: Number "max_num_redemptions",
        /// How often it was used; only if usage was requested.
        usage_count: Number "usage_count",
        /// The amount spent; only if usage was requested.
        usage_amount: Number "usage_amount",
        /// The currency of the amount, such as `USD`.
        currency_code: Text "currency_code",
        /// Epoch milliseconds (inferred); only of a cancelled code.
        canceled_at: Number "canceled_at",
    }
}

impl VoucherCode<'_> {
    /// Whether its recipient has used it. If Uber reports no use, that proves nothing.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.usage_count().is_some_and(|count| count > 0.0)
    }
}

/// The request. Uber lists `include_usage` among the path's parameters, but it can only
/// be a query parameter (inferred).
#[must_use]
pub fn request(api: &Api, program: &ProgramId, include_usage: bool) -> Request {
    let query = if include_usage { "?include_usage=true" } else { "" };
    api.codes_request(program, Method::Get, query, None)
}

/// The codes of a response: `codes`, or the body itself. Items without an id are left
/// out. None if the response contains no list.
#[must_use]
pub fn list<'a>(body: &'a Json<'a>) -> Option<Vec<VoucherCode<'a>>> {
    let ((Json::List(items), _) | (_, Json::List(items))) = (body.get("codes"), body) else {
        return None;
    };
    Some(VoucherCode::all(items))
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
    fn the_documented_response_and_shorter_ones() {
        let body: Json = serde_json::from_str(
            r#"{"total_number_of_codes":2,"codes":[
                {"code_id":"1f913a96-0000-4000-8000-000000000001","code_text":"EXAMPLE1","redemption_link":"https://r",
                 "max_num_redemptions":1,"usage_count":"2","usage_amount":0.0,"currency_code":"USD","canceled_at":1709251200000},
                {"code_id":"1f913a96-0000-4000-8000-000000000002","canceled_at":null},
                {"code_text":"NOID"}]}"#,
        )
        .unwrap();
        let codes = list(&body).unwrap();
        let [first, second] = codes.as_slice() else { panic!("{codes:?}") };
        assert_eq!(first.id, "1f913a96-0000-4000-8000-000000000001");
        assert_eq!((first.code_text(), first.currency_code()), (Some("EXAMPLE1"), Some("USD")));
        assert_eq!(first.redemption_link(), Some("https://r"));
        assert_eq!((first.max_num_redemptions(), first.usage_count()), (Some(1.0), Some(2.0)));
        assert_eq!(
            (first.usage_amount(), first.canceled_at()),
            (Some(0.0), Some(1_709_251_200_000.0))
        );
        assert_eq!(first.raw.get("usage_count").text(), Some("2"));
        assert_eq!(second.canceled_at(), None);
        assert_eq!((first.is_used(), second.is_used()), (true, false));
        assert!(list(&Json::Null).is_none());
        let no_list = serde_json::from_str("{\"codes\":null}").unwrap();
        assert!(list(&no_list).is_none());
        assert_eq!(list(&Json::List(vec![])), Some(vec![]));
    }
}
