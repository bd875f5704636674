//! For how many blocks a signed call is valid.

use crate::{block::Block, Hash32};

/// How far behind the best block the finalised one may be for calls to be bound to it.
const MAX_FINALITY_LAG: u32 = 32;

/// From which block a signed call counts, and for how many blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mortality {
    pub number: u32,
    pub hash: Hash32,
    pub length: u64,
}

impl Mortality {
    /// Bound to the finalised block, which cannot be reorganised away: that would void the call.
    /// Where it is far behind, to the best one.
    pub(crate) fn new(best: &Block, finalized: &Block, length: u64) -> Self {
        let birth = if finalized.number + MAX_FINALITY_LAG < best.number {
            best
        } else {
            finalized
        };
        // One before it: the pool may still look at the block before the one that we know, for
        // which that one would lie in the future.
        let (number, hash) = match birth.number.checked_sub(1) {
            Some(number) => (number, birth.parent),
            None => (0, birth.hash),
        };
        Self {
            number,
            hash,
            length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_bound_to_a_final_block_while_that_is_near() {
        let block = |number: u32| Block {
            number,
            hash: [number as u8; 32],
            parent: [number as u8 - 1; 32],
        };
        let birth = |best, finalized| Mortality::new(&block(best), &block(finalized), 64).number;
        assert_eq!(birth(50, 40), 39);
        assert_eq!(birth(50, 18), 17);
        assert_eq!(birth(50, 17), 49);
        let genesis = Block {
            number: 0,
            hash: [7; 32],
            parent: [0; 32],
        };
        let first = Mortality::new(&genesis, &genesis, 64);
        assert_eq!((first.number, first.hash), (0, [7; 32]));
    }
}
