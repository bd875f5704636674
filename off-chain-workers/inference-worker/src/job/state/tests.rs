use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn answer(n: u8) -> Answer {
    Answer {
        output_commitment: [n; 32],
        units: 1,
        blob: [n; 32],
        mailbox: [n; 32],
    }
}

const REASON: DeclineReason = DeclineReason::BadInput;

fn delivering(is_stored: bool, is_uploaded: bool) -> State {
    State::Delivering {
        answer: answer(1),
        is_stored,
        is_uploaded,
    }
}

fn every_state() -> Vec<State> {
    let mut states = vec![
        State::Working,
        State::Attesting(answer(1)),
        State::Declining(REASON),
        State::Waiting(Promise::Answer(answer(1))),
        State::Waiting(Promise::Decline(REASON)),
        State::Waiting(Promise::None),
        State::GivenUp,
    ];
    for (is_stored, is_uploaded) in [(false, false), (true, false), (false, true)] {
        states.push(delivering(is_stored, is_uploaded));
    }
    states
}

fn every_event() -> Vec<Event> {
    vec![
        Event::Answered(answer(1)),
        Event::Refused(REASON),
        Event::Stored(answer(1)),
        Event::Stored(answer(2)),
        Event::Uploaded(answer(1)),
        Event::Uploaded(answer(2)),
        Event::AnswerLost,
        Event::InBlock,
        Event::FailedInBlock,
        Event::Gone,
        Event::Open,
        Event::Final,
    ]
}

/// What changes a job and what follows; all other pairs change nothing.
fn table() -> Vec<(State, Event, Option<State>, Vec<Action>)> {
    use Event::*;
    use State::{Attesting, Declining, Waiting, Working};
    let (a, other) = (answer(1), DeclineReason::Other);
    let kept = Waiting(Promise::Answer(a));
    let declined = Waiting(Promise::Decline(REASON));
    let nothing = Waiting(Promise::None);
    let d = delivering;
    let mut table = vec![
        (
            Working,
            Answered(a),
            Some(d(false, false)),
            vec![Action::Store(a), Action::Upload(a)],
        ),
        (
            Working,
            Refused(REASON),
            Some(Declining(REASON)),
            vec![Action::Decline(REASON)],
        ),
        (Working, Gone, Some(nothing), vec![]),
        (d(false, false), Stored(a), Some(d(true, false)), vec![]),
        (d(false, false), Uploaded(a), Some(d(false, true)), vec![]),
        (
            d(true, false),
            Uploaded(a),
            Some(Attesting(a)),
            vec![Action::Attest(a)],
        ),
        (
            d(false, true),
            Stored(a),
            Some(Attesting(a)),
            vec![Action::Attest(a)],
        ),
        (d(true, false), Gone, Some(kept), vec![]),
        // What is not on disk is no promise.
        (d(false, false), Gone, Some(nothing), vec![]),
        (d(false, true), Gone, Some(nothing), vec![]),
        (Attesting(a), InBlock, Some(kept), vec![]),
        (Attesting(a), Gone, Some(kept), vec![]),
        (Declining(REASON), InBlock, Some(declined), vec![]),
        (Declining(REASON), Gone, Some(declined), vec![]),
        // What failed in a block is not tried again: each attempt pays.
        (
            Attesting(a),
            FailedInBlock,
            Some(Declining(other)),
            vec![Action::Decline(other)],
        ),
        (
            Declining(REASON),
            FailedInBlock,
            Some(State::GivenUp),
            vec![],
        ),
        (kept, Open, Some(d(true, false)), vec![Action::Upload(a)]),
        (
            declined,
            Open,
            Some(Declining(REASON)),
            vec![Action::Decline(REASON)],
        ),
        (nothing, Open, Some(Working), vec![Action::Work]),
        (nothing, Stored(a), Some(kept), vec![]),
        (
            nothing,
            Stored(answer(2)),
            Some(Waiting(Promise::Answer(answer(2)))),
            vec![],
        ),
    ];
    for state in [d(false, false), d(true, false), d(false, true)] {
        table.push((
            state,
            AnswerLost,
            Some(Declining(other)),
            vec![Action::Decline(other)],
        ));
    }
    for state in [kept, declined, nothing, State::GivenUp] {
        table.push((state, Final, None, vec![Action::Forget]));
    }
    table
}

#[test]
fn each_event_has_the_effect_of_the_table_and_no_other() {
    let mut table = table();
    // The same twice changes nothing.
    table.push((
        delivering(true, false),
        Event::Stored(answer(1)),
        Some(delivering(true, false)),
        vec![],
    ));
    for state in every_state() {
        for event in every_event() {
            let row = table.iter().find(|(s, e, ..)| (*s, *e) == (state, event));
            let expected = match row {
                Some((_, _, state, actions)) => (*state, actions.clone()),
                None => (Some(state), vec![]),
            };
            assert_eq!(step(state, event), expected, "{state:?}, {event:?}");
        }
    }
}

