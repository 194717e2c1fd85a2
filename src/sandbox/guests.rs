//! The guests of a program.
//!
//! The sandbox's own choices: as if *Add Guests* had been called for the first codes of a
//! program, each of these has a guest with its own e-mail address, and every second guest
//! also has a telephone number. Every fourth has no name, as if Uber knew no account.
//! `code` has the members of Get Voucher Codes. A voucher has reached its guest once it
//! was used; `voucher`, whose members are unknown, then has a `voucher_id` and its usage.
//! `next_token` is at the top level.

use serde_json::{Value, json};

use super::programs::{Program, USE_AMOUNT, code_text};

/// The most guests in a page, and the default.
const LARGEST_PAGE: usize = 1_000;
const DEFAULT_PAGE: usize = 100;

const NAMES: [&str; 8] = [
    "Ada Okafor",
    "Bruno Keller",
    "Chiara Rossi",
    "Dai Nakamura",
    "Elif Kaya",
    "Farid Haddad",
    "Grete Lindqvist",
    "Hugo Marques",
];

impl Program {
    /// The response of Get Guests. None for a `page_token` that was never issued.
    pub(super) fn guests(&self, limit: Option<usize>, page_token: Option<&str>) -> Option<Value> {
        let limit = limit.unwrap_or(DEFAULT_PAGE).clamp(1, LARGEST_PAGE);
        let from = match page_token {
            None => 0,
            Some(token) => {
                token.parse().ok().filter(|from| (1..self.guest_count).contains(from))?
            }
        };
        let until = from.saturating_add(limit).min(self.guest_count);
        let guests: Vec<Value> = (from..until).filter_map(|index| self.guest(index)).collect();
        let mut page = json!({ "guests": guests });
        if until < self.guest_count
            && let Some(members) = page.as_object_mut()
        {
            members.insert("next_token".to_owned(), until.to_string().into());
        }
        Some(page)
    }

    fn guest(&self, index: usize) -> Option<Value> {
        let (code, uses) = self.code(index)?;
        let number = index + 1;
        let voucher = if uses == 0 {
            Value::Null
        } else {
            json!({
                "voucher_id": code.to_string(),
                "usage_count": uses,
                "usage_amount": u64::from(uses) * USE_AMOUNT,
                "currency_code": self.currency_code(),
            })
        };
        let mut guest = json!({
            "name": NAMES.get(index % NAMES.len()).filter(|_| !number.is_multiple_of(4)),
            "email": format!("guest-{number}@example.com"),
            "code": { "code_id": code.to_string(), "code_text": code_text(code) },
            "voucher": voucher,
        });
        if number.is_multiple_of(2)
            && let Some(members) = guest.as_object_mut()
        {
            // Numbers with these digits are reserved for fiction.
            members.insert("phone".to_owned(), format!("+1555010{number:06}").into());
        }
        Some(guest)
    }
}
