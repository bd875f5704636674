//! A block's place in its chain.

use crate::Hash32;

/// A block by its number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub number: u32,
    pub hash: Hash32,
    /// Hash of the block before it.
    pub parent: Hash32,
}
