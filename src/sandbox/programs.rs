//! Voucher programs, their codes, and every delivery.
//!
//! Members and statuses follow Uber's reference (stated) and observed responses
//! (inferred). The sandbox's own choices: a search wraps its items as `voucher_programs`,
//! in the order of creation; a program runs for 90 days; a code can cost at most 20 of
//! the program's currency, and each use costs 10. A cancelled code can be distributed:
//! what Uber does then is unknown.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::random::{Purpose, Random, key_of};
use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::uber::id::ProgramId;

/// The most codes of a program in the sandbox. Uber generates at most 30,000 at a time;
/// whether a program can have more is unknown.
pub const MAX_CODES: u32 = 2_000_000;

const PROGRAM_LIFE: u64 = 90 * 24 * 3_600_000;

/// Options of a new program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramSpec {
    /// How many codes it has. Default: 100.
    pub codes: u32,
    /// Its id. Default: a random one.
    pub id: Option<String>,
    /// Its name. Default: a numbered one.
    pub name: Option<String>,
    /// `UPCOMING`, `ACTIVE`, `COMPLETE` or `CANCELED`. Default: `ACTIVE`. Distribute
    /// ignores it: what Uber does is unknown.
    pub status: Option<String>,
    /// The currency of its amounts, three capital letters. Default: `USD`.
    pub currency_code: Option<String>,
    /// How many of its codes, the first ones, have a guest. Default: all.
    pub guests: Option<u32>,
}

impl Default for ProgramSpec {
    fn default() -> Self {
        Self { codes: 100, id: None, name: None, status: None, currency_code: None, guests: None }
    }
}

/// A program that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreatedProgram {
    /// `voucher_program_id`
    pub program_id: ProgramId,
    /// Its codes, in the order in which Get Voucher Codes lists them.
    pub codes: Vec<Code>,
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) id: String,
    name: String,
    status: String,
    created_at: u64,
    codes: Vec<Code>,
    /// How often each of `codes` was sent.
    deliveries: Vec<u32>,
    /// How often each of `codes` was redeemed.
    uses: Vec<u32>,
    /// When codes were cancelled, by their indices.
    cancelled: BTreeMap<usize, u64>,
    currency_code: String,
    /// How many of `codes` have a guest.
    pub(super) guest_count: usize,
    /// Each code and its index in `codes`, by code.
    index_by_code: Vec<(Code, u32)>,
}

/// The cost of one use of a voucher.
pub(super) const USE_AMOUNT: u64 = 10;
/// The maximum cost of one code.
const LARGEST_AMOUNT: usize = 20;

