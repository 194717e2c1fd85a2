//! Rows of a table, as bytes: what would be an object each for a million codes.

/// Declares the rows of a table: numbers of fixed length, the lowest byte first. What
/// TypeScript is told is where each begins and how many bits it has.
macro_rules! row {
    (
        $(#[doc = $about:literal])*
        $row:ident of $value:ident: $source:ty {
            $($(#[doc = $docs:literal])* $name:ident: $number:ident = $read:expr,)*
        }
    ) => {
        $(#[doc = $about])*
        pub(crate) enum $row {}

        impl $row {
            /// Bytes of a row.
            pub(crate) const LENGTH: usize = 0 $(+ size_of::<$number>())*;

            /// The row of a value.
            #[allow(clippy::cast_possible_truncation)] // Rows say where they need no more.
            pub(crate) fn of($value: $source) -> [u8; Self::LENGTH] {
                let mut row = [0; Self::LENGTH];
                let rest = row.as_mut_slice();
                $(let rest = crate::protocol::row::put($number::to_le_bytes($read), rest);)*
                debug_assert!(rest.is_empty());
                row
            }

            /// The name of each member, its offset, and how many bits it has.
            #[cfg(not(target_arch = "wasm32"))]
            pub(crate) fn declared() -> Vec<(&'static str, usize, usize, &'static [&'static str])> {
                let mut at = 0;
                vec![$({
                    let bytes = size_of::<$number>();
                    at += bytes;
                    (stringify!($name), at - bytes, 8 * bytes, &[$($docs),*])
                }),*]
            }
        }
    };
}

pub(crate) use row;

/// Puts bytes where a row begins, and gives what is behind them.
pub(crate) fn put<const N: usize>(bytes: [u8; N], row: &mut [u8]) -> &mut [u8] {
    match row.split_first_chunk_mut() {
        Some((start, behind)) => {
            *start = bytes;
            behind
        }
        None => &mut [],
    }
}
