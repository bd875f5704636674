//! Best blocks in their order, each once, with what was retracted in a reorganisation said first.

use crate::{events::Event, Hash32};
use async_trait::async_trait;
use std::collections::VecDeque;

/// A block's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: u32,
    pub hash: Hash32,
    pub parent: Hash32,
}

/// Where blocks come from. [`crate::Chain::follow`] has one that asks a node.
#[async_trait]
pub trait Blocks: Send {
    type Error: std::fmt::Display + Send;

    /// Waits for the next best head; it may be any, also one that was before.
    async fn next_head(&mut self) -> Result<Head, Self::Error>;

    async fn head(&mut self, hash: Hash32) -> Result<Head, Self::Error>;

    async fn events(&mut self, hash: Hash32) -> Result<Vec<Event>, Self::Error>;

    /// Something failed for the `attempt`th time on end (from 1): wait before it is tried again.
    async fn wait(&mut self, attempt: u32);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// A block is best, and its parent was said before.
    Block {
        number: u32,
        hash: Hash32,
        events: Vec<Event>,
    },
    /// A block that was said before is no longer best. The latest comes first.
    Retracted { number: u32, hash: Hash32 },
    /// More blocks passed by than are followed one by one, or the node no longer has them. What
    /// their events said must be read from the state; the next block is the one after `upto`.
    Missed { upto: u32, hash: Hash32 },
}

/// Most blocks that are caught up one by one, and deepest reorganisation that is told block by
/// block.
pub const DEPTH_MOST: usize = 256;

/// Failures on end to read one block before it counts as missed.
const ATTEMPTS_MOST: u32 = 8;

/// Follows best blocks, from the first head that it sees.
pub struct Follow<B> {
    blocks: B,
    /// Told and not retracted, oldest first.
    told: VecDeque<Head>,
    plan: VecDeque<Step>,
    attempt: u32,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Tell(Head),
    Retract(Head),
    Skip(Head),
}

impl<B: Blocks> Follow<B> {
    pub fn new(blocks: B) -> Self {
        Self {
            blocks,
            told: VecDeque::new(),
            plan: VecDeque::new(),
            attempt: 0,
        }
    }

    /// The next thing to know. Never ends: a lost connection is waited out.
    pub async fn next(&mut self) -> Followed {
        loop {
            if let Some(step) = self.plan.front().copied() {
                match step {
                    Step::Retract(head) => {
                        self.plan.pop_front();
                        self.told.pop_back();
                        return Followed::Retracted {
                            number: head.number,
                            hash: head.hash,
                        };
                    }
                    Step::Skip(head) => {
                        self.plan.pop_front();
                        self.told.clear();
                        self.remember(head);
                        return Followed::Missed {
                            upto: head.number,
                            hash: head.hash,
                        };
                    }
                    Step::Tell(head) => match self.blocks.events(head.hash).await {
                        Ok(events) => {
                            self.attempt = 0;
                            self.plan.pop_front();
                            self.remember(head);
                            return Followed::Block {
                                number: head.number,
                                hash: head.hash,
                                events,
                            };
                        }
                        Err(e) => {
                            if self.failed("read a block's events", &e).await {
                                self.attempt = 0;
                                self.plan[0] = Step::Skip(head);
                            }
                        }
                    },
                }
                continue;
            }
            match self.blocks.next_head().await {
                Ok(head) => self.plan_to(head).await,
                Err(e) => {
                    self.failed("wait for a block", &e).await;
                }
            }
        }
    }

    /// Plans the way from what was told to `head`.
    async fn plan_to(&mut self, head: Head) {
        let Some(last) = self.told.back() else {
            self.plan.push_back(Step::Tell(head));
            return;
        };
        // A node that has caught up less than the one before, or the same head again.
        if self.told.iter().any(|t| t.hash == head.hash) {
            if last.hash != head.hash {
                self.retract_to(head.hash);
            }
            return;
        }
        let mut way = vec![head];
        loop {
            let lowest = way[way.len() - 1];
            if self.told.iter().any(|t| t.hash == lowest.parent) {
                self.retract_to(lowest.parent);
                self.plan.extend(way.iter().rev().map(|h| Step::Tell(*h)));
                self.attempt = 0;
                return;
            }
            let floor = self.told.front().map_or(0, |t| t.number);
            if way.len() >= DEPTH_MOST || lowest.number <= floor {
                self.plan.push_back(Step::Skip(head));
                return;
            }
            match self.blocks.head(lowest.parent).await {
                Ok(parent) => {
                    self.attempt = 0;
                    way.push(parent);
                }
                Err(e) => {
                    if self.failed("read a block's header", &e).await {
                        self.attempt = 0;
                        self.plan.push_back(Step::Skip(head));
                        return;
                    }
                }
            }
        }
    }

    fn retract_to(&mut self, hash: Hash32) {
        let above = self.told.iter().rev().take_while(|t| t.hash != hash);
        self.plan.extend(above.map(|t| Step::Retract(*t)));
    }

    fn remember(&mut self, head: Head) {
        self.told.push_back(head);
        if self.told.len() > DEPTH_MOST {
            self.told.pop_front();
        }
    }

    /// Waits; whether it has failed too often.
    async fn failed(&mut self, what: &str, error: &B::Error) -> bool {
        self.attempt += 1;
        tracing::debug!(attempt = self.attempt, %error, "failed to {what}");
        self.blocks.wait(self.attempt).await;
        self.attempt >= ATTEMPTS_MOST
    }
}
