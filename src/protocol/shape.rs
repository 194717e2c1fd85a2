//! How values of the core become objects of JavaScript. A shape names each member once,
//! with its type in Rust, its documentation and where it comes from: what crosses and what
//! TypeScript is told (`src/js/generated/`) are made of the same lines.

use std::borrow::Cow;

use crate::json::Json;

/// The members of an object.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

// Of no type of its own, so that there is one of it.
#[inline(never)]
fn add<'a>(members: &mut Members<'a>, name: &'static str, value: Json<'a>) {
    members.push((name.into(), value));
}

/// A type of Rust that crosses.
pub(crate) trait Crossing<'a>: Sized {
    /// Its value in JavaScript.
    fn cross(self) -> Json<'a>;

    /// Adds this value to the members of an object.
    fn put(self, members: &mut Members<'a>, name: &'static str) {
        add(members, name, self.cross());
    }

    /// Its type in TypeScript.
    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String;

    /// The same, without a name.
    #[cfg(not(target_arch = "wasm32"))]
    fn inline() -> String {
        Self::typescript()
    }

    /// Whether a member of this type may be absent.
    #[cfg(not(target_arch = "wasm32"))]
    const IS_OPTIONAL: bool = false;
}

/// Declares shapes. A shape is made `of` a value of the core. What stands behind `javascript` is
/// put in by the binding, or by the code in JavaScript that hands the object on.
macro_rules! shape {
    (
        $(#[doc = $about:literal])*
        $shape:ident<$a:lifetime> of $value:ident: $source:ty {
            $($(#[doc = $docs:literal])* $name:ident: $type:ty = $read:expr,)*
        }
        $(javascript {
            $($(#[doc = $js_docs:literal])* $js_name:literal: $js_type:literal,)*
        })?
    ) => {
        $(#[doc = $about])*
        pub(crate) struct $shape<$a>(crate::json::Json<$a>);

        #[allow(dead_code)] // Some cross as objects, some as lists.
        impl<$a> $shape<$a> {
            /// The object.
            pub(crate) fn of($value: $source) -> Self {
                let mut members = crate::protocol::shape::Members::new();
                $(
                    let value: $type = $read;
                    crate::protocol::shape::Crossing::put(value, &mut members, stringify!($name));
                )*
                Self(crate::json::Json::Object(members))
            }

            /// The values of the members alone, in their order.
            pub(crate) fn values($value: $source) -> Vec<crate::json::Json<$a>> {
                vec![$({
                    let value: $type = $read;
                    crate::protocol::shape::Crossing::cross(value)
                }),*]
            }
        }

        impl<$a> crate::protocol::shape::Crossing<$a> for $shape<$a> {
            fn cross(self) -> crate::json::Json<$a> {
                self.0
            }

            #[cfg(not(target_arch = "wasm32"))]
            fn typescript() -> String {
                stringify!($shape).to_owned()
            }

            #[cfg(not(target_arch = "wasm32"))]
            fn inline() -> String {
                let members = <Self as crate::protocol::shape::Shape>::members().into_iter();
                let members = members.map(|member| member.name + ": " + &member.typescript);
                format!("{{ {} }}", members.collect::<Vec<_>>().join("; "))
            }
        }

        #[cfg(not(target_arch = "wasm32"))]
        impl<$a> crate::protocol::shape::Shape for $shape<$a> {
            const NAME: &'static str = stringify!($shape);
            const DOCS: &'static [&'static str] = &[$($about),*];

            fn members() -> Vec<crate::protocol::shape::Member> {
                vec![
                    $(crate::protocol::shape::Member::of::<$type>(
                        stringify!($name), &[$($docs),*],
                    ),)*
                    $($(crate::protocol::shape::Member::of_javascript(
                        $js_name, $js_type, &[$($js_docs),*],
                    ),)*)?
                ]
            }
        }
    };
}

pub(crate) use shape;

/// What TypeScript is told of a shape.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) trait Shape {
    const NAME: &'static str;
    const DOCS: &'static [&'static str];

    fn members() -> Vec<Member>;
}

/// What TypeScript is told of a member.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Member {
    /// With a question mark if it may be absent.
    pub(crate) name: String,
    pub(crate) typescript: String,
    pub(crate) docs: Vec<&'static str>,
    /// Whether it is put in by the binding, or in JavaScript.
    pub(crate) is_javascript: bool,
}

#[cfg(not(target_arch = "wasm32"))]
impl Member {
    pub(crate) fn of<'a, T: Crossing<'a>>(name: &str, docs: &[&'static str]) -> Self {
        let mark = if T::IS_OPTIONAL { "?" } else { "" };
        Self {
            name: format!("{name}{mark}"),
            typescript: T::typescript(),
            docs: docs.to_vec(),
            is_javascript: false,
        }
    }

    pub(crate) fn of_javascript(name: &str, typescript: &str, docs: &[&'static str]) -> Self {
        let (name, typescript) = (name.to_owned(), typescript.to_owned());
        Self { name, typescript, docs: docs.to_vec(), is_javascript: true }
    }
}

/// Types that cross as they are.
macro_rules! crossing {
    ($($type:ty => $typescript:literal, $value:ident: $json:expr;)*) => {
        $(impl<'a> crate::protocol::shape::Crossing<'a> for $type {
            fn cross(self) -> crate::json::Json<'a> {
                let $value = self;
                $json
            }

            #[cfg(not(target_arch = "wasm32"))]
            fn typescript() -> String {
                $typescript.to_owned()
            }
        })*
    };
}

pub(crate) use crossing;

crossing! {
    &'a str => "string", text: text.into();
    String => "string", text: text.into();
    bool => "boolean", value: value.into();
    f64 => "number", number: number.into();
    u16 => "number", number: f64::from(number).into();
    u32 => "number", number: f64::from(number).into();
    u64 => "number", number: whole(number);
    usize => "number", number: whole(number as u64);
}

#[allow(clippy::cast_precision_loss)]
fn whole(number: u64) -> Json<'static> {
    Json::Number(number as f64)
}

impl<'a, T: Crossing<'a>> Crossing<'a> for Option<T> {
    fn cross(self) -> Json<'a> {
        self.map_or(Json::Null, T::cross)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        format!("{} | null", T::typescript())
    }
}

