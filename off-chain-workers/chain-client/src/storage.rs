//! Typed readers of what the SDK's pallets store and `MyAiApi` does not answer: balances, names of
//! assets, delegated votes, the time; at the node's best block, as methods of [`Chain`].

use crate::{chain::Chain, error::ChainError, AccountId};
use codec::{Decode, Encode};
use myai_primitives::{Asset, Balance};
use sp_crypto_hashing::{blake2_128, twox_128, twox_64};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An account's holding of one asset, in its smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub free: Balance,
    /// On hold: bonds, deposits and the most that open jobs may cost.
    pub held: Balance,
}

/// An asset's name and unit, as its owner wrote them: maybe no text, and no two need differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetMetadata {
    pub symbol: Vec<u8>,
    /// Decimal places of one of it, as people count it.
    pub decimals: u8,
}

impl Chain {
    /// The holding of `account` in `asset`.
    pub async fn balance(&self, account: &AccountId, asset: Asset) -> Result<Holding, ChainError> {
        match asset {
            Asset::Native => {
                // Nonce and three counters, then the amounts.
                type AccountInfo = ([u32; 4], Balance, Balance);
                let key = key("System", "Account", &[blake2_128_concat(account)]);
                let info: Option<AccountInfo> = self.value("an account's balance", &key).await?;
                Ok(info.map_or(Holding::default(), |(_, free, held)| Holding { free, held }))
            }
            Asset::Id(id) => {
                let row = [blake2_128_concat(&id), blake2_128_concat(account)];
                let value = async |pallet, item| -> Result<Balance, ChainError> {
                    let key = key(pallet, item, &row);
                    Ok(self.value("an account's asset", &key).await?.unwrap_or(0))
                };
                Ok(Holding {
                    free: value("Assets", "Account").await?,
                    held: value("AssetsHolder", "BalancesOnHold").await?,
                })
            }
        }
    }

    /// What the asset of that id is called; `None` if nobody has named it.
    pub async fn asset_metadata(&self, id: u32) -> Result<Option<AssetMetadata>, ChainError> {
        // The deposit, the long name, and what is wanted.
        type Row = (Balance, Vec<u8>, Vec<u8>, u8);
        let key = key("Assets", "Metadata", &[blake2_128_concat(&id)]);
        let row: Option<Row> = self.value("an asset's name", &key).await?;
        Ok(row.map(|(_, _, symbol, decimals)| AssetMetadata { symbol, decimals }))
    }

    /// Whether `account` has delegated its votes on the track of that id.
    pub async fn has_delegated(&self, account: &AccountId, track: u16) -> Result<bool, ChainError> {
        let row = [twox_64_concat(account), twox_64_concat(&track)];
        let key = key("ConvictionVoting", "VotingFor", &row);
        let voting: Option<u8> = self.value("an account's votes", &key).await?;
        // Its variants: 0 casts votes itself, 1 delegates.
        Ok(voting == Some(1))
    }

    /// When the best block was made, by its author's clock; `None` in the block of genesis.
    pub async fn time(&self) -> Result<Option<SystemTime>, ChainError> {
        let millis: Option<u64> = self
            .value("a block's time", &key("Timestamp", "Now", &[]))
            .await?;
        Ok(millis.map(|millis| UNIX_EPOCH + Duration::from_millis(millis)))
    }

    /// The beginning of the value under a key; more may follow.
    async fn value<T: Decode>(
        &self,
        what: &'static str,
        key: &[u8],
    ) -> Result<Option<T>, ChainError> {
        let bytes = self.storage(key, None).await?;
        bytes.map(|bytes| decode(what, &bytes)).transpose()
    }
}

/// Reads the beginning of `bytes`; more may follow.
pub(crate) fn decode<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, ChainError> {
    T::decode(&mut &bytes[..]).map_err(|source| ChainError::Unreadable { what, source })
}

pub(crate) fn prefix(pallet: &str, item: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out[..16].copy_from_slice(&twox_128(pallet.as_bytes()));
    out[16..].copy_from_slice(&twox_128(item.as_bytes()));
    out
}

/// The key of a row: the item's prefix, and the hashed parts of the row's own.
fn key(pallet: &str, item: &str, row: &[Vec<u8>]) -> Vec<u8> {
    [&prefix(pallet, item)[..], &row.concat()].concat()
}

fn blake2_128_concat(part: &impl Encode) -> Vec<u8> {
    part.using_encoded(|part| [&blake2_128(part)[..], part].concat())
}

fn twox_64_concat(part: &impl Encode) -> Vec<u8> {
    part.using_encoded(|part| [&twox_64(part)[..], part].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_keys_are_the_known_ones() {
        assert_eq!(
            hex::encode(prefix("System", "Account")),
            "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        );
        assert_eq!(
            hex::encode(key("Timestamp", "Now", &[])),
            "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
        );
        let account = AccountId::new([0xab; 32]);
        let part = blake2_128_concat(&account);
        assert_eq!((part.len(), &part[16..]), (48, &[0xab; 32][..]));
        let part = twox_64_concat(&account);
        assert_eq!((part.len(), &part[8..]), (40, &[0xab; 32][..]));
    }
}
