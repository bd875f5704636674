//! A block's place in its chain.

use crate::{error::ChainError, Hash32};
use subxt::config::substrate::{SubstrateHeader, H256};

/// A block's header, as a node answers it.
pub(crate) type Header = SubstrateHeader<H256>;

/// A block by its number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub number: u32,
    pub hash: Hash32,
    /// Hash of the block before it.
    pub parent: Hash32,
}

impl Block {
    /// The block with that header, whose hash is `hash`.
    pub(crate) fn new(header: &Header, hash: Hash32) -> Result<Self, ChainError> {
        let number = u32::try_from(header.number).map_err(|_| ChainError::Incompatible {
            what: "block numbers have more than 32 bits".into(),
        })?;
        Ok(Self {
            number,
            hash,
            parent: header.parent_hash.0,
        })
    }
}
