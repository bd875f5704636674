//! Keys of the chain's storage, and decoding of the values under them.

use crate::error::ChainError;
use codec::{Decode, Encode};
use sp_crypto_hashing::{blake2_128, twox_128};

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

/// `Blake2_128Concat` of a key.
pub(crate) fn concat(key: &impl Encode) -> Vec<u8> {
    key.using_encoded(|k| [&blake2_128(k)[..], k].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountId;

    #[test]
    fn storage_keys_are_the_known_ones() {
        assert_eq!(
            hex::encode(prefix("System", "Account")),
            "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        );
        let key = concat(&AccountId::new([0xab; 32]));
        assert_eq!((key.len(), &key[16..]), (48, &[0xab; 32][..]));
    }
}