/// A worker, its disk and the chain, with one job.
#[derive(Default)]
struct World {
    is_open: bool,
    is_final: bool,
    /// The job's end in the best block.
    ended: Option<Action>,
    /// The journal on disk.
    journal: Option<Answer>,
    uploaded: BTreeSet<u8>,
    /// The worker's memory, and the actions under way.
    state: Option<State>,
    tasks: Vec<Action>,
    answers: u8,
    attested: BTreeSet<u8>,
}

impl World {
    fn apply(&mut self, event: Event) {
        let Some(state) = self.state else { return };
        let (state, actions) = step(state, event);
        self.state = state;
        self.tasks.extend(actions);
    }

    /// The effect of an action outside the worker, and the event that the worker gets.
    fn effect(&mut self, action: Action) -> Event {
        match action {
            Action::Work => {
                self.answers += 1;
                Event::Answered(answer(self.answers))
            }
            Action::Store(answer) => {
                // The journal refuses a second answer.
                if self.journal.is_some_and(|promised| promised != answer) {
                    return Event::Gone;
                }
                self.journal = Some(answer);
                Event::Stored(answer)
            }
            Action::Upload(answer) => {
                self.uploaded.insert(answer.blob[0]);
                Event::Uploaded(answer)
            }
            Action::Attest(answer) => {
                let n = answer.blob[0];
                assert_eq!(self.journal, Some(answer), "attested what is not on disk");
                assert!(self.uploaded.contains(&n), "attested what nobody can read");
                self.attested.insert(n);
                assert_eq!(self.attested.len(), 1, "two answers to one job");
                self.end(action)
            }
            Action::Decline(_) => self.end(action),
            Action::Forget => {
                assert!(self.is_final, "forgotten before its end was final");
                self.journal = None;
                Event::Final
            }
        }
    }

    fn end(&mut self, action: Action) -> Event {
        match std::mem::take(&mut self.is_open) {
            true => {
                self.ended = Some(action);
                Event::InBlock
            }
            false => Event::Gone,
        }
    }

    /// What the dispatcher does at each best block.
    fn look(&mut self) {
        if !self.tasks.is_empty() {
            return;
        }
        match (self.is_open, self.state) {
            (true, Some(State::Waiting(promise))) if promise != Promise::None => {
                self.apply(Event::Open);
            }
            (true, _) => {
                let promised = self.journal.map_or(Promise::None, Promise::Answer);
                let (state, actions) = begin(promised);
                self.state = Some(state);
                self.tasks.extend(actions);
            }
            (false, Some(_)) if self.is_final => self.apply(Event::Final),
            _ => (),
        }
    }

    fn complete(&mut self, which: u8) {
        if self.tasks.is_empty() {
            return;
        }
        let action = self.tasks.remove(usize::from(which) % self.tasks.len());
        let event = self.effect(action);
        self.apply(event);
    }

    fn crash(&mut self, which: u8) {
        // Some of the actions under way have happened, and nobody heard of it.
        if which.is_multiple_of(2) && !self.tasks.is_empty() {
            let action = self.tasks.remove(usize::from(which / 2) % self.tasks.len());
            self.effect(action);
        }
        self.tasks.clear();
        let promised = |answer| State::Waiting(Promise::Answer(answer));
        self.state = self.journal.map(promised);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn one_answer_whatever_crashes_and_reorganises(steps in proptest::collection::vec(any::<(u8, u8)>(), 0..60)) {
        let mut world = World { is_open: true, ..Default::default() };
        for (step, which) in steps {
            match step % 10 {
                0..=3 => world.complete(which),
                4..=6 => world.look(),
                7 => world.crash(which),
                // The block of its end vanishes, or the one that opened it; it comes back.
                8 if !world.is_final => {
                    world.ended = None;
                    world.is_open = which % 3 > 0;
                }
                // An attempt fails for good.
                9 if !world.tasks.is_empty() && which % 4 == 0 => {
                    let action = world.tasks.remove(0);
                    let event = match action {
                        Action::Work => Event::Refused(REASON),
                        Action::Forget => continue,
                        _ => Event::Gone,
                    };
                    world.apply(event);
                }
                _ => (),
            }
        }
        // Left in peace, it comes to its end, and nothing of it is left.
        world.is_open = world.ended.is_none();
        for _ in 0..20 {
            world.look();
            world.complete(0);
        }
        prop_assert!(world.ended.is_some(), "{:?}", world.state);
        world.is_final = true;
        for _ in 0..20 {
            world.look();
            world.complete(0);
        }
        prop_assert_eq!(world.state, None);
        prop_assert_eq!(world.journal, None);
    }
}
