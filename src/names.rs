//! Enums whose variants have stable names in Rust and JavaScript.

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
            /// All variants, in the order of their numbers.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The name in the documentation and in JavaScript.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)*
                }
            }

            /// The variant with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }

            /// The documentation lines of each variant, for the TypeScript declarations.
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