impl Program {
    /// Program number `number` of the sandbox with this seed.
    pub(super) fn new(seed: u64, number: u64, spec: ProgramSpec, now: u64) -> Result<Self, Error> {
        let fault = |option: &str, fault: &str| {
            Error::validation(ErrorCode::InvalidOptions, format!("`{option}` {fault}"))
        };
        if spec.codes > MAX_CODES {
            return Err(fault("codes", "is more than a program can hold"));
        }
        let status = spec.status.unwrap_or_else(|| "ACTIVE".to_owned());
        if !crate::uber::programs::STATUSES.contains(&status.as_str()) {
            return Err(fault("status", "must be UPCOMING, ACTIVE, COMPLETE or CANCELED"));
        }
        let currency_code = spec.currency_code.unwrap_or_else(|| "USD".to_owned());
        if currency_code.len() != 3 || !currency_code.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            return Err(fault("currencyCode", "must be three capital letters, such as USD"));
        }
        let id = spec
            .id
            .unwrap_or_else(|| Random::new(seed, Purpose::ProgramId, number).uuid().to_string());
        let mut random = Random::new(seed, Purpose::Code, number);
        let codes: Vec<Code> = (0..spec.codes).map(|_| random.uuid()).collect();
        let mut index_by_code: Vec<(Code, u32)> = codes.iter().copied().zip(0..).collect();
        index_by_code.sort_unstable();
        Ok(Self {
            id: ProgramId::new(id)?.as_str().to_owned(),
            name: spec.name.unwrap_or_else(|| format!("Program {number}")),
            status,
            created_at: now,
            deliveries: vec![0; codes.len()],
            uses: vec![0; codes.len()],
            cancelled: BTreeMap::new(),
            currency_code,
            guest_count: spec.guests.map_or(codes.len(), |guests| {
                usize::try_from(guests).unwrap_or(usize::MAX).min(codes.len())
            }),
            codes,
            index_by_code,
        })
    }

    pub(super) fn created(&self) -> Result<CreatedProgram, Error> {
        Ok(CreatedProgram {
            program_id: ProgramId::new(self.id.as_str())?,
            codes: self.codes.clone(),
        })
    }

    /// The id, the name, and the number of codes.
    pub(super) fn summary(&self) -> (&str, &str, usize) {
        (&self.id, &self.name, self.codes.len())
    }

    pub(super) fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The index of a code, if it belongs to this program.
    pub(super) fn index_of(&self, code: Code) -> Option<u32> {
        let found = self.index_by_code.binary_search_by(|(have, _)| have.cmp(&code)).ok()?;
        self.index_by_code.get(found).map(|(_, index)| *index)
    }

    /// The codes that were sent, in the program's order, and how often each was.
    pub(super) fn deliveries(&self) -> Vec<(Code, u32)> {
        counted(&self.codes, &self.deliveries)
    }

    /// Sends the code at this index to its recipient. Returns the code, and the number of
    /// this delivery, from 1.
    pub(super) fn deliver(&mut self, index: u32) -> Option<(Code, u32)> {
        let index = usize::try_from(index).ok()?;
        let times = self.deliveries.get_mut(index)?;
        *times = times.saturating_add(1);
        Some((*self.codes.get(index)?, *times))
    }

    /// The codes that were used, in the program's order, and how often each was.
    pub(super) fn uses(&self) -> Vec<(Code, u32)> {
        counted(&self.codes, &self.uses)
    }

    /// How many codes were used.
    pub(super) fn used(&self) -> usize {
        self.uses.iter().filter(|uses| **uses > 0).count()
    }

    /// Redeems the code at this index, unless it was redeemed `most` times before.
    pub(super) fn redeem(&mut self, index: u32, most: u32) -> bool {
        let found = usize::try_from(index).ok().and_then(|index| self.uses.get_mut(index));
        let Some(uses) = found.filter(|uses| **uses < most) else { return false };
        *uses += 1;
        true
    }

    /// Cancels the code at this index, unless it is already cancelled.
    pub(super) fn cancel(&mut self, index: usize, now: u64) {
        self.cancelled.entry(index).or_insert(now);
    }

    pub(super) fn currency_code(&self) -> &str {
        &self.currency_code
    }

    /// The code at this index, and how often it was used.
    pub(super) fn code(&self, index: usize) -> Option<(Code, u32)> {
        Some((*self.codes.get(index)?, *self.uses.get(index)?))
    }

    pub(super) fn has_status(&self, status: &str) -> bool {
        self.status == status
    }

    /// The item of a search (stated, with the members Uber lists).
    pub(super) fn search_item(&self) -> Value {
        let mut item = self.common();
        if let Some(members) = item.as_object_mut() {
            members.insert("voucher_program_id".to_owned(), self.id.as_str().into());
        }
        item
    }

    /// The response of Get Program (as observed). Guests are only in Get Guests.
    pub(super) fn details(&self, include_guests: bool) -> Value {
        let mut details = self.common();
        let trips: u64 = self.uses.iter().copied().map(u64::from).sum();
        let more = json!({
            "is_disabled": false,
            "timezone": "America/Los_Angeles",
            "usage_trip_count": trips,
            "usage_voucher_claim_count": self.used(),
            "usage_amount": trips * USE_AMOUNT,
            "usage_amount_currency": self.currency_code,
            "guests": if include_guests { json!([]) } else { Value::Null },
        });
        if let (Some(members), Value::Object(more)) = (details.as_object_mut(), more) {
            members.extend(more);
        }
        details
    }

    fn common(&self) -> Value {
        json!({
            "name": self.name,
            "status": self.status,
            "total_dollar_exposure": self.codes.len() * LARGEST_AMOUNT,
            "currency_code": self.currency_code,
            "starts_at": self.created_at,
            "ends_at": self.created_at.saturating_add(PROGRAM_LIFE),
            "created_at": self.created_at,
            "voucher_type": "PERSONAL_TRANSPORT",
            "code_scheme": "MULTI_CODE_SINGLE_REDEEM",
        })
    }

    /// The response of Get Voucher Codes (stated; without `include_usage` as observed).
    /// Written by hand: one response has 30,000 codes.
    pub(super) fn list(&self, include_usage: bool) -> String {
        let mut body = String::with_capacity(self.codes.len() * 230 + 64);
        // Writing to a string can't fail.
        let _ = write!(body, "{{\"total_number_of_codes\":{},\"codes\":[", self.codes.len());
        for (index, (code, uses)) in self.codes.iter().zip(&self.uses).enumerate() {
            if index > 0 {
                body.push(',');
            }
            let text = code_text(*code);
            let _ = write!(
                body,
                "{{\"code_id\":\"{code}\",\"code_text\":\"{text}\",\
                 \"redemption_link\":\"https://r.uber.com/r{text}\",\"max_num_redemptions\":1"
            );
            if include_usage {
                let amount = u64::from(*uses) * USE_AMOUNT;
                let _ = write!(
                    body,
                    ",\"usage_count\":{uses},\"usage_amount\":{amount}.0,\"currency_code\":\"{}\"",
                    self.currency_code
                );
            }
            if let Some(at) = self.cancelled.get(&index) {
                let _ = write!(body, ",\"canceled_at\":{at}");
            }
            body.push('}');
        }
        body.push_str("]}");
        body
    }
}

