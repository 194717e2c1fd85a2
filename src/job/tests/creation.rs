//! Creating a job from a list.

use super::*;

#[test]
fn invalid_settings_are_refused() {
    let journal = Bench::new(1).journal;
    for wrong in [
        Settings { batch_size: 0, ..settings() },
        Settings { batch_size: 30_001, ..settings() },
        Settings { concurrency: 0, ..settings() },
        Settings { interval_ms: -1.0, ..settings() },
        Settings { interval_ms: f64::NAN, ..settings() },
        Settings { interval_ms: f64::INFINITY, ..settings() },
        Settings { interval_ms: f64::NEG_INFINITY, ..settings() },
    ] {
        let mut recovery = Recovery::new(example(), wrong.clone());
        recovery.add_codes(code(0).as_bytes(), 1);
        let created = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW);
        let mut recovery = Recovery::new(example(), wrong.clone());
        recovery.push(&journal).unwrap();
        for error in [created.err(), recovery.resume(false).err()] {
            assert_eq!(error.unwrap().code, ErrorCode::InvalidOptions, "{wrong:?}");
        }
    }
    for right in [
        Settings { batch_size: 30_000, concurrency: usize::MAX, ..settings() },
        Settings { interval_ms: f64::MAX, ..settings() },
    ] {
        let mut bench = Bench::with(6, right);
        bench.run();
        bench.answer(0, 200);
        assert!(bench.over || bench.until > Some(NOW));
    }
}

/// Only records that can be read again may be written.
#[test]
fn a_base_url_too_long_for_a_journal_is_refused() {
    for (length, fits) in [(65_535, true), (65_536, false), (70_000, false), (1 << 20, false)] {
        let url = format!("https://example.com/{}", "x".repeat(length - 20));
        let base_url = crate::http::BaseUrl::new(&url, "baseUrl").unwrap();
        let organization = crate::uber::id::OrganizationId::new("org/1").unwrap();
        let api = Api::new(base_url, organization, "en_US").unwrap();
        let mut recovery = Recovery::new(api.clone(), settings());
        recovery.add_codes(code(0).as_bytes(), 1);
        match recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW) {
            Ok(mut job) => {
                let Action::Save(journal) = job.poll(NOW) else { panic!() };
                let mut recovery = Recovery::new(api, settings());
                recovery.push(&journal).unwrap();
                assert_eq!(recovery.resume(false).unwrap().batches(), 1);
                assert!(fits, "{length}");
            }
            Err(error) => {
                assert_eq!(error.code, ErrorCode::InvalidOptions);
                assert!(error.message.contains("base URL") && !fits, "{length}");
            }
        }
    }
}

#[test]
fn the_added_codes_are_counted() {
    let mut recovery = Recovery::new(example(), settings());
    assert_eq!(recovery.code_count(), 0);
    for (number, offered) in [(0, 1), (1, 2), (0, 2), (2, 3)] {
        recovery.add_codes(code(number).as_bytes(), 3);
        assert_eq!(recovery.code_count(), offered);
    }
}

#[test]
fn an_incomplete_creation_starts_over() {
    let bench = Bench::new(3);
    let create = |journal: &[u8], codes: usize, program: &str| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(journal)?;
        for number in 0..codes {
            recovery.add_codes(code(number).as_bytes(), codes);
        }
        let kept = recovery.kept();
        let program = ProgramId::new(program).unwrap();
        recovery.create(program, [8; 16], 0, NOW).map(|job| (kept, job))
    };
    for cut in 0..bench.journal.len() {
        let (kept, job) = create(&bench.journal[..cut], 6, "p").unwrap();
        assert_eq!((kept, job.id()), (0, [8; 16]), "{cut}");
    }
    let (kept, job) = create(&bench.journal, 6, "p").unwrap();
    assert_eq!((kept, job.id()), (bench.journal.len() as u64, [7; 16]));
    assert_eq!(job.duplicates(), 3);
    for (codes, program) in [(5, "p"), (7, "p"), (6, "q")] {
        let error = create(&bench.journal, codes, program).err().unwrap();
        assert_eq!(error.code, ErrorCode::JournalMismatch);
    }
    for foreign in [&b"x"[..], b"uvk", b"hello world", b"uvj\x02"] {
        let error = create(foreign, 6, "p").err().unwrap();
        assert_eq!(error.code, ErrorCode::JournalMismatch);
    }
    assert_eq!(create(b"", 0, "p").err().unwrap().code, ErrorCode::EmptyCodes);
}

/// The list is compared code by code; codes that were dropped when the journal was
/// written are dropped again.
#[test]
fn a_journal_is_identified_by_its_codes() {
    let bench = Bench::new(3);
    let create = |numbers: &[usize], distinct: bool| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&bench.journal)?;
        for number in numbers {
            let offered = if *number == 99 { [0; 16] } else { *code(*number).as_bytes() };
            if distinct {
                recovery.add_distinct_codes(&offered, 6);
            } else {
                recovery.add_codes(&offered, 6);
            }
        }
        recovery.create(ProgramId::new("p").unwrap(), [8; 16], 0, NOW)
    };
    for distinct in [false, true] {
        for same in [&[0, 1, 2, 3, 4, 5][..], &[0, 1, 0, 2, 3, 3, 99, 4, 5, 1]] {
            assert_eq!(create(same, distinct).unwrap().id(), [7; 16], "{same:?}");
        }
        for other in [
            &[1, 0, 2, 3, 4, 5][..],
            &[0, 1, 2, 3, 4],
            &[0, 1, 2, 3, 4, 5, 6],
            &[0, 1, 2, 3, 5, 4, 5],
            &[5, 0, 1, 2, 3, 4, 5],
            &[],
        ] {
            let error = create(other, distinct).err().unwrap();
            assert_eq!(error.code, ErrorCode::JournalMismatch, "{other:?}");
        }
    }
}

