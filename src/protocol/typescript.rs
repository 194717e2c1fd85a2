//! Writes `src/js/generated/protocol.ts`, as prettier would.

// A test may allocate.
#![allow(clippy::format_push_string)]

use std::path::Path;

use super::shapes::JobProgress;
use super::{
    BATCH_ROW_BYTES, CHECKED_BEFORE, ClientOperation, HostOutcome, JobAction, JobOperation,
    RESULT_ROW_BYTES, RESULTS_PER_PAGE, ReaderCount, ReaderInput,
};
use crate::code::rejected::RejectReason;
use crate::error::{ErrorClass, ErrorCode};
use crate::job::{By, CodeState, Decision};
use crate::recipients::RecipientReason;
use crate::sandbox::{EventForm, Fault};
use crate::uber::distribute::MOST_CODES;
use crate::uber::token::Scope;

/// A variant, its number and the lines of its documentation.
pub(crate) type Number = (&'static str, u32, &'static [&'static str]);

/// A member of a shape, its type and the lines of its documentation.
pub(crate) type Member = (&'static str, &'static str, &'static [&'static str]);

/// Codes of errors that arise in JavaScript alone, each with its hint where it does.
const JAVASCRIPT_CODES: &[(ErrorClass, &str)] = &[
    (ErrorClass::Validation, "secret_in_browser"),
    (ErrorClass::Job, "journal_failed"),
    (ErrorClass::Job, "job_busy"),
    (ErrorClass::Job, "job_closed"),
    (ErrorClass::Job, "instance_lost"),
    (ErrorClass::Webhook, "body_used"),
];

const HEAD: &str = "\
// Written from Rust by src/protocol/typescript.rs: edit what it is made of, then run
// WRITE_PROTOCOL=1 cargo test --all-features protocol
";
/// Of a line, as prettier is told.
const WIDTH: usize = 100;

#[test]
fn the_typescript_side_has_the_same_numbers_and_names() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/js/generated/protocol.ts");
    let expected = module();
    if std::env::var_os("WRITE_PROTOCOL").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        found,
        expected,
        "{} is not what Rust says; its first lines say how",
        path.display()
    );
}

#[test]
fn a_number_leads_back() {
    for (variant, number, _) in JobOperation::DECLARED {
        let operation = JobOperation::from_number(*number).unwrap();
        assert_eq!(format!("{operation:?}"), *variant);
    }
    assert_eq!(JobOperation::from_number(u32::MAX), None);
    let next = u32::try_from(ClientOperation::DECLARED.len()).unwrap();
    assert_eq!(ClientOperation::from_number(next), None);
}

