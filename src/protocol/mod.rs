//! The numbers by which the JavaScript side names what it wants of the wasm, and
//! the other way round, and the shapes of what crosses. Written here alone: `typescript.rs`
//! makes `src/js/generated/` of them, and of the names that both languages share.

// A module without jobs does not use their numbers.
#![cfg_attr(not(feature = "jobs"), allow(dead_code))]

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
pub(crate) mod row;
pub(crate) mod shape;
pub(crate) mod shapes;
// Natively, all of this is there for its tests.
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
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

        #[allow(dead_code)] // Each enum is converted in one direction only.
        impl $type {
            /// The variant with this number.
            pub(crate) const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some($type::$variant),)*
                    _ => None,
                }
            }

            /// Each variant as TypeScript declares it.
            #[cfg(not(target_arch = "wasm32"))]
            pub(crate) const DECLARED: &'static [typescript::Number] = &[
                $((stringify!($variant), $number, &[$($docs),*])),*
            ];
        }
    };
}

numbered! {
    /// The operations of a client.
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
    /// The operations of a job. Before the job is open, only `Push`, `ExpectLength`,
    /// `AddCodes`, `AddDistinctCodes` and `Open` do something.
    enum JobOperation {
        Push = 0,
        AddCodes = 1,
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
        AddDistinctCodes = 21,
        Request = 22,
        Unsent = 23,
        Find = 24,
        ExpectLength = 25,
        Usage = 26,
    }
}

numbered! {
    /// The actions that a job requests.
    enum JobAction {
        Save = 0,
        NeedToken = 1,
        Send = 2,
        Wait = 3,
        Done = 4,
    }
}

numbered! {
    /// The result of an operation of the host.
    enum HostOutcome {
        /// The value is available.
        Done = 0,
        /// Foreign code threw an error.
        Failed = 1,
        /// The operation timed out.
        Timeout = 2,
        /// The caller's signal was aborted.
        Aborted = 3,
        /// A complete error of this package.
        Error = 4,
    }
}

numbered! {
    /// The input of a reader of codes.
    enum ReaderInput {
        /// Text, in chunks of any size.
        Text = 0,
        /// Entries of 36 bytes each, without separators.
        Entries = 1,
        /// One entry.
        Entry = 2,
        /// An entry that is not a string.
        NoString = 3,
    }
}

numbered! {
    /// The counts of a reader of codes.
    enum ReaderCount {
        /// Distinct codes.
        Valid = 0,
        /// Duplicates.
        Duplicates = 1,
        /// Rejected rows or entries.
        Rejected = 2,
        Programs = 3,
    }
}

/// Replaces the signing keys if the signature of the body was verified when it arrived.
pub(crate) const CHECKED_BEFORE: &str = "checked_before";
/// Codes in one page of results.
pub(crate) const RESULTS_PER_PAGE: usize = 1024;
