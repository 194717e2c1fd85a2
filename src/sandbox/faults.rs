//! The faults of the sandbox, and how often they occur.

use crate::names::named;

named! {
    /// A fault that the sandbox can inject.
    ///
    /// Each is drawn independently, once for a request or a webhook; if several apply to
    /// one request, the first in this order takes effect. They apply to calls to the API.
    /// The token endpoint has its own limits and no faults, so that a fault always
    /// belongs to the call under test.
    #[non_exhaustive]
    pub enum Fault {
        /// 429, with a `Retry-After` in seconds, as a date, or without one; nothing queued.
        RateLimited = "rate_limited",
        /// 401; nothing queued.
        Unauthorized = "unauthorized",
        /// 400; nothing queued.
        BadRequest = "bad_request",
        /// 500; nothing queued.
        ErrorBefore = "error_before",
        /// 500, although everything was queued.
        ErrorAfter = "error_after",
        /// 500, after a part was queued: each code with even odds, and never all of several.
        ErrorPartial = "error_partial",
        /// The connection is lost; nothing queued.
        LostBefore = "lost_before",
        /// The connection is lost, although everything was queued.
        LostAfter = "lost_after",
        /// No response ever arrives; queued or not, with even odds.
        Hang = "hang",
        /// 502 with a web page, as from a gateway; queued or not, with even odds.
        HtmlError = "html_error",
        /// 200 with a web page, as from a captive portal; nothing queued.
        HtmlOk = "html_ok",
        /// A webhook is never delivered.
        WebhookLost = "webhook_lost",
        /// A webhook is delivered twice; with the same message id or another one, with
        /// even odds.
        WebhookDuplicated = "webhook_duplicated",
        /// A webhook arrives up to a minute late, after later ones.
        WebhookReordered = "webhook_reordered",
        /// A correctly signed webhook arrives that concerns something else: another
        /// program, another kind of event, or an unknown type.
        WebhookForeign = "webhook_foreign",
    }
}

/// The probability of each fault; 0 by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults([f64; Fault::ALL.len()]);

impl Faults {
    /// Adds the probability of a fault: `Faults::default().with(Fault::Hang, 0.01)`. A
    /// value outside 0 to 1 counts as the nearest one.
    #[must_use]
    pub fn with(mut self, fault: Fault, probability: f64) -> Self {
        if let Some(slot) = self.0.get_mut(fault as usize) {
            // `clamp` keeps NaN, and no draw is below NaN: never.
            *slot = probability.clamp(0.0, 1.0);
        }
        self
    }

    /// The probability of this fault.
    #[must_use]
    pub fn probability(&self, fault: Fault) -> f64 {
        self.0.get(fault as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(fault.as_str()), Some(*fault));
        }
        assert_eq!(Fault::ALL.len(), 15);
        assert_eq!(Fault::from_name("meteor"), None);
    }

    #[test]
    fn each_fault_has_its_own_probability() {
        let mut faults = Faults::default();
        for (index, fault) in (0_u8..).zip(Fault::ALL) {
            faults = faults.with(*fault, f64::from(index) / 100.0);
        }
        for (index, fault) in (0_u8..).zip(Fault::ALL) {
            let expected = f64::from(index) / 100.0;
            assert!((faults.probability(*fault) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_value_that_is_not_a_probability_counts_as_the_nearest() {
        for (given, kept) in [(-1.0, 0.0), (2.0, 1.0), (0.5, 0.5)] {
            let faults = Faults::default().with(Fault::Hang, given);
            assert!((faults.probability(Fault::Hang) - kept).abs() < f64::EPSILON);
        }
    }
}
