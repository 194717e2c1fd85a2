//! Journals: any bytes, records that no job wrote, and a job's journal, damaged.
//!
//! The input: the kind (1 byte), and the lengths of the chunks or the position of the
//! damage (2 bytes); then the rest.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use uber_vouchers::error::{Error, ErrorCode};
use uber_vouchers::job::{Action, Job, Recovery, Settings};
use uber_vouchers_fuzz::chunks;
use uber_vouchers_fuzz::journal::{MAGIC, record, records};
use uber_vouchers_fuzz::world::{Event, World, api, check_counts, code};

fuzz_target!(|data: &[u8]| {
    let Some(([kind, pattern @ ..], rest)) = data.split_first_chunk::<3>() else { return };
    match kind % 3 {
        0 => _ = read(rest, pattern),
        1 => check_records(rest, *pattern),
        _ => check_damage(rest, *pattern),
    }
});

/// Reads a journal in chunks and in one piece: both give the same result.
fn read(journal: &[u8], pattern: &[u8]) -> Result<Recovery, Error> {
    let mut whole = Recovery::new(api(), Settings::default());
    let at_once = whole.push(journal);
    let mut recovery = Recovery::new(api(), Settings::default());
    let cut = chunks(journal, pattern).into_iter().try_for_each(|chunk| recovery.push(chunk));
    assert_eq!(cut, at_once);
    at_once.inspect_err(|error| {
        assert!(matches!(error.code, ErrorCode::JournalCorrupt | ErrorCode::JournalMismatch));
    })?;
    assert_eq!(recovery.kept(), whole.kept());
    assert!(recovery.kept() <= journal.len() as u64);
    Ok(recovery)
}

/// Well-formed records with any content, after a valid beginning: they are refused, or
/// create a complete job.
fn check_records(data: &[u8], pattern: [u8; 2]) {
    let total = 1 + usize::from(pattern[0] % 12);
    let batch_size = 1 + usize::from(pattern[1] % 5);
    let mut journal = MAGIC.to_vec();
    let mut begin = vec![1];
    begin.extend([7; 16]);
    begin.extend([0; 8]);
    begin.extend(u32::try_from(batch_size).unwrap().to_le_bytes());
    begin.extend(u32::try_from(total).unwrap().to_le_bytes());
    begin.extend([0; 8]);
    for text in ["https://api.uber.com", "o", "p"] {
        begin.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        begin.extend_from_slice(text.as_bytes());
    }
    record(&mut journal, &begin);
    let codes: Vec<u8> = (0..total).flat_map(|place| *code(place).as_bytes()).collect();
    record(&mut journal, &[vec![2], codes].concat());
    let mut rest = data;
    while let Some((length, after)) = rest.split_first() {
        let (body, after) = after.split_at(usize::from(*length).min(after.len()));
        record(&mut journal, body);
        rest = after;
    }
    let Ok(recovery) = read(&journal, &pattern) else { return };
    assert_eq!(recovery.kept(), journal.len() as u64);
    let Ok(mut job) = recovery.resume(pattern[0] & 0x80 != 0) else { return };
    check_counts(&job, total);
    go_on(&mut job, journal);
}

/// What such a job writes can be read like any other journal.
fn go_on(job: &mut Job, mut journal: Vec<u8>) {
    job.start(0);
    for _ in 0..20 {
        match job.poll(0) {
            Action::Save(bytes) => {
                journal.extend(bytes);
                job.handle_saved();
            }
            Action::NeedToken { batch, .. } => job.handle_token(batch),
            Action::Send { batch, request } => {
                assert_ne!(request.body.as_deref(), Some(b"{\"codes\":[]}".as_slice()));
                job.handle_lost(
                    batch,
                    &uber_vouchers::uber::response::error_from_record(ErrorCode::Timeout, 0, None),
                );
            }
            _ => break,
        }
    }
    let recovery = read(&journal, &[255, 13]).unwrap();
    assert_eq!(recovery.kept(), journal.len() as u64);
    let again = recovery.resume(false).unwrap();
    assert_eq!(job.progress(0).requests, again.progress(0).requests);
}

/// A job's own journal, with a part removed, doubled or changed: whatever is still
/// accepted is, byte for byte, its beginning.
fn check_damage(data: &[u8], [place, how]: [u8; 2]) {
    let mut u = Unstructured::new(data);
    let Ok(mut world) = World::new(&mut u) else { return };
    while !u.is_empty() {
        let Ok(event) = Event::arbitrary(&mut u) else { break };
        world.take(event);
    }
    let journal = world.journal;
    let ends: Vec<_> = records(&journal).into_iter().map(|(_, end)| end).collect();
    let at = journal.len() * usize::from(place) / 256;
    let length = 1 + usize::from(how / 8) * usize::from(how / 8);
    let end = (at + length).min(journal.len());
    let mut damaged = journal.clone();
    match how % 8 {
        // Truncated: complete records stay.
        0 => {
            damaged.truncate(at);
            let last = ends.iter().copied().filter(|end| *end <= at).max().unwrap_or_default();
            let kept = read(&damaged, &[place, how]).unwrap().kept();
            // Without all of its codes it is not a job yet.
            assert!(
                kept == 0 && ends.get(1).is_none_or(|created| *created > at) || kept == last as u64
            );
        }
        1 => _ = damaged.drain(at..end),
        2 => {
            let part = journal[at..end].to_vec();
            damaged.splice(at..at, part);
        }
        3 => damaged.splice(at..at, vec![how; length]).for_each(drop),
        4 => damaged[at..end].fill(how),
        // One record at another offset, or twice.
        5 | 6 if ends.len() > 2 => {
            let number = usize::from(place) % (ends.len() - 1);
            let one = journal[ends[number]..ends[number + 1]].to_vec();
            damaged = if how % 8 == 5 {
                [&journal[..ends[number + 1]], &one, &journal[ends[number + 1]..]].concat()
            } else {
                [&journal[..ends[number]], &journal[ends[number + 1]..]].concat()
            };
        }
        // One bit, which is always detected while the record is complete.
        _ => {
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << (how / 32);
                let torn = ends.last().copied().unwrap_or(MAGIC.len());
                let shows = at < torn || has_bad_head(&damaged, torn);
                // A possibly torn end is judged once no more bytes follow.
                let is_refused = match read(&damaged, &[place, how]) {
                    Ok(recovery) => recovery
                        .resume(false)
                        .is_err_and(|error| error.code == ErrorCode::JournalCorrupt),
                    Err(_) => true,
                };
                assert_eq!(is_refused, shows, "{at}");
            }
        }
    }
    if let Ok(recovery) = read(&damaged, &[place, how]) {
        let kept = usize::try_from(recovery.kept()).unwrap();
        assert_eq!(damaged[..kept], journal[..kept.min(journal.len())]);
        assert!(kept == 0 || ends.contains(&kept));
    }
}

/// Whether the bytes after the last complete record have an impossible header.
fn has_bad_head(journal: &[u8], at: usize) -> bool {
    journal.get(at..at + 8).is_some_and(|header| {
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        number(0) != !number(4) || number(0) > 1 << 20
    })
}
