//! How the tests read: in chunks, into one list or one for each program.

use uber_vouchers::code::list::CodeList;
use uber_vouchers::csv::{CodeReader, ProgramLists};

pub(crate) const CODES: [&str; 3] = [
    "1f913a96-f52c-42a0-aa0b-a2ba53b2d631",
    "2B7E1516-28AE-4D2A-ABF7-158809CF4F3C",
    "3d80477d-4716-4e42-9d1a-6d6b3c7f2a10",
];

/// The input at once, byte by byte, and in random chunks.
pub(crate) fn chunkings(input: &[u8], random: &mut Random) -> Vec<Vec<Vec<u8>>> {
    let mut all = vec![vec![input.to_vec()], input.chunks(1).map(<[u8]>::to_vec).collect()];
    for longest in [3, 10, 100] {
        let (mut rest, mut chunks) = (input, Vec::new());
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.below(longest + 1).min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        all.push(chunks);
    }
    all
}

pub(crate) fn pushed(mut reader: CodeReader, chunks: &[Vec<u8>]) -> CodeReader {
    for chunk in chunks {
        reader.push(chunk);
    }
    reader
}

pub(crate) fn read(chunks: &[Vec<u8>], column: Option<&str>) -> CodeList {
    pushed(CodeReader::new(column), chunks).finish()
}

pub(crate) fn read_programs(
    chunks: &[Vec<u8>],
    program: Option<&str>,
    column: Option<&str>,
) -> ProgramLists {
    pushed(CodeReader::by_program(program, column), chunks).finish_programs()
}

pub(crate) fn texts(list: &CodeList) -> Vec<String> {
    list.iter().map(|code| code.to_string()).collect()
}

/// A small deterministic generator (xorshift), which is good enough for inputs.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}
