//! Uber's objects, read member by member: any member may be absent, and a number may be a
//! string. Each type is a view of the JSON, so that unused members cost nothing.

#[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "client")
))]
use crate::json::Json;

/// What a member holds.
#[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "client")
))]
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A text in upper case, for comparisons.
    Name,
    /// A number.
    Number,
}

#[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "client")
))]
impl Kind {
    /// The type of the member in TypeScript.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) const fn typescript(self) -> &'static str {
        match self {
            Kind::Text | Kind::Name => "string | null",
            Kind::Number => "number | null",
        }
    }

    /// The member of that name as JSON; null if it is absent or of another kind.
    pub(crate) fn read<'a>(self, object: &Json<'a>, name: &str) -> Json<'a> {
        let value = object.get(name);
        match self {
            Kind::Text => value.text().map(|_| value.clone()).into(),
            Kind::Name => value.text().map(str::to_ascii_uppercase).into(),
            Kind::Number => value.number().into(),
        }
    }
}

/// Lines of documentation: of an object, of its id, and of each other member.
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) type Declared =
    (&'static [&'static str], &'static [&'static str], &'static [&'static [&'static str]]);

/// Declares the view of an object: its id, a function for each other member with
/// Uber's name for it, and all of them as a table.
macro_rules! object {
    (
        $(#[doc = $docs:literal])*
        $type:ident, $(#[doc = $id_docs:literal])* $id:literal {
            $($(#[doc = $member_docs:literal])* $member:ident: $kind:ident $name:literal,)*
        }
    ) => {
        $(#[doc = $docs])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $type<'a> {
            $(#[doc = $id_docs])*
            pub id: &'a str,
            /// The whole object as it was received.
            pub raw: &'a Json<'a>,
        }

        impl<'a> $type<'a> {
            /// Uber's names of the other members, and what each holds.
            #[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "client")
))]
            pub(crate) const MEMBERS: &'static [(&'static str, crate::uber::object::Kind)] =
                &[$(($name, crate::uber::object::Kind::$kind)),*];

            /// The documentation of the object, of its id, and of the other members.
            #[cfg(all(test, not(target_arch = "wasm32")))]
            #[allow(dead_code)]
            pub(crate) const DECLARED: crate::uber::object::Declared =
                (&[$($docs),*], &[$($id_docs),*], &[$(&[$($member_docs),*]),*]);

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

            $(crate::uber::object::member! { $(#[doc = $member_docs])* $member: $kind $name })*
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
