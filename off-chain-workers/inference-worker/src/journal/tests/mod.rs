mod crashes;
mod disk;
mod files;

use super::*;
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_primitives::VersionId;

fn id(n: u8) -> JobId {
    JobId([n; 32])
}

/// The sealed answer of job `n`, of another length for each.
fn sealed(n: u8) -> Arc<[u8]> {
    let length = match n % 4 {
        0 => 100_000,
        1 => 5_000,
        _ => 300,
    };
    (0..length)
        .map(|i: usize| (i / 7) as u8 ^ n)
        .collect::<Vec<u8>>()
        .into()
}

fn answered(n: u8) -> Answered {
    Answered {
        job: Job {
            id: id(n),
            payer: AccountId::new([1; 32]),
            version: VersionId(7),
            units: 1,
            deadline: 100,
            input_commitment: [3; 32],
            input_length: 9,
            blob: [4; 32],
        },
        answer: Answer {
            output_commitment: [5; 32],
            units: 1,
            blob: blob_hash(&sealed(n)),
            mailbox: [7; 32],
        },
    }
}
