//! Jobs in a simulated world, against the five promises.
//!
//! Each seed creates a [`plan::Plan`] (how many codes, which faults, how often the
//! process dies) and runs it in a [`world::World`]: a virtual clock, the sandbox as the
//! server, and between any two effects possibly a crash, a decision of the operator, or a
//! pause. [`checker::Checker`] observes from outside. A seed always gives the same run.
//!
//! `cargo test` runs a few thousand seeds. `npm run simulate -- --seeds 100000` runs
//! many; a failing seed is shrunk, and printed with its trace.
#![cfg(feature = "sandbox")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]
// What happened to a code, or to the world, is a set of flags.
#![allow(clippy::struct_excessive_bools)]

mod checker;
mod plan;
mod random;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use plan::Plan;
use world::{Broken, run};

/// A failure, and what led to it.
struct Failure {
    plan: Plan,
    message: String,
    trace: Vec<String>,
}

fn attempt(plan: &Plan, broken: Option<Broken>) -> Option<Failure> {
    let (verdict, trace) = run(plan, broken);
    verdict.err().map(|message| Failure { plan: plan.clone(), message, trace })
}

/// The smallest similar run that still fails.
fn shrink(mut failure: Failure, broken: Option<Broken>) -> Failure {
    while let Some(smaller) = failure.plan.smaller().iter().find_map(|plan| attempt(plan, broken)) {
        failure = smaller;
    }
    failure
}

fn tell(seed: u64, failure: Failure, broken: Option<Broken>) -> String {
    let first = failure.message.clone();
    let Failure { plan, message, trace } = shrink(failure, broken);
    format!(
        "seed {seed}: {first}\nmade smaller: {message}\n{plan:?}\n{}\n\n\
         npm run simulate -- --seed {seed}",
        trace.join("\n")
    )
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn broken() -> Option<Broken> {
    match std::env::var("SIMULATE_BROKEN").ok()?.as_str() {
        "sends before saving" => Some(Broken::SendsBeforeSaving),
        "keeps a torn tail" => Some(Broken::KeepsTornTail),
        "throws away what it can't read" => Some(Broken::DropsUnread),
        other => panic!("unknown driver: {other}"),
    }
}

/// Runs `SIMULATE_SEEDS` seeds from `SIMULATE_FROM` on, on all processors.
#[test]
fn the_five_promises() {
    let broken = broken();
    let from = number("SIMULATE_FROM").unwrap_or(0);
    let seeds = number("SIMULATE_SEEDS").unwrap_or(2_000);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, failed) = (AtomicU64::new(from), AtomicU64::new(u64::MAX));
    // The only clock that is read: to report the speed.
    #[allow(clippy::disallowed_methods)]
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds || seed > failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if attempt(&Plan::new(seed), broken).is_some() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if failed < u64::MAX {
        let failure = attempt(&Plan::new(failed), broken).unwrap();
        panic!("{}", tell(failed, failure, broken));
    }
    let seconds = started.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let pace = seeds as f64 / seconds;
    println!("{seeds} seeds in {seconds:.1} s: {pace:.0} a second");
}

#[test]
fn a_seed_gives_one_run() {
    for seed in 0..20 {
        let plan = Plan::new(seed);
        assert_eq!(run(&plan, None), run(&plan, None));
    }
}
