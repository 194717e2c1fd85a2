//! The hot paths of the core as native code.
//!
//! ```text
//! cargo bench                           what each takes
//! hot rows FILE                         reads the file once for each line on standard input
//! hot guard PATH ROUNDS                 runs one path this many times, for callgrind
//! hot allocations                       what each path allocates, as JSON
//! ```

// An error ends a benchmark.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{Write as _, stdin, stdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use uber_vouchers::code::list::CodeList;
use uber_vouchers::csv::CodeReader;
use uber_vouchers::http::{BaseUrl, ResponseHead};
use uber_vouchers::job::{Action, Recovery, Settings};
use uber_vouchers::json::Json;
use uber_vouchers::secret::SigningKey;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::distribute;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::webhook::{event, signature};

/// The size of the chunks in which the package passes input.
const PIECE: usize = 1 << 18;
const BATCH: usize = 500;
const NOW: u64 = 1_700_000_000_000;
const ROUNDS: usize = 15;
const WARM_UP: Duration = Duration::from_millis(200);
/// A shorter call is repeated for this long.
const SAMPLE: Duration = Duration::from_millis(10);

// On wasm32 the crate has its own allocator.
#[cfg_attr(not(target_arch = "wasm32"), global_allocator)]
static ALLOCATOR: Counting = Counting { calls: AtomicU64::new(0), bytes: AtomicU64::new(0) };

