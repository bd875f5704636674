//! Answers about recent blocks, remembered so that the node is asked for each of them once, however
//! many calls need it.

use crate::{block::Block, event::Event, runtime::Runtime, Hash32};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};
use tokio::sync::{watch, OnceCell};

/// Blocks that are remembered. A call is in one of the last few, or is looked for from there on.
const REMEMBERED: usize = 16;

#[derive(Default)]
pub(crate) struct Recent {
    /// The block asked about last stands last.
    blocks: Mutex<VecDeque<(Hash32, Arc<Known>)>>,
    /// The node's best block; `None` while no [`crate::Heads`] follow the node.
    head: watch::Sender<Option<Block>>,
}

/// The answers about one block. Everybody who needs one waits for the same request.
#[derive(Default)]
pub(crate) struct Known {
    pub block: OnceCell<Block>,
    /// Where in the block each extrinsic is, by its hash.
    pub places: OnceCell<HashMap<Hash32, u32>>,
    pub events: OnceCell<Vec<Event>>,
    pub runtime: OnceCell<Runtime>,
    /// The last final block when this one was signed on.
    pub finalized: OnceCell<Block>,
}

impl Recent {
    pub(crate) fn of(&self, hash: Hash32) -> Arc<Known> {
        let mut blocks = self.blocks.lock().unwrap_or_else(|e| e.into_inner());
        let found = blocks.iter().position(|(known, _)| *known == hash);
        let entry = match found.and_then(|i| blocks.remove(i)) {
            Some(entry) => entry,
            None => (hash, Arc::default()),
        };
        let known = entry.1.clone();
        blocks.push_back(entry);
        if blocks.len() > REMEMBERED {
            blocks.pop_front();
        }
        known
    }

    /// `block` is the node's best one.
    pub(crate) fn follow(&self, block: Block) {
        let _ = self.of(block.hash).block.set(block);
        self.head.send_replace(Some(block));
    }

    /// From now on the node must be asked for its best block, until [`Self::follow`] is called.
    pub(crate) fn lose_track(&self) {
        self.head.send_replace(None);
    }

    pub(crate) fn head(&self) -> watch::Receiver<Option<Block>> {
        self.head.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_blocks_asked_about_last_are_remembered() {
        let recent = Recent::default();
        let first = recent.of([0; 32]);
        for n in 1..REMEMBERED as u8 {
            recent.of([n; 32]);
        }
        assert!(Arc::ptr_eq(&first, &recent.of([0; 32])));
        // The first one was asked about a moment ago: the second one goes.
        recent.of([100; 32]);
        assert_eq!(recent.blocks.lock().unwrap().len(), REMEMBERED);
        assert!(Arc::ptr_eq(&first, &recent.of([0; 32])));
        let blocks = recent.blocks.lock().unwrap();
        assert!(blocks.iter().all(|(hash, _)| *hash != [1; 32]));
    }
}
