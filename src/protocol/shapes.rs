//! Values of the core that have members in JavaScript: each with its type there, its
//! documentation, and where it comes from. `typescript.rs` writes the interface.

use crate::job::{CodeState, Progress};
use crate::json::Json;

/// Declares a shape: how its members cross, in order, and as what TypeScript knows them.
macro_rules! shape {
    (
        $(#[doc = $about:literal])*
        enum $shape:ident of $value:ident: $source:ty {
            $($(#[doc = $docs:literal])* $name:ident: $type:literal = $read:expr,)*
        }
    ) => {
        $(#[doc = $about])*
        pub(crate) enum $shape {}

        impl $shape {
            /// The members, in the order in which they are declared.
            #[allow(dead_code)] // For the wasm.
            pub(crate) fn values($value: &$source) -> Vec<Json<'static>> {
                vec![$($read),*]
            }

            /// The lines of documentation of the interface.
            #[cfg(all(test, feature = "sandbox", not(target_arch = "wasm32")))]
            pub(crate) const ABOUT: &'static [&'static str] = &[$($about),*];

            /// Each member as TypeScript declares it.
            #[cfg(all(test, feature = "sandbox", not(target_arch = "wasm32")))]
            pub(crate) const MEMBERS: &'static [super::typescript::Member] = &[
                $((stringify!($name), $type, &[$($docs),*])),*
            ];
        }
    };
}

shape! {
    /// How many codes are in each state; the eight add up to `total`.
    enum JobProgress of progress: Progress {
        /// All codes of the job.
        total: "number" = number(progress.total as u64),
        /// Not sent yet.
        pending: "number" = count(progress, CodeState::Pending),
        /// In a request that is under way.
        sending: "number" = count(progress, CodeState::Sending),
        /// Accepted by Uber.
        queued: "number" = count(progress, CodeState::Queued),
        /// Reported by Uber: delivered, or in use.
        distributed: "number" = count(progress, CodeState::Distributed),
        /// Reported by Uber: not delivered.
        failed: "number" = count(progress, CodeState::Failed),
        /// Refused by Uber: nothing was queued.
        rejected: "number" = count(progress, CodeState::Rejected),
        /// Perhaps queued.
        unknown: "number" = count(progress, CodeState::Unknown),
        /// Given up by you.
        abandoned: "number" = count(progress, CodeState::Abandoned),
        /// Requests that left, or were about to when the process ended.
        requests: "number" = number(progress.requests.into()),
        /// How many of them repeated another one.
        retries: "number" = number(progress.retries.into()),
        /// When the job was created, in epoch milliseconds.
        startedAt: "number" = number(progress.started_at),
        /// How long the run may still take, in milliseconds; `null` where that can't be told.
        etaMs: "number | null" = progress.eta_ms.map_or(Json::Null, number),
        /// Until when nothing leaves, in epoch milliseconds, because Uber asked to wait; else `null`.
        waitingUntil: "number | null" = progress.waiting_until.map_or(Json::Null, number),
        /// How many of the pending ones are known to be in use already. They are sent all the
        /// same, unless you abandon their batch.
        usedBefore: "number" = number(progress.used_before.into()),
        /// Whether it has paused by itself after its first codes (`pauseAfter`), and none of the
        /// others has left. The next run sends them.
        pausedAfter: "boolean" = Json::Bool(progress.paused_after),
    }
}

fn count(progress: &Progress, state: CodeState) -> Json<'static> {
    number(progress.count(state).into())
}

#[allow(clippy::cast_precision_loss)]
fn number(number: u64) -> Json<'static> {
    Json::Number(number as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_cross_in_the_order_of_their_names() {
        let progress = Progress {
            total: 100,
            counts: [0, 1, 2, 3, 4, 5, 6, 7],
            used_before: 8,
            requests: 9,
            retries: 10,
            started_at: 11,
            eta_ms: Some(12),
            waiting_until: None,
            paused_after: true,
        };
        let numbers = [100, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12].map(number);
        let rest = [Json::Null, number(8), Json::Bool(true)];
        assert_eq!(JobProgress::values(&progress), [&numbers[..], &rest].concat());
    }
}
