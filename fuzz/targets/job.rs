//! A job to which anything can happen, in any order: it must keep its promises.
//!
//! The input: the job's settings, then events (see `Event` in `src/world.rs`).

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use uber_vouchers_fuzz::world::{Event, World};

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(mut world) = World::new(&mut u) else { return };
    for _ in 0..400 {
        if u.is_empty() {
            break;
        }
        let Ok(event) = Event::arbitrary(&mut u) else { break };
        world.take(event);
    }
    world.finish();
});
