//! What blocks said about jobs: read by number from a given block on, again where a
//! reorganisation replaced what was read.

use crate::error::{Error, Result};
use codec::Decode;
use myai_chain_client::{AccountId, Chain, ChainError, Event, Hash32, Link};
use myai_primitives::{Asset, Balance, DeclineReason, JobId};

const ESCROW: &str = "InferenceEscrow";

/// Blocks that may still be replaced and are therefore remembered.
const REMEMBERED: usize = 64;

/// What happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Opened {
        payer: AccountId,
        input_commitment: Hash32,
    },
    Settled(Settled),
    Declined {
        reason: DeclineReason,
    },
    Expired,
}

/// How a job was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub worker: AccountId,
    pub output_commitment: Hash32,
    /// Hash of the sealed answer.
    pub blob: Hash32,
    /// Used.
    pub units: u32,
    pub asset: Asset,
    /// Price and fee that were paid.
    pub paid: Balance,
    /// Given back of what was held.
    pub refunded: Balance,
}

/// One of them and its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub block: u32,
    pub job: JobId,
    pub what: What,
}

/// What an event says about a job; `None` for every other event.
pub fn of_event(event: &Event) -> Result<Option<(JobId, What)>> {
    if event.pallet != ESCROW {
        return Ok(None);
    }
    fn get<T: Decode>(event: &Event, name: &str) -> Result<T> {
        Ok(event.field(name)?)
    }
    let what = match event.name.as_str() {
        "JobOpened" => What::Opened {
            payer: get(event, "payer")?,
            input_commitment: get(event, "input_commitment")?,
        },
        "JobSettled" => {
            let (price, fee): (Balance, Balance) = (get(event, "price")?, get(event, "fee")?);
            What::Settled(Settled {
                worker: get(event, "worker")?,
                output_commitment: get(event, "output_commitment")?,
                blob: get(event, "blob")?,
                units: get(event, "units")?,
                asset: get(event, "asset")?,
                paid: price.saturating_add(fee),
                refunded: get(event, "refunded")?,
            })
        }
        "JobDeclined" => What::Declined {
            reason: get(event, "reason")?,
        },
        "JobExpired" => What::Expired,
        _ => return Ok(None),
    };
    Ok(Some((get(event, "job")?, what)))
}

/// Reads blocks in their order, each of the best chain once.
pub struct History {
    chain: Chain,
    link: Link,
    /// The next block to read.
    next: u32,
    /// The last ones read, oldest first.
    read: Vec<(u32, Hash32)>,
}

impl History {
    /// From block `first` on, that one included.
    pub fn from(chain: &Chain, first: u32) -> Result<Self> {
        let link = Link::lazy(chain.url()).map_err(ChainError::from)?;
        // Nothing happens in genesis.
        Ok(Self {
            chain: chain.clone(),
            link,
            next: first.max(1),
            read: vec![],
        })
    }

    /// The next block to read.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// Reads at most `most` blocks; what they say about jobs, and whether the best was reached.
    pub async fn step(&mut self, most: u32) -> Result<(Vec<Seen>, bool)> {
        let best = self.chain.best().await?.number;
        while let Some((number, hash)) = self.read.last().copied() {
            if self.hash_of(number).await? == Some(hash) {
                break;
            }
            self.read.pop();
            self.next = number;
        }
        let mut seen = vec![];
        let mut left = most;
        while self.next <= best && left > 0 {
            let number = self.next;
            let Some(hash) = self.hash_of(number).await? else {
                break;
            };
            let events = self
                .chain
                .events_at(hash)
                .await
                .map_err(|e| self.explain(e, number, best))?;
            for event in &events {
                if let Some((job, what)) = of_event(event)? {
                    seen.push(Seen {
                        block: number,
                        job,
                        what,
                    });
                }
            }
            self.read.push((number, hash));
            if self.read.len() > REMEMBERED {
                self.read.remove(0);
            }
            self.next = number.saturating_add(1);
            left -= 1;
        }
        Ok((seen, self.next > best))
    }

    async fn hash_of(&self, number: u32) -> Result<Option<Hash32>> {
        let answer: Option<String> = self
            .link
            .request("chain_getBlockHash", [number])
            .await
            .map_err(ChainError::from)?;
        let Some(text) = answer else { return Ok(None) };
        hex::decode(text.trim_start_matches("0x"))
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Some)
            .ok_or_else(|| Error::Refused(format!("the node calls block {number} `{text}`")))
    }

    /// A node keeps the state of its last blocks only, unless it is told to keep all.
    fn explain(&self, error: ChainError, number: u32, best: u32) -> Error {
        if error.is_passing() || best.saturating_sub(number) < REMEMBERED as u32 {
            return error.into();
        }
        Error::Refused(format!(
            "the node cannot tell what happened in block {number} ({error}); name one with --node \
             that keeps all blocks (it runs with --state-pruning archive)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

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
    fn a_settlement_says_what_was_paid() {
        let event = event(
            "JobSettled",
            &[
                ("job", JobId(7).encode()),
                ("worker", [1u8; 32].encode()),
                ("asset", Asset::Native.encode()),
                ("units", 2u32.encode()),
                ("price", 33u128.encode()),
                ("fee", 400u128.encode()),
                ("refunded", 5u128.encode()),
                ("output_commitment", [8u8; 32].encode()),
                ("blob", [9u8; 32].encode()),
            ],
        );
        let (job, what) = of_event(&event).unwrap().unwrap();
        let What::Settled(settled) = what else {
            panic!("{what:?}")
        };
        assert_eq!((job, settled.paid, settled.refunded), (JobId(7), 433, 5));
        assert_eq!(
            (settled.output_commitment, settled.blob),
            ([8; 32], [9; 32])
        );
    }

    #[test]
    fn other_events_and_other_ends() {
        let declined = event(
            "JobDeclined",
            &[
                ("job", JobId(7).encode()),
                ("reason", DeclineReason::TooLarge.encode()),
            ],
        );
        let what = What::Declined {
            reason: DeclineReason::TooLarge,
        };
        assert_eq!(of_event(&declined).unwrap(), Some((JobId(7), what)));
        let expired = event("JobExpired", &[("job", JobId(7).encode())]);
        assert_eq!(of_event(&expired).unwrap(), Some((JobId(7), What::Expired)));
        assert_eq!(of_event(&event("WorkerPaused", &[])).unwrap(), None);
        assert!(of_event(&event("JobExpired", &[])).is_err());
        let mut other = expired;
        other.pallet = "System".into();
        assert_eq!(of_event(&other).unwrap(), None);
    }
}
