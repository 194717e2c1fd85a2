//! Lists of codes.

use crate::code::Code;
use crate::code::list::CodeList;
use crate::code::rejected::{self, RejectReason};
use crate::protocol::shape::{List, crossing, shape};

crossing! {
    Code => "string", code: {
        let mut text = String::new();
        code.write_to(&mut text);
        text.into()
    };
    RejectReason => "RejectionReason", reason: reason.as_str().into();
}

shape! {
    /// One rejected entry.
    RejectedEntry<'a> of entry: &'a rejected::RejectedEntry {
        /// The line, from 1; in a list of strings, the number of the entry.
        line: u64 = entry.line,
        /// The entry, shortened. It may contain anything: don't log it.
        value: &'a str = entry.value.as_str(),
        /// The reason.
        reason: RejectReason = entry.reason,
        /// The reason in a sentence.
        message: &'a str = entry.message.as_str(),
    }
}

shape! {
    /// A list as it comes out of the core: its ids are those of the `Group` that it is in.
    GroupedList<'a> of list: (Option<&'a str>, &'a CodeList) {
        /// Its program; `null` for what has none.
        program: Option<&'a str> = list.0,
        /// How many codes it has.
        size: usize = list.1.len(),
        /// How many valid codes were dropped because they stood there before.
        duplicates: u64 = list.1.duplicates(),
        /// How many entries were refused.
        rejectedCount: u64 = list.1.rejected_count(),
        /// The first of them.
        rejected: List<'a, RejectedEntry<'a>> =
            List::of(list.1.rejected().iter().map(RejectedEntry::of)),
    }
}

shape! {
    /// Lists from the core: the ids of all of them, one after the other.
    Group<'a> of lists: Vec<GroupedList<'a>> {
        lists: List<'a, GroupedList<'a>> = List::of(lists.into_iter()),
    }
    javascript {
        /// The ids of all of them, one after the other, sixteen bytes each.
        "ids": "Uint8Array",
    }
}
