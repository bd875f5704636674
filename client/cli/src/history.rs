//! What blocks said about jobs: read by number from a given block on, again where a
//! reorganisation replaced what was read.
//!
//! Events say it for certain, but they are state, and a node lets go of a block's state after a
//! while (by default when 256 blocks more are final). It keeps the blocks: there the calls say it
//! that end a job. What ends one without a call of its own, such as the sweep of jobs whose
//! deadline has passed, they do not say.

use crate::error::{Error, Result};
use codec::{Compact, Decode};
use myai_chain_client::{call::Made, chain::Told, AccountId, Chain, ChainError, Event, Hash32};
use myai_primitives::{Balance, DeclineReason, JobId};
use std::{collections::VecDeque, future::Future};

const ESCROW: &str = "InferenceEscrow";

/// Blocks that may still be replaced and are therefore remembered.
const REMEMBERED: usize = 64;

/// What happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Opened,
    Settled(Settled),
    Declined { reason: DeclineReason },
    Expired,
}

/// How a job was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub output_commitment: Hash32,
    /// Hash of the sealed answer.
    pub blob: Hash32,
    /// Used.
    pub units: u32,
    /// Price and fee that were paid; a call does not say.
    pub paid: Option<Balance>,
}

/// Who says so. Numbers follow one upon another, so that after a reorganisation a job's number
/// may be another job's: the number alone does not tell whose job it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Event {
        payer: AccountId,
        /// Where the event has it.
        input_commitment: Option<Hash32>,
    },
    /// A call whose block's events are not to be had.
    Call {
        signer: AccountId,
        /// An outermost call that would not succeed comes into no block: the chain's transaction
        /// extension `CheckJobCalls` sees to that.
        outermost: bool,
    },
}

/// One of them and its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub block: u32,
    pub job: JobId,
    pub by: By,
    pub what: What,
}

/// What an event of block `block` says about a job; `None` for every other event.
pub fn of_event(block: u32, event: &Event) -> Result<Option<Seen>> {
    if event.pallet != ESCROW {
        return Ok(None);
    }
    fn get<T: Decode>(event: &Event, name: &str) -> Result<T> {
        Ok(event.field(name)?)
    }
    let what = match event.name.as_str() {
        "JobOpened" => What::Opened,
        "JobSettled" => {
            let (price, fee): (Balance, Balance) = (get(event, "price")?, get(event, "fee")?);
            What::Settled(Settled {
                output_commitment: get(event, "output_commitment")?,
                blob: get(event, "blob")?,
                units: get(event, "units")?,
                paid: Some(price.saturating_add(fee)),
            })
        }
        "JobDeclined" => What::Declined {
            reason: get(event, "reason")?,
        },
        "JobExpired" => What::Expired,
        _ => return Ok(None),
    };
    let input_commitment = match what {
        What::Opened | What::Settled(_) => Some(get(event, "input_commitment")?),
        What::Declined { .. } | What::Expired => None,
    };
    Ok(Some(Seen {
        block,
        job: get(event, "job")?,
        by: By::Event {
            payer: get(event, "payer")?,
            input_commitment,
        },
        what,
    }))
}

/// What a call in block `block` says about a job's end; `None` for every other call.
pub fn of_call(block: u32, call: &Made) -> Result<Option<Seen>> {
    if call.pallet != ESCROW {
        return Ok(None);
    }
    let what = match call.name.as_str() {
        "attest" => What::Settled(Settled {
            output_commitment: call.argument("output_commitment")?,
            blob: call.argument("blob")?,
            units: call.argument::<Compact<u32>>("units")?.0,
            paid: None,
        }),
        "decline" => What::Declined {
            reason: call.argument("reason")?,
        },
        "expire" => What::Expired,
        _ => return Ok(None),
    };
    Ok(Some(Seen {
        block,
        job: call.argument("job")?,
        by: By::Call {
            signer: call.signer.clone(),
            outermost: call.outermost,
        },
        what,
    }))
}

/// What was read at once.
#[derive(Clone, Debug, Default)]
pub struct Read {
    pub seen: Vec<Seen>,
    /// Whether the best block was reached.
    pub all: bool,
    /// The next block to read.
    pub next: u32,
    /// The first block whose events were not read.
    pub certain: u32,
    /// What could not be read.
    pub notes: Vec<String>,
}

/// Where blocks come from: a [`Chain`]; tests have another one.
pub trait Blocks {
    /// The best one's number.
    fn best(&self) -> impl Future<Output = Result<u32>>;

    /// As [`Chain::block_hashes`].
    fn hashes(&self, first: u32, count: u32) -> impl Future<Output = Result<Vec<Hash32>>>;

