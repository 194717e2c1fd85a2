//! Writes and reads journals by the documentation of their format alone.

use twox_hash::XxHash64;

/// The first bytes of a journal.
pub const MAGIC: [u8; 4] = *b"uvj\x01";

/// Appends a record to a journal.
pub fn record(journal: &mut Vec<u8>, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let checksum = XxHash64::oneshot(journal.len() as u64, body).to_le_bytes();
    journal.extend_from_slice(&length);
    journal.extend(length.map(|byte| !byte));
    journal.extend_from_slice(body);
    journal.extend_from_slice(&checksum);
}

/// The bodies of the records of a complete journal, and the offset at which each ends.
pub fn records(journal: &[u8]) -> Vec<(&[u8], usize)> {
    let mut records = Vec::new();
    let mut at = MAGIC.len();
    while let Some(length) = journal.get(at..at + 4) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let Some(body) = journal.get(at + 8..at + 8 + length) else { break };
        at += 8 + length + 8;
        if at > journal.len() {
            break;
        }
        records.push((body, at));
    }
    records
}

/// Whether the last record of a batch says that it is about to be sent.
pub fn is_leaving(journal: &[u8], batch: usize) -> bool {
    let mut leaving = false;
    for (body, _) in records(journal) {
        let about = || u32::from_le_bytes(body[1..5].try_into().unwrap()) as usize == batch;
        match body[0] {
            3 if about() => leaving = true,
            4 if about() => leaving = false,
            8 => leaving = false,
            _ => {}
        }
    }
    leaving
}
