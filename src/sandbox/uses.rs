//! When recipients use their vouchers, at [`Options::use_rate`].
//!
//! All of this is the sandbox's own choice: a recipient uses a delivered voucher once, at
//! a random moment within three days, half of them within minutes. How the read endpoints
//! show a use is in [`programs`](super::programs), the event in
//! [`webhooks`](super::webhooks).

use std::collections::BTreeMap;

use super::events::{Outcome, outcome};
use super::options::Options;
use super::random::{Purpose, Random, key_of};
use crate::code::Code;

const THREE_DAYS: u64 = 3 * 24 * 3_600_000;
/// One of these ranges is drawn. Each is half as long as the previous one; the last is 4
/// s.
const SPANS: u64 = 16;

/// A future use: its time, its program, and the index of its code there.
type Use = (u64, usize, u32);

/// The future uses, each with the organization for which the code was sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses(BTreeMap<Use, String>);

impl Uses {
    /// Decides whether and when the recipient uses delivery `nth` of a code.
    pub(super) fn expect(
        &mut self,
        options: &Options,
        organization: &str,
        (program, index): (usize, u32),
        (code, nth): (Code, u32),
        now: u64,
    ) {
        let mut random = Random::new(options.seed, Purpose::Use, key_of(code, nth));
        let reached = || outcome(options.seed, options.failure_rate, code, nth);
        if random.chance(options.use_rate) && reached() == Outcome::Distributed {
            let span = THREE_DAYS >> random.between(0, SPANS);
            let at = now.saturating_add(random.between(1, span));
            self.0.insert((at, program, index), organization.to_owned());
        }
    }

    /// Takes the next use that is due by now.
    pub(super) fn take_due(&mut self, now: u64) -> Option<(Use, String)> {
        let first = self.0.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove_entry())
    }

    /// When the next use is due, if there is one.
    pub(super) fn next_at(&self) -> Option<u64> {
        self.0.first_key_value().map(|((at, ..), _)| *at)
    }
}
