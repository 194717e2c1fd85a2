//! Records that round-trip, and records that can't follow the ones before them.

use super::record::{Begin, Record};
use super::state::SendResult;
use super::*;

#[test]
fn records_round_trip() {
    let begin = Begin {
        id: [7; 16],
        created_at: NOW,
        batch_size: 500,
        total: 70_000,
        duplicates: 1 << 40,
        base_url: "https://api.uber.com",
        organization: "org",
        program: "pröbe",
    };
    let answer = |result| Record::Response {
        batch: 70_000,
        result,
        status: 503,
        error: "server_error",
        uber_code: "",
    };
    let decision = |decision| Record::Decision { batch: 1, decision };
    for (kind, record) in [
        (1, Record::Begin(begin)),
        (2, Record::Codes(&[*code(0).as_bytes(), *code(1).as_bytes()])),
        (3, Record::Sending { batch: 70_000, at: NOW }),
        (4, answer(SendResult::Accepted)),
        (4, answer(SendResult::Refused)),
        (4, answer(SendResult::Retry)),
        (4, answer(SendResult::Unknown)),
        (5, Record::Reason("Postfach voll")),
        (6, Record::Outcomes(&[record::outcome(70_000, 65_000), record::outcome(0, 1)])),
        (7, decision(Decision::Resend)),
        (7, decision(Decision::Queued)),
        (7, decision(Decision::Abandon)),
        (8, Record::Resumed { restored: false }),
        (8, Record::Resumed { restored: true }),
        (9, Record::Usage(&[record::index(70_000), record::index(0)])),
        (10, Record::Pause { codes: 70_000 }),
        (11, Record::Paused),
    ] {
        let body = record.encode().unwrap();
        assert_eq!(body[0], kind);
        assert_eq!(Record::decode(&body), Some(record));
    }
}

#[test]
fn a_text_too_long_for_a_record_is_not_written() {
    let longest = "x".repeat(65_535);
    let error = |error| Record::Response {
        batch: 0,
        result: SendResult::Retry,
        status: 0,
        error,
        uber_code: "",
    };
    assert!(error(&longest).encode().is_some());
    assert_eq!(error(&format!("{longest}x")).encode(), None);
}

/// A checksum detects damage, but not records that make no sense.
#[test]
fn a_record_that_cannot_follow_is_refused() {
    let codes = |numbers: &[usize]| {
        let bytes = numbers.iter().flat_map(|number| *code(*number).as_bytes());
        std::iter::once(record::CODES).chain(bytes).collect::<Vec<u8>>()
    };
    let created = [begin(2, 1), codes(&[0, 1])];
    let with = |kind, batch, fields: &[u8]| [&about(kind, batch), fields].concat();
    let sending = with(record::SENDING, 0, &NOW.to_le_bytes());
    let answer = |result| with(record::RESPONSE, 0, &[result, 200, 0, 0, 0, 0, 0]);
    let decision = |decision| with(record::DECISION, 0, &[decision]);
    let outcome = |index: u8, outcome| vec![record::OUTCOMES, index, 0, 0, 0, outcome, 0];
    let read = |records: &[Vec<u8>]| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&journal_of(records)).map(|()| recovery)
    };
    let [accepted, nothing] = [answer(0), answer(3)];
    let sent = [sending.clone()];
    let unknown = [sending.clone(), nothing.clone()];
    for after in [&[][..], &sent, &unknown] {
        assert!(read(&[&created, after].concat()).is_ok(), "{after:?}");
    }
    for (after, refused) in [
        (&[][..], accepted.clone()),
        (&[], decision(0)),
        (&[], decision(1)),
        (&[], outcome(0, 1)),
        (&[], begin(2, 1)),
        (&[], with(record::SENDING, 2, &NOW.to_le_bytes())),
        (&[], vec![0]),
        (&[], vec![12]),
        (&sent, sending.clone()),
        (&sent, decision(0)),
        (&sent, decision(1)),
        (&sent, decision(2)),
        (&sent, outcome(0, 0)),
        (&sent, outcome(2, 1)),
        (&unknown, accepted),
        (&unknown, sending.clone()),
        (&unknown, decision(3)),
        // Missing fields, extra fields, or invalid ones.
        (&[], vec![]),
        (&[], about(record::SENDING, 0)),
        (&[], [&sending[..], &[0]].concat()),
        (&[], vec![record::RESUMED]),
        (&[], vec![record::RESUMED, 2]),
        (&[], vec![record::RESUMED, 0, 0]),
        (&[], codes(&[])),
        (&[], codes(&[2])),
        (&[], vec![record::REASON, 0xff]),
        (&sent, answer(4)),
        (&sent, with(record::RESPONSE, 0, &[0, 200, 0, 0, 0])),
        (&sent, [&nothing[..], &[0]].concat()),
        (&sent, with(record::RESPONSE, 0, &[3, 200, 0, 0, 0, 1, 0, 0xff])),
        (&sent, outcome(0, 3)),
        (&sent, vec![record::OUTCOMES, 0, 0, 0, 0, 1]),
        (&unknown, about(record::DECISION, 0)),
        (&unknown, [&decision(1)[..], &[0]].concat()),
    ] {
        let error = read(&[&created, after, std::slice::from_ref(&refused)].concat()).err();
        assert_eq!(error.map(|error| error.code), Some(ErrorCode::JournalCorrupt), "{refused:?}");
    }
    for begin in [begin(0, 1), begin(2, 0), begin(2, 30_001), begin(2, 0xffff_ffff)] {
        assert!(read(&[begin]).is_err());
    }
    let right = begin(2, 1);
    let no_program = [&right[..right.len() - 3], &[0, 0]].concat();
    let not_utf8 = [&right[..right.len() - 1], &[0xff]].concat();
    for begin in [&right[..right.len() - 1], &[&right[..], &[0]].concat(), &not_utf8] {
        assert!(read(&[begin.to_vec()]).is_err(), "{begin:?}");
    }
    let error = read(&[no_program, codes(&[0, 1])]).unwrap().resume(false).err();
    assert_eq!(error.map(|error| error.code), Some(ErrorCode::JournalCorrupt));
    // Invalid codes, duplicates, too many codes, or codes that come too early.
    for refused in [codes(&[0, 0]), codes(&[0, 1, 2]), [&codes(&[0])[..], &[1]].concat()] {
        assert!(read(&[begin(2, 1), refused]).is_err());
    }
    assert!(read(&[begin(2, 1), [&[record::CODES][..], &[0; 32]].concat()]).is_err());
    assert!(read(&[begin(2, 1), codes(&[0]), codes(&[0])]).is_err());
    assert!(read(&[begin(2, 1), begin(2, 1)]).is_err());
    assert!(read(&[codes(&[0, 1])]).is_err());
    assert!(read(&[begin(30_000, 30_000)]).is_ok_and(|recovery| recovery.kept() == 0));

    // No job writes these; the counts still match the codes.
    let again = [&created, &unknown[..], &[outcome(0, 1), outcome(0, 2)]];
    let job = read(&again.concat()).unwrap().resume(false).unwrap();
    let states: Vec<_> = job.results().map(|result| result.state).collect();
    assert_eq!(states, [Failed, Pending]);
    let progress = job.progress(NOW);
    assert_eq!([Failed, Pending, Distributed].map(|state| progress.count(state)), [1, 1, 0]);
    assert_eq!(job.batch(0).unwrap().reported, 1);
}
