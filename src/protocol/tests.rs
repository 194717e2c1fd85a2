//! What crosses is what is declared.

use super::shape::{Crossing, Member, Shape};
use super::shapes::calls::{self, Accepted, Codes, Receipt};
use super::shapes::errors::ErrorParts;
use super::shapes::jobs::{BatchRow, JobProgress, ResultRow};
use super::shapes::recipients::RowCounts;
use super::shapes::webhooks::{self, WebhookEvent};
use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::http::ResponseHead;
use crate::job::{BatchInfo, CodeState, Progress, Row, Source};
use crate::json::Json;
use crate::recipients::RecipientMatches;
use crate::uber::codes::VoucherCode;
use crate::uber::policy::Operation;
use crate::uber::programs::VoucherProgram;
use crate::uber::{codes, programs, response};
use crate::webhook::event;

fn names(object: &Json) -> Vec<String> {
    object.members().iter().map(|(name, _)| name.to_string()).collect()
}

/// The names of members that no value may lack, but for those that JavaScript puts in.
fn declared<S: Shape>() -> Vec<String> {
    let members = S::members().into_iter().filter(|member| !member.is_javascript);
    members.map(|member| member.name).filter(|name| !name.ends_with('?')).collect()
}

fn json(text: &str) -> Json<'static> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_receipt_says_how_many_codes_or_all() {
    let accepted = |codes| Accepted {
        program: "p",
        codes,
        duplicates: 2.0,
        attempts: 3,
        now: 4,
        status: 200,
        headers: &[],
    };
    let [some, all] =
        [Codes::Some(5), Codes::All].map(|codes| Receipt::of(&accepted(codes)).cross());
    assert_eq!(names(&some), declared::<Receipt>());
    assert_eq!((some.get("codes"), all.get("codes")), (&Json::Number(5.0), &"all".into()));
    assert_eq!(all.get("headers"), &Json::Object(vec![]));
}

#[test]
fn an_error_has_the_members_of_an_answer_only_if_there_was_one() {
    let refused = Error::validation(ErrorCode::EmptyCodes, "Why");
    assert_eq!(names(&ErrorParts::of(&refused).cross()), declared::<ErrorParts>());
    assert!(ErrorParts::of(&Error::unsent("Why")).cross().get("unsent").is_true());
    let (head, body) = (ResponseHead { status: 404, ..ResponseHead::default() }, "{}");
    let answered = response::to_error(&head, body, &json(body), Operation::Read, 0);
    let parts = ErrorParts::of(&answered).cross();
    assert_eq!((parts.get("status"), parts.get("body")), (&Json::Number(404.0), &body.into()));
    let more = ["status", "uberCode", "body", "headers", "retryAfterMs"].map(str::to_owned);
    assert_eq!(names(&parts), [declared::<ErrorParts>().as_slice(), &more].concat());
    assert!(parts.get("uberCode").is_null());
}

