//! Objects of Uber's, read member by member: any member may be absent, and a number
//! may come as text. Each type is a view of the JSON that came, so that what nobody
//! asks for costs nothing.

/// What a member holds.
#[cfg(all(target_arch = "wasm32", feature = "client"))]
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A text that is compared, in upper case.
    Name,
    /// A number.
    Number,
}

/// Declares the view of an object: its id, a function for each other member with
/// Uber's name for it, and all of them as a table.
macro_rules! object {
    (
        $(#[$docs:meta])*
        $type:ident, $id:literal {
            $($(#[$member_docs:meta])* $member:ident: $kind:ident $name:literal,)*
        }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $type<'a> {
            /// Its id.
            pub id: &'a str,
            /// The whole object as it came.
            pub raw: &'a Json<'a>,
        }

        impl<'a> $type<'a> {
            /// Uber's names of the other members, and what each holds.
            #[cfg(all(target_arch = "wasm32", feature = "client"))]
            pub(crate) const MEMBERS: &'static [(&'static str, crate::uber::object::Kind)] =
                &[$(($name, crate::uber::object::Kind::$kind)),*];

            /// The objects of a list that have an id.
            pub(crate) fn all(items: &'a [Json<'a>]) -> Vec<Self> {
                let mut objects = Vec::new();
                for raw in items {
                    if let Some(id) = raw.get($id).text() {
                        objects.push(Self { id, raw });
                    }
                }
                objects
            }

            $(crate::uber::object::member! { $(#[$member_docs])* $member: $kind $name })*
        }
    };
}

macro_rules! member {
    ($(#[$docs:meta])* $member:ident: Text $name:literal) => {
        $(#[$docs])*
        #[must_use]
        pub fn $member(&self) -> Option<&'a str> {
            self.raw.get($name).text()
        }
    };
    ($(#[$docs:meta])* $member:ident: Name $name:literal) => {
        $(#[$docs])*
        #[must_use]
        pub fn $member(&self) -> Option<String> {
            self.raw.get($name).text().map(str::to_ascii_uppercase)
        }
    };
    ($(#[$docs:meta])* $member:ident: Number $name:literal) => {
        $(#[$docs])*
        #[must_use]
        pub fn $member(&self) -> Option<f64> {
            self.raw.get($name).number()
        }
    };
}

pub(crate) use {member, object};
