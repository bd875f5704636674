//! A walk at random over the composed runtime: whatever people and the root do, and in whatever
//! order, what people were promised is kept (`book`), and every invariant of every pallet holds
//! after each step.
//!
//! `MYAI_WALK_STEPS` and `MYAI_WALK_SEED` make it longer, or another one; a failure names both.

mod book;
mod dice;
mod people;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;

use book::Book;
use people::{People, Step};
use std::{cell::RefCell, collections::BTreeMap};
use support::*;

/// The ways that every test run goes: what is rare is met on one of them at least.
const SEEDS: [u64; 2] = [44, 51];

/// The way of the moderated walk.
const MODERATED_SEED: u64 = 34;

/// Every how many steps everybody claims all, to be undone.
const CLAIMS_CHECKED: u64 = 50;

/// What a walk must have met: a promise that is never put to the test is none.
const CASES: [&str; 30] = [
    "a buyer is refused what was changed meanwhile",
    "a dataset is sold",
    "a debt is paid",
    "a fee whose payout account is stopped",
    "a job at the very floor",
    "a job during the notice of a license",
    "a job that owes floors",
    "a job that owes floors two generations up",
    "a job under a license that was renewed",
    "a job under the license of an ancestor",
    "a model is sold with its jobs open",
    "a model is sold without jobs",
    "a publication that a licensor approved",
    "a split claims issuance",
    "a split is credited by another",
    "a version is moved to another grant",
    "a version under the conditions of an ancestor",
    "a worker claims issuance",
    "an epoch ends",
    "an epoch ends in which somebody earned",
    "money that cannot move becomes a debt",
    "no opening: a policy is not accepted",
    "no opening: an ancestor's license is over",
    "no opening: an ancestor's license would end before the job",
    "no opening: its own license is over",
    "no opening: its own license would end before the job",
    "no opening: some licensors have approved the user, and not all",
    "no opening: the host is not approved",
    "no opening: the user is not approved",
    "what has not vested goes back",
];

/// What a moderated one must have met.
const MODERATED_CASES: [&str; 5] = [
    "a frozen share waits",
    "a suspension is lifted",
    "no opening: its model is suspended",
    "no opening: the version is suspended",
    "no opening: the worker is suspended",
];

struct Walk {
    people: People,
    book: Book,
    /// How often each kind of step succeeded and failed.
    seen: BTreeMap<&'static str, (u32, u32)>,
}

impl Walk {
    fn new(seed: u64, moderated: bool) -> Self {
        // So that it can be paid any amount.
        let treasury = configs::economy::Treasury::get();
        assert_ok!(call(
            Who::Alice,
            pallet_assets::Call::transfer {
                id: presets::DOLLAR.into(),
                target: treasury.into(),
                amount: 1_000_000,
            }
        ));
        Self {
            people: People::new(seed, moderated),
            book: Book::open(),
            seen: BTreeMap::new(),
        }
    }

    fn step(&mut self, reached: &RefCell<Reached>) {
        let step = self.people.next(&self.book);
        reached.borrow_mut().taken = Some(step.clone());
        System::reset_events();
        let Step { kind, by, call } = step.clone();
        let (by, done) = match by {
            Some(who) => (account(who), support::call(who, call)),
            None => (RewardSplit::vault(), root(call)),
        };
        self.book.read(&by, &step.call, &done, &events());
        self.people.learn(&self.book, &step, &done);
        let (well, ill) = self.seen.entry(kind).or_default();
        match done {
            Ok(()) => *well += 1,
            Err(_) => *ill += 1,
        }
    }

    /// Whether a block ended.
    fn time_passes(&mut self) -> bool {
        let dice = &mut self.people.dice;
        match dice.below(300) {
            0..=2 => (0..1_000).for_each(|_| self.next_block(10)),
            3..=100 => {
                let ticks = dice.of(&[1, 1, 1, 10, 100, 1_000]);
                self.next_block(ticks);
            }
            // Blocks so full that nothing is swept.
            101..=108 => {
                System::reset_events();
                pass(120);
                self.book.read_end_of_block(&events(), book::now() - 1);
            }
            _ => return false,
        }
        true
    }