    /// As [`Chain::told`].
    fn told(&self, blocks: &[Hash32]) -> impl Future<Output = Result<Vec<Told>>>;
}

impl Blocks for Chain {
    async fn best(&self) -> Result<u32> {
        Ok(Chain::best(self).await?.number)
    }

    async fn hashes(&self, first: u32, count: u32) -> Result<Vec<Hash32>> {
        Ok(self.block_hashes(first, count).await?)
    }

    async fn told(&self, blocks: &[Hash32]) -> Result<Vec<Told>> {
        Ok(Chain::told(self, blocks, ESCROW).await?)
    }
}

/// Reads blocks in their order, each of the best chain once.
pub struct History<B> {
    blocks: B,
    next: u32,
    certain: u32,
    /// Where to go on if `next`'s events are gone: up to there calls were looked at before.
    called: Option<u32>,
    /// The last ones read, oldest first.
    read: VecDeque<(u32, Hash32)>,
}

impl<B: Blocks> History<B> {
    /// From block `first` on, that one included; up to `called` the blocks' calls were looked at
    /// before.
    pub fn from(blocks: B, first: u32, called: Option<u32>) -> Self {
        // Nothing happens in genesis.
        let first = first.max(1);
        Self {
            blocks,
            next: first,
            certain: first,
            called: called.filter(|called| *called > first),
            read: VecDeque::new(),
        }
    }

    /// Nothing before block `block` need be known any more.
    pub fn skip_to(&mut self, block: u32) {
        if block > self.next {
            self.next = block;
            self.read.clear();
        }
        self.certain = self.certain.max(block);
        self.called = self.called.filter(|called| *called > self.next);
    }

    /// Reads at most `most` blocks.
    pub async fn step(&mut self, most: u32) -> Result<Read> {
        let best = self.blocks.best().await?;
        self.drop_replaced().await?;
        if let Some(called) = self.called {
            let told = self.told(1, best).await?;
            if let Some((_, Told::Calls { .. })) = told.first() {
                self.next = called;
            }
            self.called = None;
        }
        let left = best.saturating_add(1).saturating_sub(self.next);
        let mut read = Read::default();
        for (hash, told) in self.told(most.min(left), best).await? {
            let block = self.next;
            let seen = match told {
                Told::Events(events) => {
                    if self.certain == block {
                        self.certain = block.saturating_add(1);
                    }
                    events.iter().map(|e| of_event(block, e)).collect()
                }
                Told::Calls { calls, garbled } => {
                    if let Some(error) = garbled {
                        let note = format!(
                            "block {block}: {}; its calls are read instead",
                            Error::from(error)
                        );
                        read.notes.push(note);
                    }
                    calls.iter().map(|c| of_call(block, c)).collect::<Vec<_>>()
                }
            };
            for one in seen {
                match one {
                    Ok(one) => read.seen.extend(one),
                    Err(error) => read
                        .notes
                        .push(format!("block {block}: {error}; it is passed by")),
                }
            }
            self.read.push_back((block, hash));
            if self.read.len() > REMEMBERED {
                self.read.pop_front();
            }
            self.next = block.saturating_add(1);
        }
        read.all = self.next > best;
        (read.next, read.certain) = (self.next, self.certain);
        Ok(read)
    }

    /// Goes back to where the best chain is still the one that was read.
    async fn drop_replaced(&mut self) -> Result<()> {
        while let Some((number, hash)) = self.read.back().copied() {
            if self.blocks.hashes(number, 1).await? == [hash] {
                break;
            }
            self.read.pop_back();
            self.next = number;
            self.certain = self.certain.min(number);
        }
        Ok(())
    }

    /// The next `count` blocks and what they say, as many as there are.
    async fn told(&self, count: u32, best: u32) -> Result<Vec<(Hash32, Told)>> {
        let hashes = self.blocks.hashes(self.next, count).await?;
        let told = self.blocks.told(&hashes).await;
        let told = told.map_err(|e| self.explain(e, best))?;
        Ok(hashes.into_iter().zip(told).collect())
    }