#[test]
fn objects_of_uber_have_each_member_under_its_declared_name_and_type() {
    let full = |id: &str, members: &[(&str, calls::Kind)]| {
        let values = members.iter().map(|(name, kind)| match kind {
            calls::Kind::Number => format!(r#","{name}":"7""#),
            _ => format!(r#","{name}":"x""#),
        });
        json(&format!(r#"[{{"{id}":"i"{}}}]"#, values.collect::<String>()))
    };
    let check = |object: &Json, declared: &[Member]| {
        let names_of_declared = declared.iter().map(|member| member.name.clone());
        assert_eq!(names(object), names_of_declared.collect::<Vec<_>>());
        for Member { name, typescript, .. } in declared {
            let fits = match object.get(name) {
                Json::Text(_) => typescript.starts_with("string"),
                Json::Number(_) => typescript == "number | null",
                Json::Object(_) => name == "raw",
                _ => false,
            };
            assert!(fits, "{name}: {typescript}");
        }
    };
    let body = full("code_id", VoucherCode::MEMBERS);
    let [code] = &*codes::list(&body).unwrap() else { panic!() };
    check(calls::codes(&[*code]).items().first().unwrap(), &calls::code_members());
    let body = full("voucher_program_id", VoucherProgram::MEMBERS);
    let [program] = &*programs::list(&body).unwrap() else { panic!() };
    assert_eq!(calls::programs(&[*program]).items(), [calls::program(program)]);
    check(&calls::program(program), &calls::program_members());
}

#[test]
fn progress_crosses_as_a_list_in_the_order_of_its_names() {
    let progress = Progress {
        total: 100,
        counts: [0, 1, 2, 3, 4, 5, 6, 7],
        used_before: 8,
        requests: 9,
        retries: 10,
        started_at: 11,
        eta_ms: Some(12),
        waiting_until: None,
        paused_after: true,
    };
    let numbers = [100, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12].map(|number: u32| number.cross());
    let rest = [Json::Null, Json::Number(8.0), Json::Bool(true)];
    assert_eq!(JobProgress::values(&progress), [&numbers[..], &rest].concat());
    assert_eq!(names(&JobProgress::of(&progress).cross()), declared::<JobProgress>());
}

#[test]
fn an_event_and_counts_have_what_is_declared() {
    let body = json(r#"{"event_type":"x","event_time":1709251200}"#);
    let event = event::read(&body, None, &Json::Null).unwrap();
    let event = WebhookEvent::of(&event).cross();
    assert_eq!(names(&event), declared::<WebhookEvent>());
    assert_eq!(event.get("occurredAt"), &Json::Number(1_709_251_200_000.0));
    let counts = RowCounts::of(&RecipientMatches::default()).cross();
    assert_eq!(names(&counts), declared::<RowCounts>());
}

#[test]
fn the_text_of_an_event_has_what_is_declared() {
    let raw = r#"{"event_type":"x.distributed","event_id":"a\"b","event_time":1709251200,
        "distributed_codes":["1f913a96-f52c-42a0-aa0b-a2ba53b2d631"],
        "failures":[{"code_uuid":"1f913a96-f52c-42a0-aa0b-a2ba53b2d632","reason":"no \u0001"}]}"#;
    let body = json(raw);
    let event = event::read(&body, Some("sandbox"), &Json::Null).unwrap();
    assert_eq!(event.outcomes.len(), 2);
    let stringify = |text: &str| serde_json::to_string(text).unwrap();
    let text = json(&webhooks::written(&event, raw, stringify));
    let object = WebhookEvent::of(&event).cross();
    let mut found = names(&text);
    let mut all = [declared::<WebhookEvent>().as_slice(), &["raw".to_owned()]].concat();
    found.sort_unstable();
    all.sort_unstable();
    assert_eq!(found, all);
    for name in declared::<WebhookEvent>().iter().filter(|name| *name != "outcomes") {
        assert_eq!(text.get(name), object.get(name), "{name}");
    }
    assert_eq!(text.get("raw"), &body);
    let columns = text.get("outcomes");
    assert_eq!(names(columns), ["codes", "distributed", "reasons"]);
    for (index, outcome) in object.get("outcomes").items().iter().enumerate() {
        assert_eq!(columns.get("codes").items().get(index), Some(outcome.get("code")));
        let is_distributed = outcome.get("status").text() == Some("distributed");
        let flags = columns.get("distributed").text().unwrap().as_bytes();
        assert_eq!(flags[index] == b'1', is_distributed);
        let reason = columns.get("reasons").items().get(index).unwrap_or(&Json::Null);
        assert_eq!(reason, outcome.get("reason"));
    }
}

/// The number that stands where a member is declared.
fn at(row: &[u8], members: &[(&str, usize, usize, &[&str])], name: &str) -> u128 {
    let (_, at, bits, _) = members.iter().find(|(member, ..)| *member == name).unwrap();
    let mut bytes = [0; 16];
    bytes[..bits / 8].copy_from_slice(&row[*at..at + bits / 8]);
    u128::from_le_bytes(bytes)
}

#[test]
fn rows_have_each_member_where_it_is_declared() {
    let batch = BatchInfo {
        state: CodeState::Unknown,
        codes: 30_000,
        reported: 3,
        used: 2,
        by: Source::Usage,
        cancelled: true,
        attempts: 5,
        sent_at: 0x0102_0304_0506,
        last_error: Some((ErrorCode::Timeout, 0, None)),
        unsent: false,
    };
    let (row, members) = (BatchRow::of(&batch), BatchRow::declared());
    let names = ["state", "hasError", "isCancelled", "by", "codes", "used", "reported", "attempts"];
    assert_eq!(names.map(|name| at(&row, &members, name)), [6, 1, 1, 3, 30_000, 2, 3, 5]);
    assert_eq!(at(&row, &members, "sentAt"), 0x0102_0304_0506);

    let code: Code = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631".parse().unwrap();
    let state = CodeState::Failed;
    let info = Row { code, state, batch: 9, by: Source::Webhook, reason: Some(299) };
    let (row, members) = (ResultRow::of((70_000, &info)), ResultRow::declared());
    let names = ["index", "state", "by", "reason", "batch"];
    assert_eq!(names.map(|name| at(&row, &members, name)), [70_000, 4, 2, 300, 9]);
    let (_, offset, ..) = members.iter().find(|(name, ..)| *name == "code").unwrap();
    assert_eq!(row[*offset..offset + 16], *code.as_bytes());
}
