//! The bytes that are hashed, signed and sealed. The golden vectors in the tests are part of the
//! interface: a change of one byte makes what was paid for unreadable.

use crate::Hash32;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use sp_crypto_hashing::blake2_256;

/// The payer's random bytes that make commitments unguessable.
pub type Salt = [u8; 32];

fn tagged(tag: &[u8], salt: &Salt, bytes: &[u8]) -> Hash32 {
    let mut all = Vec::with_capacity(tag.len() + salt.len() + bytes.len());
    all.extend_from_slice(tag);
    all.extend_from_slice(salt);
    all.extend_from_slice(bytes);
    blake2_256(&all)
}

/// `blake2_256("myai/input/1" ‖ salt ‖ bytes)`, over the raw input.
pub fn input_commitment(salt: &Salt, bytes: &[u8]) -> Hash32 {
    tagged(b"myai/input/1", salt, bytes)
}

/// `blake2_256("myai/output/1" ‖ salt ‖ bytes)`, over the answer in the clear.
pub fn output_commitment(salt: &Salt, bytes: &[u8]) -> Hash32 {
    tagged(b"myai/output/1", salt, bytes)
}

/// Which way sealed bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Direction {
    /// From the payer to the worker.
    #[codec(index = 0)]
    Input,
    /// From the worker to the payer.
    #[codec(index = 1)]
    Output,
}

/// Associated data of a job's sealed bytes: `genesis ‖ payer ‖ input commitment ‖ direction`.
pub fn job_associated_data(
    genesis: &Hash32,
    payer: &[u8; 32],
    input_commitment: &Hash32,
    direction: Direction,
) -> Vec<u8> {
    (genesis, payer, input_commitment, direction).encode()
}

/// The format of [`SealedInput`] that this release writes and reads.
pub const SEALED_INPUT_FORMAT: u8 = 1;

/// What a payer seals for the worker.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SealedInput {
    /// [`SEALED_INPUT_FORMAT`].
    pub format: u8,
    pub salt: Salt,
    /// One-time X25519 public key that the answer is sealed to.
    pub answer_sealing_key: Hash32,
    /// One-time sr25519 public key that may claim the answer from the HOP pool.
    pub answer_mailbox_key: Hash32,
    /// The raw file.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vectors_hold() {
        let salt = [7u8; 32];
        let cases: [(Hash32, Vec<u8>); 2] = [
            (input_commitment(&salt, b"hello"), b"myai/input/1".to_vec()),
            (
                output_commitment(&salt, b"hello"),
                b"myai/output/1".to_vec(),
            ),
        ];
        for (got, mut bytes) in cases {
            bytes.extend([7u8; 32]);
            bytes.extend(b"hello");
            assert_eq!(got, blake2_256(&bytes));
        }
        assert_eq!(
            hex(&input_commitment(&salt, b"hello")),
            "a987cf0a165988f275c96fed56f44ba560e496f26bd9f3022f02c761548a460e"
        );
        assert_eq!(
            hex(&output_commitment(&salt, b"hello")),
            "fa5ac88d69f5414f918186d9e245b91f01a34113a57a363c841f5ab62274a76c"
        );
        let aad = job_associated_data(&[1; 32], &[2; 32], &[3; 32], Direction::Output);
        assert_eq!(aad.len(), 97);
        assert_eq!((aad[0], aad[32], aad[64], aad[96]), (1, 2, 3, 1));
        let sealed = SealedInput {
            format: SEALED_INPUT_FORMAT,
            salt,
            answer_sealing_key: [8; 32],
            answer_mailbox_key: [9; 32],
            bytes: b"ab".to_vec(),
        };
        let mut expected = vec![1u8];
        expected.extend([7u8; 32]);
        expected.extend([8u8; 32]);
        expected.extend([9u8; 32]);
        expected.extend([8, b'a', b'b']);
        assert_eq!(sealed.encode(), expected);
    }

    fn hex(bytes: &[u8]) -> alloc::string::String {
        bytes.iter().map(|b| alloc::format!("{b:02x}")).collect()
    }
}
