//! The states of a job as a table: from a state and an event to the next state and the actions.
//!
//! ```text
//! Working ──► Delivering ──► Attesting ──┐
//!    │            │                      ├──► Waiting ──► over
//!    └────────────┴────────► Declining ──┘      │
//!                  ▲             ▲              │ the block of its end vanished:
//!                  └─────────────┴──────────────┘ the same is said again
//! ```
//!
//! A call that fails in a block is not made again, since each attempt pays: an attestation becomes
//! a refusal, and a refusal gives the job up (`GivenUp`).
//!
//! Nothing here waits, writes or asks: the dispatcher does the actions and reports the events. A
//! job that comes back after a reorganisation, or after the worker died, gets the answer that was
//! promised before, and no other.

use crate::journal::Answer;
use myai_primitives::DeclineReason;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its input is fetched and its model run.
    Working,
    /// The sealed answer goes to the disk and to the pool, side by side. Nothing is attested before
    /// it is at both.
    Delivering {
        answer: Answer,
        is_stored: bool,
        is_uploaded: bool,
    },
    Attesting(Answer),
    Declining(DeclineReason),
    /// Nothing is to be done unless it opens again.
    Waiting(Promise),
    /// The chain takes nothing that the worker can say: its deadline ends it.
    GivenUp,
}

/// What the worker has said about a job, or is about to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// This answer, which is on disk, and no other.
    Answer(Answer),
    Decline(DeclineReason),
    /// Nothing was said.
    None,
}

/// What happens to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is an answer, sealed.
    Answered(Answer),
    /// There will be none.
    Refused(DeclineReason),
    /// That answer is on disk.
    Stored(Answer),
    /// That answer is in the pool.
    Uploaded(Answer),
    /// The sealed answer is not on the disk any more, where the journal had it.
    AnswerLost,
    /// A best block has the call.
    InBlock,
    /// A best block has the call, and it failed there. The same once more would cost as much again.
    FailedInBlock,
    /// The worker can say nothing about it: it has ended, its time is over, or its block vanished,
    /// perhaps only for a while.
    Gone,
    /// The best block has it open.
    Open,
    /// A final block says that it will never be open again.
    Final,
}

/// What the dispatcher does about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fetch the input, run the model, seal the answer.
    Work,
    /// Bring the sealed answer to disk.
    Store(Answer),
    /// Put the sealed answer into the pool.
    Upload(Answer),
    Attest(Answer),
    Decline(DeclineReason),
    /// Take it out of the journal; tell the pool that its input is not needed.
    Forget,
}

/// The first state of an open job, with the promise that was made about it before.
pub fn begin(promised: Promise) -> (State, Vec<Action>) {
    match promised {
        Promise::None => (State::Working, vec![Action::Work]),
        Promise::Answer(answer) => {
            let state = State::Delivering {
                answer,
                is_stored: true,
                is_uploaded: false,
            };
            (state, vec![Action::Upload(answer)])
        }
        Promise::Decline(reason) => (State::Declining(reason), vec![Action::Decline(reason)]),
    }
}

/// The state after an event, and the actions; no state when the job is to be forgotten. An event
/// that does not fit the state changes nothing.
pub fn step(state: State, event: Event) -> (Option<State>, Vec<Action>) {
    let stay = (Some(state), vec![]);
    let decline = |reason| {
        let (state, actions) = begin(Promise::Decline(reason));
        (Some(state), actions)
    };
    match (state, event) {
        (State::Working, Event::Answered(answer)) => {
            let state = State::Delivering {
                answer,
                is_stored: false,
                is_uploaded: false,
            };
            (
                Some(state),
                vec![Action::Store(answer), Action::Upload(answer)],
            )
        }
        (State::Working, Event::Refused(reason)) => decline(reason),
        (State::Working, Event::Gone) => (Some(State::Waiting(Promise::None)), vec![]),

        (
            State::Delivering {
                answer,
                is_stored,
                is_uploaded,
            },
            Event::Stored(of) | Event::Uploaded(of),
        ) if of == answer => {
            let is_stored = is_stored || event == Event::Stored(of);
            let is_uploaded = is_uploaded || event == Event::Uploaded(of);
            if is_stored && is_uploaded {
                return (Some(State::Attesting(answer)), vec![Action::Attest(answer)]);
            }
            let state = State::Delivering {
                answer,
                is_stored,
                is_uploaded,
            };
            (Some(state), vec![])
        }
        // Another answer must not be made, and this one cannot be handed over.
        (State::Delivering { .. }, Event::AnswerLost) => decline(DeclineReason::Other),
        (
            State::Delivering {
                answer, is_stored, ..
            },
            Event::Gone,
        ) => {
            // A crash would forget an answer that is not on disk: it is no promise.
            let promised = match is_stored {
                true => Promise::Answer(answer),
                false => Promise::None,
            };
            (Some(State::Waiting(promised)), vec![])
        }

        (State::Attesting(answer), Event::InBlock | Event::Gone) => {
            (Some(State::Waiting(Promise::Answer(answer))), vec![])
        }
        (State::Declining(reason), Event::InBlock | Event::Gone) => {
            (Some(State::Waiting(Promise::Decline(reason))), vec![])
        }

        (State::Attesting(_), Event::FailedInBlock) => decline(DeclineReason::Other),
        (State::Declining(_), Event::FailedInBlock) => (Some(State::GivenUp), vec![]),
        (State::GivenUp, Event::Final) => (None, vec![Action::Forget]),

        (State::Waiting(Promise::None), Event::Stored(answer)) => {
            (Some(State::Waiting(Promise::Answer(answer))), vec![])
        }
        (State::Waiting(promised), Event::Open) => {
            let (state, actions) = begin(promised);
            (Some(state), actions)
        }
        (State::Waiting(_), Event::Final) => (None, vec![Action::Forget]),
        _ => stay,
    }
}

#[cfg(test)]
mod tests;
