//! What becomes of a job, as a table: what is the case, what happens, what is to be done.
//!
//! ```text
//! Working ──► Delivering ──► Attesting ──┐
//!    │            │                      ├──► Waiting ──► over
//!    └────────────┴────────► Declining ──┘      │
//!                  ▲             ▲              │ the block of its end vanished:
//!                  └─────────────┴──────────────┘ the same is said again
//! ```
//!
//! A call that fails in a block is not made again, since each attempt pays: an attestation becomes a
//! refusal, and a refusal gives the job up (`GivenUp`).
//!
//! Nothing here waits, writes or asks: the dispatcher does what is said, and tells what happened. A
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

/// What the worker says, or has said, of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// There is this answer, on disk, and no other.
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
    /// Nothing can be said of it: it has ended, its time is over, or its block vanished, perhaps only
    /// for a while.
    Gone,
    /// The best block has it open.
    Open,
    /// A final block says that it will never be open again.
    Final,
}

/// What is to be done about a job.
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

/// The beginning of a job that is open: what was `promised` of it before goes on.
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

/// What an event makes of a job; no state when nothing is known of it any more. An event that means
/// nothing where the job is changes nothing.
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
            // What is not on disk would be forgotten by a crash: it is no promise.
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
