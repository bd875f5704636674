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
pub const MAX_DEPTH: usize = 256;

/// Failures on end to read one block before it counts as missed.
const MAX_ATTEMPTS: u32 = 8;

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
            if way.len() >= MAX_DEPTH || lowest.number <= floor {
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
        if self.told.len() > MAX_DEPTH {
            self.told.pop_front();
        }
    }

    /// Waits; whether it has failed too often.
    async fn failed(&mut self, what: &str, error: &B::Error) -> bool {
        self.attempt += 1;
        tracing::debug!(attempt = self.attempt, %error, "failed to {what}");
        self.blocks.wait(self.attempt).await;
        self.attempt >= MAX_ATTEMPTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    /// A block named by one letter and a number; `fork` blocks have another letter.
    fn hash(letter: char, number: u32) -> Hash32 {
        let mut hash = [letter as u8; 32];
        hash[..4].copy_from_slice(&number.to_le_bytes());
        hash
    }

    #[derive(Default)]
    struct Script {
        /// What the stream of heads says, in order; `None` is a lost connection.
        stream: VecDeque<Option<Head>>,
        chain: HashMap<Hash32, Head>,
        /// How often each hash still fails to be read.
        failing: HashMap<Hash32, u32>,
        gone: HashSet<Hash32>,
        waits: Vec<u32>,
    }

    impl Script {
        /// Blocks `numbers` of `letter`, the first one upon `parent`.
        fn grow(
            &mut self,
            letter: char,
            numbers: std::ops::RangeInclusive<u32>,
            mut parent: Hash32,
        ) {
            for number in numbers {
                let head = Head {
                    number,
                    hash: hash(letter, number),
                    parent,
                };
                parent = head.hash;
                self.chain.insert(head.hash, head);
            }
        }

        fn best(&mut self, letter: char, number: u32) -> &mut Self {
            self.stream
                .push_back(Some(self.chain[&hash(letter, number)]));
            self
        }

        fn lost(&mut self) -> &mut Self {
            self.stream.push_back(None);
            self
        }

        fn read(&mut self, hash: Hash32) -> Result<(), &'static str> {
            if self.gone.contains(&hash) {
                return Err("pruned");
            }
            match self.failing.get_mut(&hash) {
                Some(n) if *n > 0 => {
                    *n -= 1;
                    Err("lost")
                }
                _ => Ok(()),
            }
        }
    }

    #[async_trait]
    impl Blocks for Script {
        type Error = &'static str;

        async fn next_head(&mut self) -> Result<Head, Self::Error> {
            self.stream
                .pop_front()
                .expect("the script has an end that the test does not reach")
                .ok_or("lost")
        }

        async fn head(&mut self, hash: Hash32) -> Result<Head, Self::Error> {
            self.read(hash)?;
            self.chain.get(&hash).copied().ok_or("unknown")
        }

        async fn events(&mut self, hash: Hash32) -> Result<Vec<Event>, Self::Error> {
            self.read(hash)?;
            Ok(Vec::new())
        }

        async fn wait(&mut self, attempt: u32) {
            self.waits.push(attempt);
        }
    }

    /// What is told next, as `+a1`, `-a1` or `?a1`.
    async fn told(follow: &mut Follow<Script>, count: usize) -> String {
        let mut out = Vec::new();
        for _ in 0..count {
            let (sign, number, hash) = match follow.next().await {
                Followed::Block { number, hash, .. } => ('+', number, hash),
                Followed::Retracted { number, hash } => ('-', number, hash),
                Followed::Missed { upto, hash } => ('?', upto, hash),
            };
            out.push(format!("{sign}{}{number}", hash[31] as char));
        }
        out.join(" ")
    }

    #[tokio::test]
    async fn each_block_is_told_once_and_gaps_are_filled() {
        let mut script = Script::default();
        script.grow('a', 1..=9, [0; 32]);
        script.best('a', 3).best('a', 4).best('a', 4).best('a', 8);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 6).await, "+a3 +a4 +a5 +a6 +a7 +a8");
        assert!(follow.blocks.stream.is_empty());
    }

    #[tokio::test]
    async fn a_reorganisation_takes_back_the_latest_first() {
        let mut script = Script::default();
        script.grow('a', 1..=6, [0; 32]);
        script.grow('b', 4..=7, hash('a', 3));
        script.best('a', 3).best('a', 6).best('b', 7);
        let mut follow = Follow::new(script);
        assert_eq!(
            told(&mut follow, 11).await,
            "+a3 +a4 +a5 +a6 -a6 -a5 -a4 +b4 +b5 +b6 +b7"
        );
    }

    #[tokio::test]
    async fn a_fork_and_back_again_tells_everything_again() {
        let mut script = Script::default();
        script.grow('a', 1..=5, [0; 32]);
        script.grow('b', 4..=4, hash('a', 3));
        script.best('a', 3).best('a', 4).best('b', 4).best('a', 5);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 7).await, "+a3 +a4 -a4 +b4 -b4 +a4 +a5");
    }

    #[tokio::test]
    async fn a_head_told_before_takes_back_what_is_above() {
        let mut script = Script::default();
        script.grow('a', 1..=5, [0; 32]);
        script.best('a', 3).best('a', 5).best('a', 4).best('a', 5);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 5).await, "+a3 +a4 +a5 -a5 +a5");
    }

    #[tokio::test]
    async fn a_lost_connection_is_waited_out_and_caught_up() {
        let mut script = Script::default();
        script.grow('a', 1..=9, [0; 32]);
        script
            .best('a', 3)
            .lost()
            .lost()
            .best('a', 6)
            .lost()
            .best('a', 7);
        script.failing.insert(hash('a', 5), 3);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 5).await, "+a3 +a4 +a5 +a6 +a7");
        // Twice for a head, then thrice more on end, and anew once something worked.
        assert_eq!(follow.blocks.waits, [1, 2, 3, 4, 5, 1]);
    }

    #[tokio::test]
    async fn a_block_that_is_gone_is_said_to_be_missed() {
        let mut script = Script::default();
        script.grow('a', 1..=9, [0; 32]);
        script.best('a', 3).best('a', 6);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 2).await, "+a3 +a4");
        follow.blocks.gone.insert(hash('a', 5));
        assert_eq!(told(&mut follow, 2).await, "?a5 +a6");
    }

    #[tokio::test]
    async fn too_large_a_gap_is_said_to_be_missed() {
        let most = MAX_DEPTH as u32;
        let mut script = Script::default();
        script.grow('a', 1..=3 * most, [0; 32]);
        script
            .best('a', 3)
            .best('a', 3 * most - 1)
            .best('a', 3 * most);
        let mut follow = Follow::new(script);
        assert_eq!(
            told(&mut follow, 3).await,
            format!("+a3 ?a{} +a{}", 3 * most - 1, 3 * most)
        );
    }

    #[tokio::test]
    async fn another_chain_from_below_what_was_told_is_missed() {
        let mut script = Script::default();
        script.grow('a', 1..=5, [0; 32]);
        script.grow('b', 2..=6, hash('a', 1));
        script.best('a', 3).best('a', 4).best('b', 6);
        let mut follow = Follow::new(script);
        assert_eq!(told(&mut follow, 3).await, "+a3 +a4 ?b6");
    }

    #[tokio::test]
    async fn what_was_told_long_ago_is_forgotten() {
        let most = MAX_DEPTH as u32;
        let mut script = Script::default();
        script.grow('a', 1..=2 * most, [0; 32]);
        for number in 1..=2 * most {
            script.best('a', number);
        }
        let mut follow = Follow::new(script);
        told(&mut follow, 2 * MAX_DEPTH).await;
        assert_eq!(follow.told.len(), MAX_DEPTH);
    }
}