    /// A node may be told to let go of old blocks, too.
    fn explain(&self, error: Error, best: u32) -> Error {
        let old = best.saturating_sub(self.next) >= REMEMBERED as u32;
        match &error {
            Error::Chain(e) if old && matches!(**e, ChainError::UnknownBlock { .. }) => {
                Error::Refused(format!(
                    "the node no longer has the blocks from {} on; name one with --node that keeps \
                     them (it runs without --blocks-pruning)",
                    self.next
                ))
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

    const PAYER: AccountId = AccountId::new([2; 32]);

    fn event(name: &str, fields: &[(&str, Vec<u8>)]) -> Event {
        Event {
            pallet: ESCROW.into(),
            name: name.into(),
            extrinsic: Some(2),
            fields: fields
                .iter()
                .map(|(n, b)| (n.to_string(), b.clone()))
                .collect(),
        }
    }

    #[test]
    fn a_settlement_says_whose_it_is_and_what_was_paid() {
        let event = event(
            "JobSettled",
            &[
                ("job", JobId(7).encode()),
                ("payer", PAYER.encode()),
                ("units", 2u32.encode()),
                ("price", 33u128.encode()),
                ("fee", 400u128.encode()),
                ("input_commitment", [3u8; 32].encode()),
                ("output_commitment", [8u8; 32].encode()),
                ("blob", [9u8; 32].encode()),
            ],
        );
        let settled = Settled {
            output_commitment: [8; 32],
            blob: [9; 32],
            units: 2,
            paid: Some(433),
        };
        let seen = Seen {
            block: 20,
            job: JobId(7),
            by: By::Event {
                payer: PAYER,
                input_commitment: Some([3; 32]),
            },
            what: What::Settled(settled),
        };
        assert_eq!(of_event(20, &event).unwrap(), Some(seen));
    }

    #[test]
    fn other_events_and_other_ends() {
        let fields = [("job", JobId(7).encode()), ("payer", PAYER.encode())];
        let seen = |what| Seen {
            block: 20,
            job: JobId(7),
            by: By::Event {
                payer: PAYER,
                input_commitment: None,
            },
            what,
        };
        let reason = DeclineReason::TooLarge;
        let declined = event(
            "JobDeclined",
            &[&fields[..], &[("reason", reason.encode())]].concat(),
        );
        let what = What::Declined { reason };
        assert_eq!(of_event(20, &declined).unwrap(), Some(seen(what)));
        let expired = event("JobExpired", &fields);
        let what = What::Expired;
        assert_eq!(of_event(20, &expired).unwrap(), Some(seen(what)));
        assert_eq!(of_event(20, &event("WorkerPaused", &[])).unwrap(), None);
        assert!(of_event(20, &event("JobExpired", &[])).is_err());
        let mut other = expired;
        other.pallet = "System".into();
        assert_eq!(of_event(20, &other).unwrap(), None);
    }

    #[test]
    fn calls_say_how_a_job_ended() {
        let call = |name: &str, arguments: &[(&str, Vec<u8>)]| Made {
            signer: AccountId::new([5; 32]),
            outermost: true,
            pallet: ESCROW.into(),
            name: name.into(),
            arguments: arguments
                .iter()
                .map(|(n, b)| (n.to_string(), b.clone()))
                .collect(),
        };
        let job = ("job", JobId(7).encode());
        let attest = [
            job.clone(),
            ("output_commitment", [8u8; 32].encode()),
            ("units", Compact(2u32).encode()),
            ("blob", [9u8; 32].encode()),
        ];
        let settled = Settled {
            output_commitment: [8; 32],
            blob: [9; 32],
            units: 2,
            paid: None,
        };
        let reason = DeclineReason::BadInput;
        let decline = [job.clone(), ("reason", reason.encode())];
        for (call, what) in [
            (call("attest", &attest), What::Settled(settled)),
            (call("decline", &decline), What::Declined { reason }),
            (call("expire", &[job]), What::Expired),
        ] {
            let seen = of_call(20, &call).unwrap().unwrap();
            assert_eq!((seen.block, seen.job, &seen.what), (20, JobId(7), &what));
            let by = By::Call {
                signer: AccountId::new([5; 32]),
                outermost: true,
            };
            assert_eq!(seen.by, by);
        }
        assert_eq!(of_call(20, &call("open_job", &[])).unwrap(), None);
        assert!(of_call(20, &call("attest", &[])).is_err());
    }

    /// Blocks, each named by its number and its fork; the node has the states above `pruned`.
    #[derive(Default)]
    struct Script {
        forks: Vec<u8>,
        pruned: u32,
        /// What a block's one event and one call say to have expired.
        expired: Vec<(u32, JobId)>,
        garbled: Option<u32>,
        asked: std::cell::RefCell<Vec<u32>>,
    }

    impl Script {
        fn of(forks: &[u8]) -> Self {
            Self {
                forks: forks.to_vec(),
                ..Self::default()
            }
        }
    }

    impl Blocks for &mut Script {
        async fn best(&self) -> Result<u32> {
            Ok(self.forks.len() as u32)
        }

        async fn hashes(&self, first: u32, count: u32) -> Result<Vec<Hash32>> {
            let forks = self.forks.iter().zip(1..).skip(first as usize - 1);
            let hash = |(fork, number): (&u8, u32)| {
                let mut hash = [*fork; 32];
                hash[..4].copy_from_slice(&number.to_le_bytes());
                hash
            };
            Ok(forks.take(count as usize).map(hash).collect())
        }

        async fn told(&self, blocks: &[Hash32]) -> Result<Vec<Told>> {
            let told = |hash: &Hash32| {
                let block = u32::from_le_bytes(hash[..4].try_into().unwrap());
                self.asked.borrow_mut().push(block);
                let of_block = self.expired.iter().filter(|(b, _)| *b == block);
                if block <= self.pruned || self.garbled == Some(block) {
                    let call = |(_, job): &(u32, JobId)| Made {
                        signer: PAYER,
                        outermost: true,
                        pallet: ESCROW.into(),
                        name: "expire".into(),
                        arguments: vec![("job".into(), job.encode())],
                    };
                    return Told::Calls {
                        calls: of_block.map(call).collect(),
                        garbled: (block > self.pruned)
                            .then_some(ChainError::Dropped { how: "garbled" }),
                    };
                }
                let fields = |job: &JobId| [("job", job.encode()), ("payer", PAYER.encode())];
                let mut events = vec![event("JobSettled", &[("job", vec![])])];
                events.extend(of_block.map(|(_, job)| event("JobExpired", &fields(job))));
                Told::Events(events)
            };
            Ok(blocks.iter().map(told).collect())
        }
    }

    fn jobs(read: &Read) -> Vec<(u32, u64)> {
        read.seen.iter().map(|s| (s.block, s.job.0)).collect()
    }

    #[tokio::test]
    async fn blocks_without_state_are_read_by_their_calls_and_are_not_certain() {
        let mut script = Script {
            pruned: 6,
            expired: vec![(3, JobId(1)), (8, JobId(2))],
            ..Script::of(&[0; 9])
        };
        let mut history = History::from(&mut script, 2, None);
        let read = history.step(4).await.unwrap();
        assert_eq!(jobs(&read), [(3, 1)]);
        assert_eq!((read.all, read.next, read.certain), (false, 6, 2));
        let read = history.step(32).await.unwrap();
        assert_eq!(jobs(&read), [(8, 2)]);
        assert_eq!((read.all, read.next, read.certain), (true, 10, 2));
        // Another process goes on where this one was, unless the states are there after all.
        script.asked.take();
        let read = History::from(&mut script, 2, Some(6))
            .step(1)
            .await
            .unwrap();
        assert_eq!((read.next, read.certain), (7, 2));
        assert_eq!(script.asked.take(), [2, 6]);
        script.pruned = 0;
        let read = History::from(&mut script, 2, Some(6))
            .step(2)
            .await
            .unwrap();
        assert_eq!(jobs(&read), [(3, 1)]);
        assert_eq!((read.next, read.certain), (4, 4));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_passed_by_with_a_note() {
        let mut script = Script {
            expired: vec![(2, JobId(1)), (3, JobId(2))],
            garbled: Some(2),
            ..Script::of(&[0; 3])
        };
        let read = History::from(&mut script, 1, None).step(32).await.unwrap();
        // Each block has an event that is not as it should be, the garbled one an unreadable one.
        assert_eq!(jobs(&read), [(2, 1), (3, 2)]);
        assert_eq!((read.all, read.next, read.certain), (true, 4, 2));
        assert_eq!(read.notes.len(), 3, "{:?}", read.notes);
        assert!(read.notes[1].starts_with("block 2: "), "{:?}", read.notes);
    }

    #[tokio::test]
    async fn blocks_that_replace_others_are_read_again() {
        let mut script = Script::of(&[0; 5]);
        let mut history = History::from(&mut script, 1, None);
        assert_eq!(history.step(32).await.unwrap().next, 6);
        history.blocks.forks = vec![0, 0, 7, 7, 7, 7];
        history.blocks.expired = vec![(3, JobId(1)), (6, JobId(2))];
        let read = history.step(32).await.unwrap();
        assert_eq!(jobs(&read), [(3, 1), (6, 2)]);
        assert_eq!((read.next, read.certain), (7, 7));
    }

    #[tokio::test]
    async fn what_need_not_be_known_is_not_read() {
        let mut script = Script {
            pruned: 6,
            ..Script::of(&[0; 9])
        };
        let mut history = History::from(&mut script, 1, Some(5));
        history.skip_to(8);
        let read = history.step(32).await.unwrap();
        assert_eq!((read.next, read.certain), (10, 10));
        history.skip_to(4);
        assert_eq!(history.step(32).await.unwrap().certain, 10);
        assert_eq!(script.asked.take(), [8, 9]);
    }
}
