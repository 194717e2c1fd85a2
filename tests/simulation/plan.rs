//! The parameters of a run: drawn from its seed, and reduced when it fails.

use uber_vouchers::sandbox::{EventForm, Fault, Faults};

use crate::random::Random;

/// One run. Everything in it follows from this.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub codes: usize,
    pub batch_size: usize,
    /// The job pauses after this many codes; 0 for no pause.
    pub pause_after: usize,
    pub concurrency: usize,
    pub interval_ms: f64,
    pub duplicates: u64,
    /// Probabilities, in the order of [`Fault::ALL`].
    pub faults: Vec<f64>,
    pub failure_rate: f64,
    /// A crash between any two effects.
    pub crash: f64,
    /// The most crashes.
    pub crashes: u32,
    /// A restart finds an older copy of the journal.
    pub backup: f64,
    pub append_fails: f64,
    pub slow_appends: bool,
    pub token_fails: f64,
    /// No connection can be made, for a token or a request.
    pub unsent: f64,
    /// A proxy refuses a request before it reaches Uber.
    pub refused: f64,
    /// An acceptance has the body of an error.
    pub contradicts: f64,
    /// The operator intervenes, at each effect.
    pub operator: f64,
    pub pause: f64,
    /// Somebody else sends codes of the list, and their outcomes arrive here.
    pub foreign: f64,
    /// A webhook is delivered days late.
    pub late: f64,
    /// There are zeros where an append did not reach the disk.
    pub zeros: f64,
    /// A pause, a decision or a report arrives while an action is carried out.
    pub within: f64,
    /// A restart finds less of the journal than it is known to have had.
    pub lost: f64,
    /// The form of Uber's events.
    pub event_form: EventForm,
    /// A recipient uses a delivered code.
    pub use_rate: f64,
    /// Somebody uses a code at each effect, no matter who sent it.
    pub used_elsewhere: f64,
    /// The operator reads from Uber which codes are in use, at each effect.
    pub reads: f64,
    /// The response of a read is applied days later.
    pub stale: f64,
    /// A code is missing in it.
    pub missing: f64,
    /// Whether opaque events become readable in the end.
    pub learns: bool,
    /// How many effects have these faults; afterwards there are none.
    pub effects: u32,
}

impl Plan {
    pub fn new(seed: u64) -> Self {
        let mut random = Random(seed ^ 0x5eed);
        let mut sometimes = |most: f64| {
            let (on, share) = (random.chance(0.4), random.unit());
            if on { most * share } else { 0.0 }
        };
        let faults = Fault::ALL.iter().map(|_| sometimes(0.4)).collect();
        let (use_rate, used_elsewhere) = (sometimes(1.0), sometimes(0.2));
        let (reads, stale, missing) = (sometimes(0.3), sometimes(1.0), sometimes(1.0));
        let forms = [EventForm::Batch, EventForm::Code, EventForm::Failures, EventForm::Opaque];
        Self {
            seed,
            use_rate,
            used_elsewhere,
            reads,
            stale,
            missing,
            failure_rate: sometimes(1.0),
            crash: sometimes(0.1),
            backup: sometimes(0.5),
            append_fails: sometimes(0.1),
            token_fails: sometimes(0.3),
            refused: sometimes(0.3),
            contradicts: sometimes(0.2),
            operator: sometimes(0.3),
            pause: sometimes(0.1),
            late: sometimes(0.5),
            foreign: sometimes(0.2),
            unsent: sometimes(0.5),
            faults,
            #[allow(clippy::cast_possible_truncation)]
            crashes: random.between(0, 6) as u32,
            codes: 1 + random.below(60),
            batch_size: 1 + random.below(20),
            // No effect if the list is shorter.
            pause_after: if random.chance(0.4) { 1 + random.below(60) } else { 0 },
            concurrency: 1 + random.below(8),
            interval_ms: if random.chance(0.5) { 0.0 } else { 50.0 },
            duplicates: random.between(0, 5),
            slow_appends: random.chance(0.5),
            zeros: if random.chance(0.5) { 0.5 } else { 0.0 },
            within: if random.chance(0.3) { 0.2 * random.unit() } else { 0.0 },
            lost: if random.chance(0.3) { 0.5 } else { 0.0 },
            event_form: forms[random.below(4)],
            learns: random.chance(0.5),
            effects: 400,
        }
    }

    pub fn faults(&self) -> Faults {
        Fault::ALL
            .iter()
            .zip(&self.faults)
            .fold(Faults::default(), |faults, (fault, share)| faults.with(*fault, *share))
    }

    /// The same run with less in it, one parameter at a time.
    pub fn smaller(&self) -> Vec<Self> {
        let mut plans = Vec::new();
        let mut with = |change: &dyn Fn(&mut Self)| {
            let mut plan = self.clone();
            change(&mut plan);
            if format!("{plan:?}") != format!("{self:?}") {
                plans.push(plan);
            }
        };
        with(&|plan| plan.effects /= 2);
        with(&|plan| plan.effects = plan.effects * 9 / 10);
        with(&|plan| plan.codes = plan.codes.div_ceil(2));
        with(&|plan| plan.codes = plan.codes.saturating_sub(1).max(1));
        with(&|plan| plan.concurrency = 1);
        with(&|plan| plan.pause_after = 0);
        with(&|plan| plan.pause_after = plan.pause_after.min(1));
        with(&|plan| plan.crashes = 0);
        with(&|plan| plan.crashes = plan.crashes.saturating_sub(1));
        for index in 0..self.faults.len() {
            with(&|plan| plan.faults[index] = 0.0);
        }
        with(&|plan| plan.backup = 0.0);
        with(&|plan| plan.append_fails = 0.0);
        with(&|plan| plan.slow_appends = false);
        with(&|plan| plan.token_fails = 0.0);
        with(&|plan| plan.unsent = 0.0);
        with(&|plan| plan.refused = 0.0);
        with(&|plan| plan.contradicts = 0.0);
        with(&|plan| plan.operator = 0.0);
        with(&|plan| plan.pause = 0.0);
        with(&|plan| plan.late = 0.0);
        with(&|plan| plan.zeros = 0.0);
        with(&|plan| plan.within = 0.0);
        with(&|plan| plan.lost = 0.0);
        with(&|plan| plan.foreign = 0.0);
        with(&|plan| plan.event_form = EventForm::Batch);
        with(&|plan| plan.learns = false);
        with(&|plan| plan.use_rate = 0.0);
        with(&|plan| plan.used_elsewhere = 0.0);
        with(&|plan| plan.reads = 0.0);
        with(&|plan| plan.stale = 0.0);
        with(&|plan| plan.missing = 0.0);
        with(&|plan| plan.failure_rate = 0.0);
        with(&|plan| plan.interval_ms = 0.0);
        with(&|plan| plan.duplicates = 0);
        plans
    }
}
