//! How a response changes a batch, and the whole job.

use super::*;

#[test]
fn each_response_leads_to_its_state() {
    for status in 100..=599 {
        let mut bench = Bench::new(1);
        bench.run();
        let error = bench.answer(0, status);
        let (state, halts) = match status {
            200..=299 => (InQueue, false),
            400 | 413 | 422 => (Rejected, false),
            // Under way again, with another token.
            401 => (Sending, false),
            409 | 429 => (Pending, false),
            408 | 499 => (Unknown, false),
            402..=498 => (Pending, true),
            _ => (Unknown, false),
        };
        assert_eq!(bench.states(), [state, state], "{status}");
        assert_eq!(error.is_none(), state == InQueue, "{status}");
        assert_eq!(bench.job.take_halt().is_some(), halts, "{status}");
        assert_eq!(bench.over, !matches!(status, 401 | 409 | 429), "{status}");
        bench.check();
    }
}

#[test]
fn a_refusal_of_the_whole_job_rejects_no_code() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.answer(3, 403);
    for batch in [1, 2, 4, 5, 6, 7, 8] {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.job.take_halt().unwrap().code, ErrorCode::UserNotAllowed);
    let progress = bench.job.progress(NOW);
    assert_eq!((progress.count(InQueue), progress.count(Pending)), (16, 24));
    bench.check();
    bench.run();
    assert_eq!(bench.sent.last().unwrap().0, 3, "first what comes first");
}

#[test]
fn three_unknown_in_a_row_halt() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.lose(1);
    bench.answer(2, 500);
    bench.answer(3, 200);
    bench.lose(4);
    bench.lose(5);
    assert!(bench.job.is_running());
    bench.answer(6, 302);
    let left = bench.sent.len();
    assert!(!bench.over, "what is under way is awaited");
    for batch in 7..left {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.sent.len(), left, "nothing new leaves");
    let halt = bench.job.take_halt().unwrap();
    assert_eq!((halt.code, halt.queued), (ErrorCode::Halted, Queued::Unknown));
    let last = std::error::Error::source(&halt).and_then(|error| error.downcast_ref::<Error>());
    assert_eq!(last.map(|error| error.code), Some(ErrorCode::UnexpectedResponse));
    bench.check();
    bench.run();
    assert_eq!(bench.sent.len(), left + 1, "and alone again");
}

#[test]
fn a_busy_server_is_retried_without_a_limit() {
    let mut bench = Bench::new(2);
    bench.run();
    let mut now = NOW;
    for round in 0..50 {
        let fields: Vec<(&str, &str)> =
            if round % 2 == 0 { vec![("retry-after", "3600")] } else { vec![] };
        let head = ResponseHead { status: 429, headers: fields.into_iter().collect() };
        let batch = bench.sent.last().unwrap().0;
        bench.job.handle_response(batch, &head, "", &Json::Null, now, 1.0);
        bench.turn_at(now);
        let until = bench.until.unwrap();
        assert!(until > now && (round % 2 == 1 || until == now + 3_600_000));
        assert_eq!(bench.sent.len(), round + 1, "nothing leaves meanwhile");
        bench.turn_at(until - 1);
        assert_eq!(bench.sent.len(), round + 1);
        now = until;
        bench.turn_at(now);
    }
    bench.answer(0, 200);
    assert_eq!(bench.state(0), InQueue);
    bench.check();
}

#[test]
fn waits_grow_while_a_server_stays_busy() {
    let mut bench = Bench::new(1);
    bench.run();
    let (mut now, mut waits) = (NOW, Vec::new());
    for _ in 0..4 {
        bench.job.handle_response(0, &head(429), "", &Json::Null, now, 1.0);
        bench.turn_at(now);
        let until = bench.until.unwrap();
        waits.push(until - now);
        now = until;
        bench.turn_at(now);
    }
    assert!(waits.windows(2).all(|pair| pair[1] == 2 * pair[0]), "{waits:?}");
}

#[test]
fn an_unexpected_response_changes_nothing() {
    let mut bench = Bench::new(4);
    bench.run();
    bench.answer(0, 200);
    bench.answer(2, 200);
    let (states, end) = (bench.states(), bench.journal.len());
    // A batch that already had a response, and one that does not exist, while others are
    // under way.
    for batch in [0, 2, 9] {
        assert_eq!(bench.answer(batch, 400), None);
        bench.lose(batch);
        bench.job.handle_token(batch);
        let error = response::error_from_record(ErrorCode::TokenRejected, 401, None);
        assert!(!bench.job.handle_no_token(batch, error, NOW, 0.5));
        bench.turn();
    }
    assert_eq!((bench.states(), bench.journal.len()), (states, end));
    // A token for one batch is not for another.
    let mut job = Bench::new(2).job;
    job.start(NOW);
    assert!(matches!(job.poll(NOW), Action::Save(_)));
    job.handle_saved();
    assert!(matches!(job.poll(NOW), Action::NeedToken { batch: 0, .. }));
    job.handle_token(1);
    assert_eq!(job.poll(NOW), Action::Idle);
}

#[test]
fn the_last_error_outlives_an_acceptance() {
    let mut bench = Bench::new(1);
    bench.run();
    assert_eq!(bench.job.batch(0).unwrap().last_error, None);
    bench.answer(0, 429);
    bench.turn_at(bench.until.unwrap());
    bench.answer(0, 200);
    let batch = bench.job.batch(0).unwrap();
    assert_eq!(batch.state, InQueue);
    assert_eq!(batch.last_error, Some((ErrorCode::RateLimited, 429, None)));
}

#[test]
fn only_codes_that_look_like_identifiers_are_stored() {
    let longest = "x".repeat(64);
    let longer = "x".repeat(65);
    for (told, kept) in [
        ("voucher_not-found.v2", Some("voucher_not-found.v2")),
        ("1024", Some("1024")),
        (&longest, Some(longest.as_str())),
        (&longer, None),
        ("not a name", None),
        ("jane@example.com", None),
        ("é", None),
    ] {
        let mut bench = Bench::new(1);
        bench.run();
        let body = Json::object().with("code", told);
        bench.job.handle_response(0, &head(400), "", &body, NOW, 0.5);
        bench.turn();
        let error = bench.job.batch(0).unwrap().last_error;
        assert_eq!(error, Some((ErrorCode::InvalidRequest, 400, kept)), "{told}");
        assert_eq!(bench.resume(false).job.batch(0).unwrap().last_error, error, "{told}");
    }
}

#[test]
fn the_journal_holds_no_text_from_outside() {
    let mut bench = Bench::new(1);
    bench.run();
    let body = r#"{"code":"jane@example.com is unknown","message":"jane@example.com"}"#;
    let parsed: Json = serde_json::from_str(body).unwrap();
    bench.job.handle_response(0, &head(400), body, &parsed, NOW, 0.5);
    bench.turn();
    let text = String::from_utf8_lossy(&bench.journal);
    assert!(text.contains("invalid_request"));
    assert!(!text.contains("jane"));
}