/// The system's allocator, with a count of the requests.
struct Counting {
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl Counting {
    fn note(&self, bytes: usize) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn so_far(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

// Every call is passed on unchanged, so the system allocator's guarantees hold.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The existing part was counted before.
        self.note(size.saturating_sub(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// A hot path: its name, and a function that creates its input and then runs it once per
/// call.
struct Path {
    name: &'static str,
    /// Codes in one call, for the rate next to the time; none if codes don't matter.
    codes: u32,
    make: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

fn path<F: FnMut() + 'static>(name: &'static str, codes: u32, make: fn(u32) -> F) -> Path {
    Path { name, codes, make: Box::new(move || Box::new(make(codes))) }
}

/// The paths that `cargo bench` times.
fn timed() -> Vec<Path> {
    vec![
        path("rows uuid,email", 1_000_000, rows),
        path("lines", 1_000_000, lines),
        path("array of strings", 30_000, array),
        path("request of 500", 500, request),
        path("request of 30,000", 30_000, request),
        path("webhook of 300 bytes", 0, |_| webhook(300)),
        path("webhook of 1 kB", 0, |_| webhook(1_000)),
        path("webhook of 64 kB", 0, |_| webhook(64_000)),
        path("job", 1_000_000, job),
    ]
}

/// The paths that are counted: small enough for a simulated processor.
fn guarded() -> Vec<Path> {
    vec![
        path("rows", 20_000, rows),
        path("lines", 20_000, lines),
        path("array", 20_000, array),
        path("request-500", 500, request),
        path("request-30000", 30_000, request),
        path("webhook-300", 0, |_| webhook(300)),
        path("webhook-1000", 0, |_| webhook(1_000)),
        path("webhook-64000", 0, |_| webhook(64_000)),
        path("job", 50_000, job),
    ]
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["rows", file] => serve_rows(file),
        ["guard", name, rounds] => guard(name, rounds.parse().unwrap()),
        ["allocations"] => allocations(),
        _ => bench(&words),
    }
}

fn serve_rows(file: &str) {
    let bytes = fs::read(file).unwrap();
    for line in stdin().lines() {
        line.unwrap();
        let began = now();
        black_box(read(&bytes));
        println!("{}", began.elapsed().as_secs_f64() * 1e3);
        stdout().flush().unwrap();
    }
}

fn guard(name: &str, rounds: u32) {
    let path = guarded().into_iter().find(|path| path.name == name).unwrap();
    let mut run = (path.make)();
    for _ in 0..rounds {
        run();
    }
}

fn allocations() {
    let mut told = String::new();
    for path in guarded() {
        let mut run = (path.make)();
        // The extra cost of a first call is not counted.
        run();
        let before = ALLOCATOR.so_far();
        run();
        let after = ALLOCATOR.so_far();
        let (calls, bytes) = (after.0 - before.0, after.1 - before.1);
        let comma = if told.is_empty() { "" } else { "," };
        write!(told, "{comma}\"{}\":{{\"calls\":{calls},\"bytes\":{bytes}}}", path.name).unwrap();
    }
    println!("{{{told}}}");
}

/// Times the paths whose names contain one of the words, or all.
fn bench(words: &[&str]) {
    println!("{:24}{:>12}{:>12}{:>12}{:>10}", "", "median", "least", "most", "a code");
    for path in timed() {
        if !(words.is_empty() || words.iter().any(|word| path.name.contains(word))) {
            continue;
        }
        let mut run = (path.make)();
        let mut calls = 1;
        let began = now();
        loop {
            let took = sample(&mut run, calls);
            if took < SAMPLE {
                calls *= 2;
            } else if began.elapsed() > WARM_UP {
                break;
            }
        }
        let mut samples: Vec<_> = (0..ROUNDS).map(|_| sample(&mut run, calls) / calls).collect();
        samples.sort();
        let (least, median, most) = (samples[0], samples[ROUNDS / 2], samples[ROUNDS - 1]);
        let each = match median.as_nanos().checked_div(u128::from(path.codes)) {
            Some(each) => format!("{each} ns"),
            None => String::new(),
        };
        println!("{:24}{median:>12.2?}{least:>12.2?}{most:>12.2?}{each:>10}", path.name);
    }
}

fn sample(run: &mut Box<dyn FnMut()>, calls: u32) -> Duration {
    let began = now();
    for _ in 0..calls {
        run();
    }
    began.elapsed()
}

// The core never reads the clock; a benchmark must.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

/// Distinct codes that look random, as in `inputs.mjs`.
fn code(number: u32) -> String {
    let head = number.wrapping_mul(2_654_435_761);
    let tail = (u64::from(number) * 40_503_000_001) % (1 << 48);
    format!("{head:08x}-f52c-42a0-aa0b-{tail:012x}")
}

fn list(codes: u32) -> CodeList {
    let mut reader = CodeReader::new(None);
    (0..codes).for_each(|number| reader.push_entry(&code(number)));
    reader.finish()
}

fn read(bytes: &[u8]) -> CodeList {
    let mut reader = CodeReader::new(None);
    bytes.chunks(PIECE).for_each(|piece| reader.push(piece));
    reader.finish()
}

fn rows(rows: u32) -> impl FnMut() {
    let mut text = String::from("uuid,email\n");
    for row in 0..rows {
        let number = if row % 200 == 199 { row - 100 } else { row };
        writeln!(text, "{},name{row:08}@example.com", code(number)).unwrap();
    }
    let codes = (rows - rows / 200) as usize;
    move || assert_eq!(black_box(read(black_box(text.as_bytes()))).len(), codes)
}

fn lines(codes: u32) -> impl FnMut() {
    let text: String = (0..codes).map(|number| code(number) + "\n").collect();
    move || assert_eq!(black_box(read(black_box(text.as_bytes()))).len(), codes as usize)
}

/// Codes as the package passes an array: without separators, in groups.
fn array(codes: u32) -> impl FnMut() {
    let text: String = (0..codes).map(code).collect();
    move || {
        let mut reader = CodeReader::new(None);
        for records in text.as_bytes().chunks(4096 * 36) {
            reader.push_fixed(black_box(records));
        }
        assert_eq!(black_box(reader.finish()).len(), codes as usize);
    }
}

fn api() -> Api {
    let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
    Api::new(base_url, OrganizationId::new("o").unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
}

fn request(codes: u32) -> impl FnMut() {
    let (api, program, list) = (api(), ProgramId::new("p").unwrap(), list(codes));
    move || {
        black_box(distribute::request(&api, &program, black_box(&list).iter()).unwrap());
    }
}

fn webhook(size: usize) -> impl FnMut() {
    let keys = [SigningKey::new("signing-key-of-the-benchmark-0123456789")];
    let mut body = format!(
        "{{\"event_id\":\"{}\",\"event_type\":\"voucher_program_code_distributed\",\
         \"event_time\":{NOW},\"organization_id\":\"{}\",\"voucher_program_id\":\"{}\",\"codes\":[",
        code(1),
        code(2),
        code(3)
    );
    let mut outcomes = 0;
    while body.len() + 110 < size {
        let comma = if outcomes == 0 { "" } else { "," };
        write!(
            body,
            "{comma}{{\"code_id\":\"{}\",\"status\":\"distributed\"}}",
            code(outcomes + 10)
        )
        .unwrap();
        outcomes += 1;
    }
    body.push_str("],\"resource_href\":\"");
    body.push_str(&"x".repeat(size.saturating_sub(body.len() + 2)));
    body.push_str("\"}");
    let signed = signature::sign(&keys[0], body.as_bytes());
    move || {
        signature::verify(black_box(body.as_bytes()), Some(&signed), &keys).unwrap();
        let parsed: Json = serde_json::from_str(&body).unwrap();
        let event = event::read(&parsed, None, &Json::Null).unwrap();
        assert_eq!(black_box(event).outcomes.len(), outcomes as usize);
    }
}

/// From the codes to the last response, with a journal that stores nothing.
fn job(codes: u32) -> impl FnMut() {
    let ids: Vec<u8> = list(codes).iter().flat_map(|code| *code.as_bytes()).collect();
    let settings =
        Settings { batch_size: BATCH, concurrency: 8, interval_ms: 0.0, ..Settings::default() };
    move || {
        let mut recovery = Recovery::new(api(), settings.clone());
        for piece in ids.chunks(16_384 * 16) {
            recovery.add_distinct_codes(piece, codes as usize);
        }
        let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
        job.start(NOW);
        let head = ResponseHead { status: 200, ..ResponseHead::default() };
        let mut sent = 0;
        loop {
            match job.poll(NOW) {
                Action::Save(bytes) => {
                    black_box(bytes);
                    job.handle_saved();
                }
                Action::NeedToken { batch, .. } => job.handle_token(batch),
                Action::Send { batch, request } => {
                    black_box(request);
                    sent += 1;
                    job.handle_response(batch, &head, "{}", &Json::Null, NOW, 0.5);
                }
                Action::Done => break,
                Action::Wait(_) | Action::Idle => panic!("The job waits for nothing"),
            }
        }
        assert_eq!(sent, ids.len().div_ceil(BATCH * 16));
    }
}
