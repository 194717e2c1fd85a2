//! The numbers by which the JavaScript side names what it wants of the wasm, and
//! the other way round. Written here alone: `typescript.rs` makes
//! `src/js/generated/protocol.ts` of them, and of the names that both languages share.

// A module without jobs has no use for their numbers.
#![cfg_attr(not(feature = "jobs"), allow(dead_code))]

#[cfg(any(test, all(target_arch = "wasm32", feature = "jobs")))]
pub(crate) mod shapes;
#[cfg(all(test, feature = "sandbox", not(target_arch = "wasm32")))]
mod typescript;

/// Declares an enum whose variants have explicit numbers.
macro_rules! numbered {
    (
        $(#[$meta:meta])*
        enum $type:ident {
            $($(#[doc = $docs:literal])* $variant:ident = $number:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum $type {
            $($(#[doc = $docs])* $variant = $number,)*
        }

        #[allow(dead_code)] // Some are only made of numbers, others only made into them.
        impl $type {
            /// The variant of that number.
            pub(crate) const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some($type::$variant),)*
                    _ => None,
                }
            }

            /// Each variant as TypeScript declares it.
            #[cfg(all(test, feature = "sandbox", not(target_arch = "wasm32")))]
            pub(crate) const DECLARED: &'static [typescript::Number] = &[
                $((stringify!($variant), $number, &[$($docs),*])),*
            ];
        }
    };
}

numbered! {
    /// What a client is asked to do.
    enum ClientOperation {
        Distribute = 0,
        DistributeAll = 1,
        ListCodes = 2,
        SearchPrograms = 3,
        RequestToken = 4,
        GetProgram = 5,
        ListGuests = 6,
        ListUsedCodes = 7,
    }
}

numbered! {
    /// What a job is asked to do. Before it is open, only `Push`, `ExpectLength`,
    /// `Offer`, `OfferDistinct` and `Open` do something.
    enum JobOperation {
        Push = 0,
        Offer = 1,
        Open = 2,
        About = 3,
        Start = 4,
        Pause = 5,
        Poll = 6,
        Saved = 7,
        SaveFailed = 8,
        Token = 9,
        NoToken = 10,
        Answered = 11,
        Lost = 12,
        Report = 13,
        Resolve = 14,
        ResolveAll = 15,
        Progress = 16,
        Batches = 17,
        LastError = 18,
        Results = 19,
        Reason = 20,
        OfferDistinct = 21,
        Request = 22,
        Unsent = 23,
        Find = 24,
        ExpectLength = 25,
        Usage = 26,
    }
}

numbered! {
    /// What a job asks for.
    enum JobAction {
        Save = 0,
        NeedToken = 1,
        Send = 2,
        Wait = 3,
        Done = 4,
    }
}

numbered! {
    /// What came of something that the host was asked for.
    enum HostOutcome {
        /// It is there.
        Done = 0,
        /// Foreign code failed.
        Failed = 1,
        /// The time was up.
        Timeout = 2,
        /// The caller's signal was aborted.
        Aborted = 3,
        /// An error of ours, complete already.
        Error = 4,
    }
}

numbered! {
    /// What a reader of codes is given.
    enum ReaderInput {
        /// Text, cut anywhere.
        Text = 0,
        /// Entries of 36 bytes each, back to back.
        Entries = 1,
        /// One entry.
        Entry = 2,
        /// An entry that is no string.
        NoString = 3,
    }
}

numbered! {
    /// What a reader of codes counts.
    enum ReaderCount {
        /// Distinct codes.
        Valid = 0,
        /// Codes that were there before.
        Duplicates = 1,
        /// Rejected rows or entries.
        Rejected = 2,
        Programs = 3,
    }
}

/// In place of signing keys: the signature of this body was right when it came.
pub(crate) const CHECKED_BEFORE: &str = "checked_before";
/// Bytes of one code in a page of results.
pub(crate) const RESULT_ROW_BYTES: usize = 28;
/// Codes in one page of results.
pub(crate) const RESULTS_PER_PAGE: usize = 1024;
/// Bytes of one batch.
pub(crate) const BATCH_ROW_BYTES: usize = 24;
