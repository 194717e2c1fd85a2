//! Enums whose variants have a stable name, in Rust and in JavaScript.

/// Declares an enum with `ALL`, `as_str`, `from_name` and `Display`. The number of a
/// variant is its position.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $type:ident {
            $($(#[doc = $docs:literal])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[doc = $docs])* $variant,)*
        }

        impl $type {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The name in the docs and in JavaScript.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }

            /// The variant of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }

            /// The lines of documentation of each, for the declarations of TypeScript.
            #[cfg(test)]
            #[allow(dead_code)]
            pub(crate) const DOCS: &'static [&'static [&'static str]] = &[$(&[$($docs),*]),*];
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use named;
