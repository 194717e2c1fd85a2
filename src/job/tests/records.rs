//! Records that can't follow what came before.

use super::*;

/// A checksum tells what was damaged, not what makes no sense.
#[test]
fn a_record_that_cannot_follow_is_refused() {
    let codes = |numbers: &[usize]| {
        let bytes = numbers.iter().flat_map(|number| *code(*number).as_bytes());
        std::iter::once(journal::CODES).chain(bytes).collect::<Vec<u8>>()
    };
    let created = [begin(2, 1), codes(&[0, 1])];
    let with = |kind, batch, fields: &[u8]| [&about(kind, batch), fields].concat();
    let sending = with(journal::SENDING, 0, &NOW.to_le_bytes());
    let answer = |proof| with(journal::ANSWER, 0, &[proof, 200, 0, 0, 0, 0, 0]);
    let decision = |decision| with(journal::DECISION, 0, &[decision]);
    let outcome = |place: u8, outcome| vec![journal::OUTCOMES, place, 0, 0, 0, outcome, 0];
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
        (&[], with(journal::SENDING, 2, &NOW.to_le_bytes())),
        (&[], vec![10]),
        (&sent, sending.clone()),
        (&sent, decision(0)),
        (&sent, decision(1)),
        (&sent, decision(2)),
        (&sent, outcome(0, 0)),
        (&sent, outcome(2, 1)),
        (&unknown, accepted),
        (&unknown, sending.clone()),
        (&unknown, decision(3)),
        // Fields that are not there, too many, or none that can be.
        (&[], vec![]),
        (&[], about(journal::SENDING, 0)),
        (&[], [&sending[..], &[0]].concat()),
        (&[], vec![journal::RESUMED]),
        (&[], vec![journal::RESUMED, 2]),
        (&[], vec![journal::RESUMED, 0, 0]),
        (&[], codes(&[])),
        (&[], codes(&[2])),
        (&[], vec![journal::REASON, 0xff]),
        (&sent, answer(4)),
        (&sent, with(journal::ANSWER, 0, &[0, 200, 0, 0, 0])),
        (&sent, [&nothing[..], &[0]].concat()),
        (&sent, with(journal::ANSWER, 0, &[3, 200, 0, 0, 0, 1, 0, 0xff])),
        (&sent, outcome(0, 3)),
        (&sent, vec![journal::OUTCOMES, 0, 0, 0, 0, 1]),
        (&unknown, about(journal::DECISION, 0)),
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
    // Codes that are none, come twice, are too many, or come too soon.
    for refused in [codes(&[0, 0]), codes(&[0, 1, 2]), [&codes(&[0])[..], &[1]].concat()] {
        assert!(read(&[begin(2, 1), refused]).is_err());
    }
    assert!(read(&[begin(2, 1), [&[journal::CODES][..], &[0; 32]].concat()]).is_err());
    assert!(read(&[begin(2, 1), codes(&[0]), codes(&[0])]).is_err());
    assert!(read(&[begin(2, 1), begin(2, 1)]).is_err());
    assert!(read(&[codes(&[0, 1])]).is_err());
    assert!(read(&[begin(30_000, 30_000)]).is_ok_and(|recovery| recovery.kept() == 0));

    // No job writes these; still the counts stay what the codes say.
    let again = [&created, &unknown[..], &[outcome(0, 1), outcome(0, 2)]];
    let job = read(&again.concat()).unwrap().resume(false).unwrap();
    let states: Vec<_> = job.results().map(|result| result.state).collect();
    assert_eq!(states, [Failed, Pending]);
    let progress = job.progress(NOW);
    assert_eq!([Failed, Pending, Distributed].map(|state| progress.count(state)), [1, 1, 0]);
    assert_eq!(job.batch(0).unwrap().reported, 1);
}
