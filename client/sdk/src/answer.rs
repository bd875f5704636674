//! An answer: opened, and checked against what the worker attested on the chain.

use crate::{
    error::{Error, Result},
    job_store::{End, SavedJob},
};
use myai_chain_client::{sealing::JobBinding, SealingKey};
use myai_primitives::{
    commitments::{output_commitment, Direction},
    Amount, Hash32,
};

/// An answer in the clear, which is the one that the worker attested.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// As the version's manifest says: labels, text, JSON or tensors.
    pub bytes: Vec<u8>,
    /// Units that it took, of those that were paid for.
    pub units: u32,
    /// Price and fee that were paid for it.
    pub paid: Amount,
    /// What the chain has of it.
    pub output_commitment: Hash32,
}

/// What the sealed bytes and the salt of a job are bound to.
fn binding(saved: &SavedJob) -> JobBinding {
    JobBinding {
        genesis: saved.genesis,
        payer: saved.payer.clone().into(),
        input_commitment: saved.input_commitment,
    }
}

/// Opens a sealed answer and checks it against the commitment that the worker attested.
pub(crate) fn open(saved: &SavedJob, sealed: &[u8]) -> Result<Answer> {
    let untrusted = |why| Error::Untrusted { job: saved.id, why };
    let Some(End::Settled {
        output_commitment: attested,
        units,
        paid,
        ..
    }) = saved.end
    else {
        return Err(untrusted("the job was not settled"));
    };
    let key = SealingKey::from_secret(&saved.sealing_secret)
        .map_err(|_| untrusted("its key on this machine is damaged"))?;
    let bytes = binding(saved)
        .open(Direction::Output, &key, sealed)
        .map_err(|_| untrusted("it cannot be opened with the key that was sent with the input"))?;
    if output_commitment(&saved.salt, &bytes) != attested {
        return Err(untrusted("it is not what the worker attested on the chain"));
    }
    Ok(Answer {
        bytes: bytes.to_vec(),
        units,
        paid: saved.amount(paid),
        output_commitment: attested,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_store::tests::saved;

    fn settled(answer: &[u8]) -> (SavedJob, Vec<u8>) {
        let key = SealingKey::generate();
        let mut job = saved(1);
        job.sealing_secret = **key.secret();
        job.end = Some(End::Settled {
            output_commitment: output_commitment(&job.salt, answer),
            blob: [6; 32],
            units: 1,
            paid: 7,
            block: 20,
            read: false,
        });
        let sealed = binding(&job)
            .seal(Direction::Output, &key.public(), answer)
            .unwrap();
        (job, sealed)
    }

    #[test]
    fn a_sealed_answer_opens_and_passes() {
        let (job, sealed) = settled(b"forty-two");
        let answer = open(&job, &sealed).ok().unwrap();
        assert_eq!(answer.bytes, b"forty-two");
        assert_eq!((answer.units, answer.paid), (1, job.amount(7)));
    }

    #[test]
    fn any_other_answer_is_refused() {
        let (job, mut sealed) = settled(b"forty-two");
        let untrusted = |job: &SavedJob, sealed: &[u8], expected: &str| {
            let Err(Error::Untrusted { why, .. }) = open(job, sealed) else {
                panic!("it was trusted: {expected}");
            };
            assert!(why.contains(expected), "{why}");
        };
        // What was attested is another answer than what was handed over.
        let (mut other, _) = settled(b"forty-three");
        other.sealing_secret = job.sealing_secret;
        untrusted(&other, &sealed, "not what the worker attested");
        // The answer of another job.
        let mut moved = job.clone();
        moved.input_commitment = [9; 32];
        untrusted(&moved, &sealed, "cannot be opened");
        sealed[40] ^= 1;
        untrusted(&job, &sealed, "cannot be opened");
        untrusted(&job, &[], "cannot be opened");
        untrusted(&saved(1), &sealed, "was not settled");
    }
}