#[test]
fn codes_added_as_distinct_create_the_same_job() {
    let ids: Vec<u8> = (0..9_000).flat_map(|number| *code(number).as_bytes()).collect();
    let settings = Settings { batch_size: 5_000, ..settings() };
    let made = |distinct: bool| {
        let mut recovery = Recovery::new(example(), settings.clone());
        for piece in ids.chunks(70_000 / 16 * 16) {
            if distinct {
                recovery.add_distinct_codes(piece, 9_000);
            } else {
                recovery.add_codes(piece, 9_000);
            }
        }
        let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
        job.start(NOW);
        let (mut journal, mut sent) = (Vec::new(), Vec::new());
        loop {
            match job.poll(NOW) {
                Action::Save(bytes) => {
                    journal.extend_from_slice(&bytes);
                    job.handle_saved();
                }
                Action::NeedToken { batch, .. } => job.handle_token(batch),
                Action::Send { batch, request } => {
                    sent.push(request);
                    let head = ResponseHead { status: 200, ..ResponseHead::default() };
                    job.handle_response(batch, &head, "", &Json::Null, NOW, 0.5);
                }
                _ => break,
            }
        }
        let outcome =
            |number| Outcome { code: code(number), status: Status::Distributed, reason: None };
        assert_eq!(job.handle_outcomes(&[outcome(8_999), outcome(0), outcome(9_000)]), 2);
        let index = job.results().position(|result| result.state == Distributed);
        assert_eq!(index, Some(0));
        (journal, sent)
    };
    let (journal, sent) = made(true);
    assert!((&journal, &sent) == (&made(false).0, &made(false).1));
    assert_eq!(sent.len(), 2);
}

#[test]
fn another_base_url_is_another_job() {
    let bench = Bench::new(1);
    let base_url = crate::http::BaseUrl::new("https://example.com", "baseUrl").unwrap();
    let organization = crate::uber::id::OrganizationId::new("org/1").unwrap();
    let api = Api::new(base_url, organization, "en_US").unwrap();
    let mut recovery = Recovery::new(api, settings());
    recovery.push(&bench.journal).unwrap();
    assert_eq!(recovery.resume(false).err().unwrap().code, ErrorCode::JournalMismatch);
}

#[test]
fn ids_in_another_form_are_the_same_ids() {
    let api = |organization: &str| {
        let url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
        Api::new(url, OrganizationId::new(organization).unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
    };
    let [lower, upper] =
        ["5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10", "5F1A3B520C7E4A528F3E2F6F9F1F7A10"];
    let mut recovery = Recovery::new(api(lower), settings());
    recovery.add_codes(code(0).as_bytes(), 1);
    let mut job = recovery.create(ProgramId::new(lower).unwrap(), [7; 16], 0, NOW).unwrap();
    let Action::Save(journal) = job.poll(NOW) else { panic!() };
    let recover = |organization| {
        let mut recovery = Recovery::new(api(organization), settings());
        recovery.push(&journal).unwrap();
        recovery
    };
    assert!(recover(upper).resume(false).is_ok());
    let error = recover("another").resume(false).err().unwrap();
    assert_eq!(error.code, ErrorCode::JournalMismatch);
    let mut recovery = recover(upper);
    recovery.add_codes(code(0).as_bytes(), 1);
    let job = recovery.create(ProgramId::new(upper).unwrap(), [8; 16], 0, NOW).unwrap();
    assert_eq!(job.id(), [7; 16]);
}

#[test]
fn a_program_is_the_same_in_every_form_of_its_id() {
    let id = "11111111-2222-4333-8444-abcdefabcdef";
    for (reported, settled) in [
        (Some("11111111-2222-4333-8444-ABCDEFABCDEF"), 1),
        (Some("{11111111-2222-4333-8444-abcdefabcdef}"), 1),
        (Some("11111111-2222-4333-8444-abcdefabcdee"), 0),
        (None, 1),
    ] {
        let create = |journal: &[u8], id: &str| {
            let mut recovery = Recovery::new(example(), settings());
            recovery.push(journal).unwrap();
            recovery.add_codes(code(0).as_bytes(), 1);
            recovery.create(ProgramId::new(id).unwrap(), [7; 16], 0, NOW)
        };
        let mut job = create(&[], id).unwrap();
        let Action::Save(mut journal) = job.poll(NOW) else { panic!() };
        job.handle_saved();
        job.start(NOW);
        let Action::Save(more) = job.poll(NOW) else { panic!() };
        journal.extend(more);
        // Under way when the job is interrupted, so unknown.
        let mut job = create(&journal, &id.to_uppercase()).unwrap();
        assert_eq!(job.program().as_str(), id);
        let program = reported.map_or(Json::Null, |program| Json::Text(program.into()));
        let body = Json::object()
            .with("event_type", "voucher_program_code_distributed")
            .with("voucher_program_id", program)
            .with("code_uuid", code(0).to_string())
            .with("status", "distributed");
        let event = crate::webhook::event::read(&body, None, &Json::Null).unwrap();
        assert_eq!(job.handle_event(&event), settled, "{reported:?}");
        assert_eq!(job.concerns(reported), settled == 1);
    }
}

#[test]
fn a_code_is_found_by_its_value() {
    let mut bench = Bench::new(2);
    for number in 0..4 {
        assert_eq!(bench.job.find(code(number)), Some(number));
    }
    assert_eq!(bench.job.find(code(4)), None);
}