/// A member that is absent where there is nothing.
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<'a, T: Crossing<'a>> Crossing<'a> for Maybe<T> {
    fn cross(self) -> Json<'a> {
        self.0.cross()
    }

    fn put(self, members: &mut Members<'a>, name: &'static str) {
        if let Some(value) = self.0 {
            value.put(members, name);
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        T::typescript()
    }

    #[cfg(not(target_arch = "wasm32"))]
    const IS_OPTIONAL: bool = true;
}

/// A list of values of one type.
pub(crate) struct List<'a, T>(Vec<Json<'a>>, std::marker::PhantomData<T>);

impl<'a, T: Crossing<'a>> List<'a, T> {
    /// What an iterator gives that knows how much that is.
    pub(crate) fn of(items: impl ExactSizeIterator<Item = T>) -> Self {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            list.push(item.cross());
        }
        Self(list, std::marker::PhantomData)
    }
}

impl<'a, T: Crossing<'a>> Crossing<'a> for List<'a, T> {
    fn cross(self) -> Json<'a> {
        Json::List(self.0)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        format!("{}[]", T::typescript())
    }
}

/// An object of Uber's, as it came.
pub(crate) struct Raw<'a>(pub(crate) &'a Json<'a>);

impl<'a> Crossing<'a> for Raw<'a> {
    fn cross(self) -> Json<'a> {
        self.0.clone()
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        "Record<string, unknown>".to_owned()
    }
}

/// An object whose type is written where it is used.
pub(crate) struct Inline<T>(pub(crate) T);

impl<'a, T: Crossing<'a>> Crossing<'a> for Inline<T> {
    fn cross(self) -> Json<'a> {
        self.0.cross()
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        T::inline()
    }
}

/// Header fields, as an object.
pub(crate) struct Fields<'a>(pub(crate) &'a [(String, String)]);

impl<'a> Crossing<'a> for Fields<'a> {
    fn cross(self) -> Json<'a> {
        let mut members = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            members.push((name.as_str().into(), value.as_str().into()));
        }
        Json::Object(members)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        "Record<string, string>".to_owned()
    }
}
