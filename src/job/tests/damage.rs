//! Journals that are torn, damaged or contradict themselves.

use super::*;

#[test]
fn a_journal_truncated_anywhere_resumes_or_starts_over() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    bench.report(0, Err(Some("full")));
    bench.lose(1);
    for cut in 0..=bench.journal.len() {
        for piece in [1, 7, 1000] {
            let mut recovery = Recovery::new(example(), settings());
            for bytes in bench.journal[..cut].chunks(piece) {
                recovery.push(bytes).unwrap();
            }
            let kept = usize::try_from(recovery.kept()).unwrap();
            assert!(kept <= cut);
            if kept == 0 {
                let error = recovery.resume(false).err().unwrap();
                assert_eq!(error.code, ErrorCode::JournalMismatch);
                continue;
            }
            let job = recovery.resume(false).unwrap();
            assert_eq!(job.results().count(), 6);
            assert_eq!(job.progress(0).count(Sending), 0);
        }
    }
}

#[test]
fn a_damaged_journal_is_reported_with_its_offset() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    for index in 0..bench.journal.len() {
        for bit in [0x01, 0x80] {
            let mut damaged = bench.journal.clone();
            damaged[index] ^= bit;
            let mut recovery = Recovery::new(example(), settings());
            let error = recovery.push(&damaged).unwrap_err();
            let code =
                if index < 4 { ErrorCode::JournalMismatch } else { ErrorCode::JournalCorrupt };
            assert_eq!(error.code, code, "{index}");
        }
    }
    let mut doubled = bench.journal.clone();
    doubled.extend_from_slice(&bench.journal[bench.journal.len() - 29..]);
    assert!(Recovery::new(example(), settings()).push(&doubled).is_err());
}

/// A crash leaves a prefix of what was written. Other damage must not be mistaken for
/// one, because torn bytes are removed.
#[test]
fn a_damaged_length_is_not_a_torn_record() {
    let bench = Bench::new(1);
    let longest = 1_u32 << 20;
    for (length, complement, torn) in [
        (0_u32, !0_u32, true),
        (longest, !longest, true),
        (longest + 1, !(longest + 1), false),
        (u32::MAX, 0, false),
        (13, !12, false),
    ] {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&bench.journal).unwrap();
        let header = [length.to_le_bytes(), complement.to_le_bytes()].concat();
        recovery.push(&header[..7]).unwrap();
        assert_eq!(recovery.push(&header[7..]).is_ok(), torn, "{length}");
        assert_eq!(recovery.kept(), bench.journal.len() as u64);
    }
}

/// A power failure can leave zeros where an append had not reached the disk: after the
/// complete records, or in place of the rest of one.
#[test]
fn zeros_at_the_end_are_torn() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    bench.report(0, Err(Some("full")));
    bench.lose(1);
    for cut in 0..=bench.journal.len() {
        let mut whole = Recovery::new(example(), settings());
        whole.push(&bench.journal[..cut]).unwrap();
        for zeros in [1, 4, 7, 8, 9, 300] {
            let torn = [&bench.journal[..cut], &vec![0; zeros]].concat();
            for piece in [1, 500] {
                let mut recovery = Recovery::new(example(), settings());
                for bytes in torn.chunks(piece) {
                    recovery.push(bytes).unwrap();
                }
                assert_eq!(recovery.kept(), whole.kept(), "{cut} {zeros} {piece}");
                let is_complete = recovery.kept() > 0;
                match (recovery.resume(false), is_complete) {
                    (Ok(job), true) => assert_eq!(job.results().count(), 6),
                    (Err(error), false) if error.code == ErrorCode::JournalMismatch => {}
                    // A few zeros at the end of a checksum may also be damage.
                    (Err(error), _) => {
                        assert!(zeros < 4 && error.code == ErrorCode::JournalCorrupt, "{cut}");
                    }
                    (Ok(_), false) => panic!("{cut} {zeros}"),
                }
            }
        }
    }
}

#[test]
fn bytes_after_zeros_are_damage() {
    let bench = Bench::new(1);
    let journal = &bench.journal;
    for end in [journal.len(), journal.len() - 3, journal.len() - 20, 30, 4] {
        for zeros in [8, 60, 5_000] {
            let damaged = [&journal[..end], &vec![0; zeros], &[1]].concat();
            for piece in [1, 8, 10_000] {
                let mut recovery = Recovery::new(example(), settings());
                let pushed = damaged.chunks(piece).try_for_each(|bytes| recovery.push(bytes));
                let error = pushed.err().or_else(|| recovery.resume(false).err());
                // Or it is still a torn record.
                let code = error.map(|error| error.code);
                let cut_off = end < journal.len() && zeros <= 60;
                assert!(code == Some(ErrorCode::JournalCorrupt) || cut_off, "{end} {zeros}");
            }
        }
    }
}

/// If the creation is incomplete, nothing was sent; a whole job turned into zeros proves
/// nothing.
#[test]
fn a_journal_of_zeros_alone_is_an_incomplete_creation() {
    for (zeros, begins) in [(1, true), (3, true), (8, true), (1 << 20, true), (3 << 20, false)] {
        for start in [&b""[..], b"uv", b"uvj"] {
            let mut recovery = Recovery::new(example(), settings());
            recovery.push(start).unwrap();
            vec![0; zeros].chunks(65_536).for_each(|bytes| recovery.push(bytes).unwrap());
            assert_eq!(recovery.kept(), 0);
            recovery.add_codes(code(0).as_bytes(), 1);
            let job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW);
            assert_eq!(job.is_ok(), begins, "{zeros}");
        }
    }
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&[0; 9]).unwrap();
    assert_eq!(recovery.push(b"x").unwrap_err().code, ErrorCode::JournalMismatch);
}