    fn next_block(&mut self, ticks: Tick) {
        System::reset_events();
        end_block();
        self.book.read_end_of_block(&events(), book::now());
        begin_block(ticks);
    }
}

fn events() -> Vec<RuntimeEvent> {
    System::read_events_no_consensus()
        .map(|record| record.event)
        .collect()
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Where a walk is, for those who look for what went wrong.
#[derive(Default)]
struct Reached {
    step: u64,
    taken: Option<Step>,
}

fn walk(seed: u64, steps: u64, moderated: bool, reached: &RefCell<Reached>) -> Walk {
    let mut walk = Walk::new(seed, moderated);
    for step in 0..steps {
        reached.borrow_mut().step = step;
        walk.step(reached);
        check_invariants();
        if step % CLAIMS_CHECKED == 0 {
            walk.book.ensure_parts();
        }
        if walk.time_passes() {
            check_invariants();
        }
    }
    walk.book.ensure_parts();
    walk
}

#[test]
fn a_walk_at_random_keeps_every_promise() {
    walk_and_tell(&SEEDS, 2_000, false, &CASES);
}

/// The same while the root suspends this and that.
#[test]
fn a_moderated_walk_keeps_every_promise() {
    walk_and_tell(&[MODERATED_SEED], 700, true, &MODERATED_CASES);
}

/// Walks these ways, unless somebody wants another, and says what was met on them.
fn walk_and_tell(seeds: &[u64], default: u64, moderated: bool, cases: &[&'static str]) {
    let steps = setting("MYAI_WALK_STEPS", default);
    let wanted = std::env::var("MYAI_WALK_SEED").map(|_| setting("MYAI_WALK_SEED", 0));
    let other = wanted.is_ok();
    let seeds = wanted.map_or(seeds.to_vec(), |seed| vec![seed]);
    let walks: Vec<Walk> = std::thread::scope(|scope| {
        let walks: Vec<_> = seeds
            .into_iter()
            .map(|seed| scope.spawn(move || walk_one(seed, steps, moderated)))
            .collect();
        walks
            .into_iter()
            .map(|walk| walk.join().expect("the walk comes to its end"))
            .collect()
    });

    let mut seen = BTreeMap::<_, (u32, u32)>::new();
    let mut reached = BTreeMap::<_, u32>::new();
    for walk in walks {
        for (kind, (well, ill)) in walk.seen {
            let all = seen.entry(kind).or_default();
            *all = (all.0 + well, all.1 + ill);
        }
        for (case, times) in walk.book.reached {
            *reached.entry(case).or_default() += times;
        }
    }
    for (kind, (well, ill)) in &seen {
        println!("{kind}: {well} succeeded, {ill} were refused");
    }
    for (case, times) in &reached {
        println!("{case}: {times}");
    }
    // Few steps by some other way may miss a kind.
    if (!other && steps >= default) || steps >= 20_000 {
        let never: Vec<_> = seen.iter().filter(|(_, (well, _))| *well == 0).collect();
        assert!(
            never.is_empty() || moderated,
            "steps that never succeed: {never:?}"
        );
        for case in cases {
            assert!(reached.contains_key(case), "never met: {case}");
        }
    }
}

/// One way, on a chain of its own; where it fails it says so.
fn walk_one(seed: u64, steps: u64, moderated: bool) -> Walk {
    let reached = RefCell::<Reached>::default();
    let mut done = None;
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        on_a_chain(|| done = Some(walk(seed, steps, moderated, &reached)));
    }));
    if let Err(panic) = unwound {
        let Reached { step, taken } = reached.take();
        eprintln!("MYAI_WALK_SEED={seed} MYAI_WALK_STEPS={steps}: at step {step}, {taken:?}");
        std::panic::resume_unwind(panic);
    }
    println!("MYAI_WALK_SEED={seed} MYAI_WALK_STEPS={steps}");
    done.expect("the walk came to its end")
}