/// The codes whose count is not 0.
fn counted(codes: &[Code], counts: &[u32]) -> Vec<(Code, u32)> {
    let both = codes.iter().copied().zip(counts.iter().copied());
    both.filter(|(_, times)| *times > 0).collect()
}

/// The text of a code that riders type.
pub(super) fn code_text(code: Code) -> String {
    // Without letters and digits that look alike.
    Random::new(0, Purpose::CodeText, key_of(code, 0)).text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(codes: u32) -> Program {
        let spec = ProgramSpec { codes, ..ProgramSpec::default() };
        Program::new(1, 1, spec, 1_000).unwrap()
    }

    #[test]
    fn every_code_is_found_at_its_index() {
        let program = program(500);
        for (index, code) in (0..).zip(program.codes()) {
            assert_eq!(program.index_of(*code), Some(index));
        }
        let other = Random::new(9, Purpose::Code, 9).uuid();
        assert_eq!(program.index_of(other), None);
    }

    #[test]
    fn deliveries_are_counted() {
        let mut program = program(3);
        let codes = program.codes().to_vec();
        assert_eq!(program.deliveries(), []);
        assert_eq!(program.deliver(2), Some((codes[2], 1)));
        assert_eq!(program.deliver(0), Some((codes[0], 1)));
        assert_eq!(program.deliver(2), Some((codes[2], 2)));
        assert_eq!(program.deliver(3), None);
        assert_eq!(program.deliveries(), [(codes[0], 1), (codes[2], 2)]);
    }

    #[test]
    fn the_list_is_json_with_the_documented_members() {
        let list: Value = serde_json::from_str(&program(3).list(true)).unwrap();
        assert_eq!(list["total_number_of_codes"], 3);
        assert_eq!(list["codes"].as_array().unwrap().len(), 3);
        assert_eq!(list["codes"][0]["code_text"].as_str().unwrap().len(), 9);
        assert_eq!(list["codes"][0]["usage_count"], 0);
        let list: Value = serde_json::from_str(&program(3).list(false)).unwrap();
        assert!(list["codes"][0].get("usage_count").is_none());
        assert_eq!(program(0).list(false), "{\"total_number_of_codes\":0,\"codes\":[]}");
    }

    #[test]
    fn an_invalid_program_is_refused() {
        let refused = |spec| Program::new(1, 1, spec, 0).unwrap_err().message.clone();
        let usual = ProgramSpec::default;
        assert!(refused(ProgramSpec { codes: MAX_CODES + 1, ..usual() }).contains("`codes`"));
        assert!(
            refused(ProgramSpec { status: Some("DONE".into()), ..usual() }).contains("`status`")
        );
        assert!(refused(ProgramSpec { id: Some("..".into()), ..usual() }).contains("program id"));
    }
}
