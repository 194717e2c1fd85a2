//! What the sandbox hands over.

use crate::code::Code;
use crate::json::Json;
use crate::protocol::shape::{Crossing, List, Maybe, crossing, shape};
use crate::sandbox::{Answer, CreatedProgram, Webhook};

/// A header field.
pub(crate) struct Field<'a>(&'a str, &'a str);

impl<'a> Crossing<'a> for Field<'a> {
    fn cross(self) -> Json<'a> {
        Json::List(vec![self.0.into(), self.1.into()])
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn typescript() -> String {
        "[name: string, value: string]".to_owned()
    }
}

/// Only ever `true`.
pub(crate) struct True;

crossing! {
    True => "true", _true: true.into();
}

shape! {
    /// A program that was created.
    CoreProgram<'a> of created: &'a CreatedProgram {
        programId: &'a str = created.program_id.as_str(),
        /// A code a line.
        codes: String = lines_of(&created.codes),
    }
}

fn lines_of(codes: &[Code]) -> String {
    let mut lines = String::new();
    for code in codes {
        code.write_to(&mut lines);
        lines.push('\n');
    }
    lines
}

shape! {
    /// An entry of `programs`.
    SandboxProgramSummary<'a> of program: (&'a str, &'a str, usize) {
        /// The id, by which calls name the program.
        programId: &'a str = program.0,
        /// Its name in a search.
        name: &'a str = program.1,
        /// How many codes it has.
        codes: usize = program.2,
    }
}

shape! {
    /// A webhook that is due.
    CoreWebhook<'a> of webhook: &'a Webhook {
        id: u64 = webhook.id,
        dueAt: u64 = webhook.due_at,
        attempt: u32 = webhook.attempt,
        headers: List<'a, Field<'a>> =
            List::of(webhook.headers.iter().map(|(name, value)| Field(name, value))),
    }
    javascript {
        "body": "Uint8Array<ArrayBuffer>",
    }
}

shape! {
    /// A response, or why there is none.
    CoreReply<'a> of answer: &'a Answer {
        /// The connection breaks.
        lost: Maybe<True> = Maybe(matches!(answer, Answer::Lost).then_some(True)),
        /// Nothing ever comes.
        hang: Maybe<True> = Maybe(matches!(answer, Answer::Hang).then_some(True)),
        /// 0 where there is no answer.
        status: u16 = if let Answer::Response(response) = answer { response.head.status } else { 0 },
        headers: List<'a, Field<'a>> = match answer {
            Answer::Response(response) => {
                let fields = response.head.headers.iter().collect::<Vec<_>>();
                List::of(fields.into_iter().map(|(name, value)| Field(name, value)))
            }
            Answer::Lost | Answer::Hang => List::of([].into_iter()),
        },
    }
    javascript {
        "body": "Uint8Array<ArrayBuffer>",
    }
}