fn module() -> String {
    let mut out = HEAD.to_owned();
    for (about, prefix, numbers) in [
        ("What a client is asked to do.", "CALL", ClientOperation::DECLARED),
        ("What a job is asked to do.", "JOB", JobOperation::DECLARED),
        ("What a job asks for.", "ACTION", JobAction::DECLARED),
        ("What came of something that the host was asked for.", "HOST", HostOutcome::DECLARED),
        ("What a reader of codes is given.", "INPUT", ReaderInput::DECLARED),
        ("What a reader of codes counts.", "COUNT", ReaderCount::DECLARED),
    ] {
        out += &format!("\n// {about}\n");
        for (variant, number, docs) in numbers {
            out += &doc(docs);
            out += &format!("export const {prefix}_{} = {number};\n", screaming(variant));
        }
    }

    out +=
        "\n/** In place of signing keys: the signature of this body was right when it came. */\n";
    out += &constant("CHECKED_BEFORE", &format!("\"{CHECKED_BEFORE}\""));

    out += "\n// Sizes and limits.\n";
    for (name, about, value) in [
        ("RESULT_ROW_BYTES", "Bytes of one code in a page of results.", RESULT_ROW_BYTES),
        ("RESULTS_PER_PAGE", "Codes in one page of results.", RESULTS_PER_PAGE),
        ("BATCH_ROW_BYTES", "Bytes of one batch.", BATCH_ROW_BYTES),
        ("MOST_CODES", "Codes in one request, at most.", MOST_CODES),
    ] {
        out += &format!("/** {about} */\nexport const {name} = {};\n", grouped(value));
    }

    let states = CodeState::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>();
    let lines = states.iter().zip(CodeState::DOCS).map(|(name, docs)| entry(name, docs));
    out += &block(
        &[vec!["What is known of one code.".into(), String::new()], lines.flatten().collect()]
            .concat(),
    );
    out += &union("CodeState", &states);
    out += "\n/** The states in the order of their numbers. */\n";
    out += &list("STATES", &quoted(&states), " satisfies CodeState[]");

    let sources = By::ALL.iter().map(|by| by.as_str());
    let sources = sources.map(|name| name.map_or("null".into(), |name| format!("\"{name}\"")));
    out += "\n/** What the state of a code rests on, in the order of the numbers. */\n";
    out += &list("SOURCES", &sources.collect::<Vec<_>>(), "");

    let decisions = Decision::ALL.iter().map(|decision| decision.as_str()).collect::<Vec<_>>();
    out += "\n/** What the operator decides about codes that are unknown. */\n";
    out += &union("JobDecision", &decisions);
    out += "\n/** All of them. */\n";
    out += &list("DECISIONS", &quoted(&decisions), " satisfies JobDecision[]");

    out += &interface("JobProgress", JobProgress::ABOUT, JobProgress::MEMBERS);
    out += "\n/** Its members, in the order in which the core hands them over. */\n";
    let names = JobProgress::MEMBERS.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
    out += &list("PROGRESS_MEMBERS", &quoted(&names), " satisfies (keyof JobProgress)[]");

    let reasons = RejectReason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>();
    out += "\n/** Why an entry of a list is no code. */\n";
    out += &union("RejectionReason", &reasons);

    let reasons = RecipientReason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>();
    out += "\n/** Why a row of a list of recipients led to no code. */\n";
    out += &union("RecipientReason", &reasons);

    let scopes = [Scope::VoucherPrograms, Scope::Aggregator].map(Scope::as_str);
    out += "\n/** What the token of an app may be used for. */\n";
    out += &list("SCOPES", &quoted(&scopes), "");

    let faults = Fault::ALL.iter().map(|fault| fault.as_str()).collect::<Vec<_>>();
    out += "\n/** The faults that a sandbox injects. */\n";
    out += &list("FAULTS", &quoted(&faults), "");

    let forms = EventForm::ALL.iter().map(|form| form.as_str()).collect::<Vec<_>>();
    out += "\n/** The forms of the event that reports what became of a distribution. */\n";
    out += &list("EVENT_FORMS", &quoted(&forms), "");

    for (class, about, name) in [
        (ErrorClass::Validation, "Refused before anything left.", "ValidationErrorCode"),
        (
            ErrorClass::Api,
            "Uber, its token endpoint, or something in between, answered.",
            "ApiErrorCode",
        ),
        (ErrorClass::Connection, "No answer came.", "ConnectionErrorCode"),
        (ErrorClass::Job, "The job, or a call itself, could not go on.", "JobErrorCode"),
        (ErrorClass::Webhook, "A webhook was refused.", "WebhookErrorCode"),
    ] {
        let core =
            ErrorCode::ALL.iter().filter(|code| code.class() == class).map(|code| code.as_str());
        let javascript =
            JAVASCRIPT_CODES.iter().filter(|(its, _)| *its == class).map(|(_, code)| *code);
        out += &format!("\n/** {about} */\n");
        out += &union(name, &core.chain(javascript).collect::<Vec<_>>());
    }
    out += "\n// What to do about an error of the core.\n";
    for code in ErrorCode::ALL {
        let name = code.as_str().to_uppercase();
        out += &constant(&format!("{name}_HINT"), &format!("\"{}\"", code.hint()));
    }
    out
}

/// The lines of a list in a comment.
fn entry(name: &str, docs: &[&str]) -> Vec<String> {
    let text = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    vec![format!("- `{name}`: {text}")]
}

fn doc(lines: &[&str]) -> String {
    match lines {
        [] => String::new(),
        lines => {
            let text = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            format!("/** {text} */\n")
        }
    }
}

fn interface(name: &str, about: &[&str], members: &[Member]) -> String {
    let mut out = format!("\n{}export interface {name} {{\n", doc(about));
    for (member, kind, docs) in members {
        for line in doc(docs).lines() {
            out += &format!("  {line}\n");
        }
        out += &format!("  {member}: {kind};\n");
    }
    out + "}\n"
}

fn block(lines: &[String]) -> String {
    let mut out = "\n/**\n".to_owned();
    for line in lines {
        out += format!(" * {line}").trim_end();
        out.push('\n');
    }
    out + " */\n"
}

fn constant(name: &str, value: &str) -> String {
    let line = format!("export const {name} = {value};\n");
    if line.len() <= WIDTH + 1 { line } else { format!("export const {name} =\n  {value};\n") }
}

fn union(name: &str, members: &[&str]) -> String {
    let members = quoted(members);
    let joined = members.join(" | ");
    let line = format!("export type {name} = {joined};\n");
    if line.len() <= WIDTH + 1 {
        return line;
    }
    if joined.len() + 3 <= WIDTH {
        return format!("export type {name} =\n  {joined};\n");
    }
    format!("export type {name} =\n  | {};\n", members.join("\n  | "))
}

fn list(name: &str, members: &[String], more: &str) -> String {
    let line = format!("export const {name} = [{}] as const{more};\n", members.join(", "));
    if line.len() <= WIDTH + 1 {
        return line;
    }
    format!("export const {name} = [\n  {},\n] as const{more};\n", members.join(",\n  "))
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("\"{name}\"")).collect()
}

/// `NeedToken` as `NEED_TOKEN`.
fn screaming(variant: &str) -> String {
    let mut out = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

/// A number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let (thousands, rest) = digits.split_at(digits.len() - 3);
    format!("{thousands}_{rest}")
}
