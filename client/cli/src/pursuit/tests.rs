//! Following jobs on a scripted chain.

use super::*;
use crate::{answer::binding, error::Exit, history::Settled, output::Output, state::tests::kept};
use myai_chain_client::{hop::blob_hash, AccountId, HopError, SealingKey};
use myai_primitives::{
    commitments::{output_commitment, Direction},
    DeclineReason,
};

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn event(block: u32, job: u64, payer: u8, commitment: Option<u8>, what: What) -> Seen {
    Seen {
        block,
        job: JobId(job),
        by: By::Event {
            payer: account(payer),
            input_commitment: commitment.map(|c| [c; 32]),
        },
        what,
    }
}

fn opened(job: u64, payer: u8, commitment: u8) -> Seen {
    event(18, job, payer, Some(commitment), What::Opened)
}

fn settled(paid: Option<Balance>) -> What {
    What::Settled(Settled {
        output_commitment: [8; 32],
        blob: [9; 32],
        units: 2,
        paid,
    })
}

fn call(job: u64, signer: u8, outermost: bool, what: What) -> Seen {
    Seen {
        block: 20,
        job: JobId(job),
        by: By::Call {
            signer: account(signer),
            outermost,
        },
        what,
    }
}

fn mine() -> Kept {
    Kept {
        payer: account(7).to_string(),
        signer: account(9).to_string(),
        ..kept(1)
    }
}

#[test]
fn a_job_that_opened_unseen_is_known_by_payer_and_commitment() {
    let mut job = mine();
    assert!(!job.take(&opened(5, 8, 1)));
    assert!(!job.take(&opened(5, 7, 2)));
    assert!(job.take(&opened(5, 7, 1)));
    assert_eq!(job.job, Some(JobId(5)));
    assert!(!job.take(&opened(5, 7, 1)));
    // What is replaced later may have another opening, in a block before this one.
    assert_eq!(job.from_block, 17);
}

#[test]
fn only_its_own_first_end_counts() {
    let mut job = mine();
    let expired = |job, payer| event(20, job, payer, None, What::Expired);
    assert!(!job.take(&expired(5, 7)));
    job.take(&opened(5, 7, 1));
    assert!(!job.take(&expired(6, 7)));
    assert!(!job.take(&expired(5, 8)));
    assert!(job.take(&event(20, 5, 7, Some(1), settled(Some(7)))));
    assert_eq!(job.stage(), "settled");
    assert!(!job.take(&expired(5, 7)));
    let mut job = mine();
    job.take(&opened(5, 7, 1));
    let reason = DeclineReason::BadInput;
    assert!(job.take(&event(20, 5, 7, None, What::Declined { reason })));
    assert_eq!(job.stage(), "declined");
}

#[test]
fn after_a_reorganisation_the_job_is_followed_under_its_new_number() {
    let mut job = mine();
    assert!(job.take(&opened(5, 7, 1)));
    // Job 5 is somebody else's now: their end is none of ours, and no other of the payer's.
    assert!(!job.take(&opened(5, 8, 3)));
    assert!(!job.take(&event(20, 5, 8, Some(3), settled(Some(7)))));
    assert!(!job.take(&event(20, 5, 7, Some(4), settled(Some(7)))));
    // Whoever copies the commitment does not end it either.
    assert!(!job.take(&event(20, 6, 8, Some(1), settled(Some(7)))));
    assert!(job.take(&opened(6, 7, 1)));
    assert_eq!((job.job, job.from_block), (Some(JobId(6)), 17));
    assert!(job.take(&event(21, 6, 7, Some(1), settled(Some(7)))));
    assert_eq!(job.stage(), "settled");

    // An end that was seen before the reorganisation goes with the number.
    let mut job = mine();
    job.take(&opened(5, 7, 1));
    assert!(job.take(&event(19, 5, 7, None, What::Expired)));
    assert!(job.take(&opened(6, 7, 1)));
    assert_eq!((job.job, job.stage()), (Some(JobId(6)), "open"));
    // A settlement is the job's whatever its number was thought to be.
    let mut job = mine();
    job.take(&opened(5, 7, 1));
    assert!(job.take(&event(21, 6, 7, Some(1), settled(Some(7)))));
    assert_eq!((job.job, job.stage()), (Some(JobId(6)), "settled"));
}

#[test]
fn a_call_alone_ends_the_job_only_where_it_cannot_have_failed_and_the_number_is_final() {
    let declined = What::Declined {
        reason: DeclineReason::BadInput,
    };
    let open = Kept {
        job: Some(JobId(5)),
        firm: true,
        units: 3,
        gross: 12,
        ..mine()
    };
    for what in [settled(None), declined, What::Expired] {
        // One that fails may be in a batch, also the worker's.
        for signer in [8, 9] {
            assert!(!open.clone().take(&call(5, signer, false, what.clone())));
        }
        // The worker may have changed its signer.
        assert!(open.clone().take(&call(5, 8, true, what.clone())));
        // A number that was in no final block may be another's by now.
        let mut fleeting = Kept {
            firm: false,
            ..open.clone()
        };
        assert!(!fleeting.take(&call(5, 9, true, what)));
    }
    let mut job = open.clone();
    assert!(job.take(&call(5, 9, true, settled(None))));
    let paid = match job.end {
        Some(End::Settled { paid, units, .. }) => (paid, units),
        _ => panic!("{:?}", job.end),
    };
    assert_eq!(paid, (8, 2));
    let mut other = Kept {
        job: Some(JobId(6)),
        ..open
    };
    assert!(!other.take(&call(5, 9, true, settled(None))));
}

/// A chain and a pool that do what the test says, and note what was asked of them.
#[derive(Default)]
struct Double {
    /// What each following block says.
    blocks: Vec<Vec<Seen>>,
    next: u32,
    /// Whether the blocks' events are gone.
    stateless: bool,
    /// As what the job is open, at each look; then it is not.
    open: Vec<JobId>,
    /// As what it is open in the final block, at each look; then it is not.
    firm: Vec<JobId>,
    finalized: u32,
    /// Whether the pool takes blobs now.
    takes: bool,
    uploads: usize,
    answer: Option<Vec<u8>>,
    /// How the next claims fail.
    pool: Vec<HopError>,
    claims: usize,
    acknowledged: usize,
    overdue: bool,
}

impl World for &mut Double {
    async fn standing(&mut self, _: &Kept) -> Result<Standing> {
        Ok(Standing {
            open: (!self.open.is_empty()).then(|| self.open.remove(0)),
            firm: (!self.firm.is_empty()).then(|| self.firm.remove(0)),
            best: self.finalized,
            finalized: self.finalized,
        })
    }
    async fn blocks(&mut self, _: u32) -> Result<Read> {
        self.next += 1;
        let seen = match self.blocks.is_empty() {
            true => vec![],
            false => self.blocks.remove(0),
        };
        Ok(Read {
            seen,
            all: self.blocks.is_empty(),
            next: self.next,
            certain: if self.stateless { 0 } else { self.next },
            notes: vec![],
        })
    }
    async fn upload(&mut self, _: &Kept, sealed: &[u8]) -> Result<bool> {
        assert_eq!(sealed, b"sealed input");
        self.uploads += self.takes as usize;
        Ok(self.takes)
    }
    async fn claim(&mut self, _: &Kept, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        self.claims += 1;
        if !self.pool.is_empty() {
            return Err(self.pool.remove(0).into());
        }
        let mine = |sealed: &&Vec<u8>| blob_hash(sealed) == *blob;
        Ok(self.answer.as_ref().filter(mine).cloned())
    }
    async fn receive(&mut self, _: &Kept, _: &Hash32) -> Result<Option<Vec<u8>>> {
        Ok(self.answer.clone())
    }
    async fn acknowledge(&mut self, _: &Kept, _: &Hash32) {
        self.acknowledged += 1;
    }
    async fn is_overdue(&mut self, _: JobId) -> bool {
        self.overdue
    }
    async fn pause(&mut self) {}
}

const ANSWER: &[u8] = b"forty-two";

/// A job of this machine as it is kept before it opens, its settlement, and the sealed answer.
fn prepared() -> (tempfile::TempDir, Store, Kept, Seen, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path());
    let key = SealingKey::generate();
    let job = Kept {
        sealing_secret: **key.secret(),
        ..mine()
    };
    store.prepare(&job, b"sealed input").unwrap();
    let sealed = binding(&job)
        .unwrap()
        .seal(Direction::Output, &key.public(), ANSWER)
        .unwrap();
    let settled = Settled {
        output_commitment: output_commitment(&job.salt, ANSWER),
        blob: blob_hash(&sealed),
        units: 1,
        paid: Some(7),
    };
    let settled = event(20, 5, 7, Some(1), What::Settled(settled));
    (dir, store, job, settled, sealed)
}

/// The job's file as another process finds it.
fn found(store: &Store) -> Kept {
    store
        .find(&crate::text::JobRef::Latest, None)
        .unwrap()
        .unwrap()
}

/// The job opened as 5, and its input was uploaded.
fn save_as_open(store: &Store) {
    let open = Kept {
        job: Some(JobId(5)),
        uploaded: true,
        ..found(store)
    };
    store.save(&open).unwrap();
}

async fn run(world: &mut Double, store: &Store, timeout: u64) -> Result<Vec<u8>> {
    let progress = Output::new(false, true).progress();
    let (store, kept) = (store.clone(), found(store));
    let mut pursuit = Pursuit::new(world, store, AssetNames::default(), kept, timeout);
    let answer = pursuit.answer(&progress).await?;
    pursuit.read().await?;
    Ok(answer)
}

#[tokio::test]
async fn an_answer_is_read_wherever_the_client_was_killed() {
    // Killed before it knew that the job had opened.
    let (_dir, store, job, settled, sealed) = prepared();
    let mut world = Double {
        blocks: vec![vec![], vec![opened(5, 7, 1)], vec![settled.clone()]],
        takes: true,
        answer: Some(sealed.clone()),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!((world.uploads, world.acknowledged), (1, 1));
    assert_eq!(found(&store).stage(), "answered");
    // Read again: from the disk, and nobody is told twice.
    let mut nothing = Double::default();
    assert_eq!(run(&mut nothing, &store, 60).await.unwrap(), ANSWER);
    assert_eq!(
        (nothing.uploads, nothing.acknowledged, nothing.next),
        (0, 0, 0)
    );

    // Killed after the upload, before the answer.
    let (_dir, store, _, settled, sealed) = prepared();
    let uploaded = Kept {
        job: Some(JobId(5)),
        uploaded: true,
        ..found(&store)
    };
    store.save(&uploaded).unwrap();
    let mut world = Double {
        blocks: vec![vec![opened(5, 7, 1), settled.clone()]],
        answer: Some(sealed.clone()),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!(world.uploads, 0);

    // Killed after the answer was received, before it was printed: the pool may have lost it.
    let (_dir, store, _, settled, sealed) = prepared();
    let mut ended = Kept {
        job: Some(JobId(5)),
        uploaded: true,
        ..found(&store)
    };
    ended.take(&settled);
    store.save(&ended).unwrap();
    store.save_answer(&ended.input_commitment, &sealed).unwrap();
    // Sealed with the key of the first job above, so it is written by this one.
    assert_ne!(ended.sealing_secret, job.sealing_secret);
    let mut world = Double::default();
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!(world.acknowledged, 1);
}

#[tokio::test]
async fn a_job_that_never_opened_is_known_once_its_call_is_void() {
    let (_dir, store, ..) = prepared();
    let mut world = Double {
        next: 17 + VOID_AFTER - 2,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert!(error.to_string().contains("nothing was held"), "{error}");
    assert!(store.input(&[1; 32]).is_err());
    assert!(store
        .find(&crate::text::JobRef::Latest, None)
        .unwrap()
        .is_none());
}

#[tokio::test]
async fn a_worker_that_declines_ends_an_upload_that_does_not_succeed() {
    let (_dir, store, ..) = prepared();
    let declined = What::Declined {
        reason: DeclineReason::BlobMissing,
    };
    let declined = event(19, 5, 7, None, declined);
    let mut world = Double {
        blocks: vec![vec![opened(5, 7, 1)], vec![], vec![declined]],
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert!(
        error.to_string().starts_with("the worker declined job 5"),
        "{error}"
    );
    assert_eq!((found(&store).stage(), world.uploads), ("declined", 0));
}

#[tokio::test]
async fn waiting_ends_with_a_hint() {
    let (_dir, store, ..) = prepared();
    let opened = vec![vec![opened(5, 7, 1)]];
    let mut world = Double {
        takes: true,
        blocks: opened,
        ..Default::default()
    };
    // No time at all: the first look is the last.
    let error = run(&mut world, &store, 0).await.unwrap_err();
    assert_eq!(error.exit(), Exit::TimedOut);
    assert!(error.to_string().contains("`myai job fetch 5`"), "{error}");
    world.overdue = true;
    let error = run(&mut world, &store, 0).await.unwrap_err();
    assert!(error.to_string().contains("`myai job expire 5`"), "{error}");
    assert_eq!((found(&store).stage(), world.uploads), ("waiting", 1));
}

#[tokio::test]
async fn an_answer_that_fails_its_check_is_never_shown_as_read() {
    let (_dir, store, _, settled, mut sealed) = prepared();
    sealed[50] ^= 1;
    let mut world = Double {
        takes: true,
        blocks: vec![vec![opened(5, 7, 1)], vec![settled]],
        answer: Some(sealed),
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Unsound);
    assert_eq!((found(&store).stage(), world.acknowledged), ("settled", 0));
    // And one that the pool has not got may come later.
    let (_dir, store, _, settled, _) = prepared();
    let mut world = Double {
        takes: true,
        blocks: vec![vec![opened(5, 7, 1)], vec![settled]],
        ..Default::default()
    };
    assert_eq!(
        run(&mut world, &store, 60).await.unwrap_err().exit(),
        Exit::TimedOut
    );
    assert_eq!(found(&store).stage(), "settled");
}

#[tokio::test]
async fn an_open_job_is_waited_for_without_reading_blocks() {
    let (_dir, store, _, settled, sealed) = prepared();
    let mut world = Double {
        open: vec![JobId(5); 50],
        finalized: 30,
        blocks: vec![vec![settled]],
        takes: true,
        answer: Some(sealed),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!((world.next, found(&store).job), (1, Some(JobId(5))));
}

#[tokio::test]
async fn where_it_was_open_is_kept_for_the_next_process() {
    let (_dir, store, ..) = prepared();
    let mut world = Double {
        open: vec![JobId(5)],
        finalized: 300,
        ..Default::default()
    };
    // No time at all: the first look is the last.
    run(&mut world, &store, 0).await.unwrap_err();
    let kept = found(&store);
    assert_eq!((kept.job, kept.from_block), (Some(JobId(5)), 301));
}

#[tokio::test]
async fn an_answer_is_found_by_the_workers_call_where_events_are_gone() {
    let (_dir, store, _, settled, sealed) = prepared();
    save_as_open(&store);
    let attest = call(5, 9, true, settled.what);
    let mut world = Double {
        blocks: vec![vec![], vec![], vec![attest]],
        stateless: true,
        answer: Some(sealed),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!((found(&store).stage(), world.next), ("answered", 3));
}

#[tokio::test]
async fn an_answer_is_recognised_where_not_even_the_number_is_known() {
    let (_dir, store, _, settled, sealed) = prepared();
    let attest = |seen: &Seen, job, signer| Seen {
        job: JobId(job),
        by: By::Call {
            signer: account(signer),
            outermost: true,
        },
        ..seen.clone()
    };
    let What::Settled(mine) = &settled.what else {
        panic!("{settled:?}")
    };
    let others = |blob, output_commitment| Seen {
        what: What::Settled(Settled {
            output_commitment,
            blob,
            ..mine.clone()
        }),
        ..settled.clone()
    };
    let mut world = Double {
        // Another blob, another commitment, another worker, and the one.
        blocks: vec![
            vec![attest(&others([9; 32], mine.output_commitment), 3, 9)],
            vec![attest(&others(mine.blob, [8; 32]), 4, 9)],
            vec![attest(&settled, 6, 8)],
            vec![attest(&settled, 5, 9)],
        ],
        stateless: true,
        answer: Some(sealed),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    let kept = found(&store);
    assert_eq!((kept.job, kept.stage()), (Some(JobId(5)), "answered"));
    assert_eq!(world.acknowledged, 1);
}

#[tokio::test]
async fn a_job_is_not_said_to_be_unopened_where_events_are_gone() {
    let (_dir, store, ..) = prepared();
    let mut world = Double {
        next: 17 + VOID_AFTER - 2,
        stateless: true,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    let text = error.to_string();
    assert!(text.contains("--state-pruning archive"), "{text}");
    assert!(text.contains("`myai job fetch 0x0101"), "{text}");
    assert!(store.input(&[1; 32]).is_ok());
    assert_eq!(found(&store).stage(), "prepared");
}

#[tokio::test]
async fn an_end_that_no_call_says_is_not_waited_for_nor_made_up() {
    let (_dir, store, ..) = prepared();
    save_as_open(&store);
    let mut world = Double {
        next: 1_000,
        finalized: 30,
        stateless: true,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert!(matches!(error, Error::Unsaid(_)), "{error}");
    // Final blocks are not read again, unless for their events.
    let kept = found(&store);
    assert_eq!((kept.from_block, kept.called), (17, Some(31)));
    assert_eq!(
        (kept.stage(), store.input(&[1; 32]).is_ok()),
        ("waiting", true)
    );
}

#[tokio::test]
async fn a_call_of_a_number_that_became_anothers_does_not_end_the_job() {
    let (_dir, store, _, mine, sealed) = prepared();
    save_as_open(&store);
    // Killed before that number was final: it was another's, and the answer is that of 6.
    let mut world = Double {
        blocks: vec![
            vec![
                call(5, 8, true, What::Expired),
                call(5, 9, true, settled(None)),
            ],
            vec![call(6, 9, false, mine.what)],
        ],
        stateless: true,
        answer: Some(sealed),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    let kept = found(&store);
    assert_eq!((kept.job, kept.stage()), (Some(JobId(6)), "answered"));
}

#[tokio::test]
async fn a_number_that_was_open_in_a_final_block_is_the_jobs_for_ever() {
    let (_dir, store, _, mine, sealed) = prepared();
    let mut world = Double {
        open: vec![JobId(5)],
        firm: vec![JobId(5)],
        ..Default::default()
    };
    run(&mut world, &store, 0).await.unwrap_err();
    assert!(found(&store).firm);
    // Nothing is asked of the pool about others' jobs, nor to know what is certain.
    let others = call(6, 9, true, settled(None));
    let mut world = Double {
        blocks: vec![vec![others], vec![call(5, 8, true, mine.what)]],
        stateless: true,
        takes: true,
        answer: Some(sealed),
        ..Default::default()
    };
    let mut uploaded = found(&store);
    uploaded.uploaded = true;
    store.save(&uploaded).unwrap();
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!(world.claims, 0);
}

#[tokio::test]
async fn a_pool_that_is_out_of_reach_is_asked_again_for_what_was_attested() {
    let (_dir, store, _, settled, sealed) = prepared();
    let world = |pool| Double {
        blocks: vec![vec![call(5, 9, true, settled.what.clone())]],
        finalized: 30,
        stateless: true,
        pool,
        answer: Some(sealed.clone()),
        ..Default::default()
    };
    let trouble = || vec![HopError::RateLimited, HopError::OtherBlob];
    // No time at all: it goes on there the next time.
    let error = run(&mut world(trouble()), &store, 0).await.unwrap_err();
    assert!(
        error.to_string().contains("`myai job fetch 0x0101"),
        "{error}"
    );
    assert_eq!(found(&store).called, None);
    assert_eq!(
        run(&mut world(trouble()), &store, 60).await.unwrap(),
        ANSWER
    );
}

#[tokio::test]
async fn where_a_job_without_a_number_was_looked_for_is_kept_for_the_next_process() {
    let (_dir, store, ..) = prepared();
    let mut world = Double {
        next: 20,
        finalized: 40,
        stateless: true,
        ..Default::default()
    };
    let error = run(&mut world, &store, 0).await.unwrap_err();
    assert_eq!(error.exit(), Exit::TimedOut);
    let kept = found(&store);
    assert_eq!((kept.from_block, kept.called), (17, Some(21)));
}

#[tokio::test]
async fn a_job_that_is_gone_for_good_without_an_attestation_is_likely_refunded() {
    let (_dir, store, _, settled, sealed) = prepared();
    let firm = Kept {
        job: Some(JobId(5)),
        firm: true,
        ..found(&store)
    };
    store.save(&firm).unwrap();
    let gone = |finalized| Double {
        next: 400,
        finalized,
        stateless: true,
        ..Default::default()
    };
    // A node that lags behind what is known.
    let error = run(&mut gone(16), &store, 60).await.unwrap_err();
    assert!(matches!(error, Error::Unsaid(_)), "{error}");
    assert_eq!(
        (found(&store).stage(), store.input(&[1; 32]).is_ok()),
        ("open", true)
    );
    for _ in 0..2 {
        let mut world = gone(300);
        if found(&store).end.is_some() {
            // What came after it is not read again.
            world.blocks = vec![vec![]; 9];
        }
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(world.next, 401);
        let text = error.to_string();
        assert!(matches!(error, Error::Unsaid(_)), "{text}");
        assert!(text.contains("most likely it was refunded"), "{text}");
        let kept = found(&store);
        assert_eq!(kept.stage(), "ended, likely refunded");
        assert!(store.input(&[1; 32]).is_err());
    }
    // A node that has the events says it.
    let mut world = Double {
        blocks: vec![vec![], vec![settled]],
        finalized: 300,
        answer: Some(sealed),
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
}

#[tokio::test]
async fn an_untold_end_stays_where_looking_for_another_fails() {
    let (_dir, store, ..) = prepared();
    let untold = Kept {
        job: Some(JobId(5)),
        firm: true,
        end: Some(End::Untold { block: 300 }),
        ..found(&store)
    };
    store.save(&untold).unwrap();
    let mut world = Double {
        blocks: vec![vec![]; 3],
        finalized: 300,
        ..Default::default()
    };
    run(&mut world, &store, 0).await.unwrap_err();
    assert_eq!(found(&store).stage(), "ended, likely refunded");
    // It was not so.
    world.open = vec![JobId(5)];
    run(&mut world, &store, 0).await.unwrap_err();
    assert_eq!(found(&store).stage(), "open");
}

#[tokio::test]
async fn an_attestation_that_cannot_be_checked_is_not_said_to_be_a_refund() {
    let (_dir, store, ..) = prepared();
    save_as_open(&store);
    let mut world = Double {
        blocks: vec![vec![call(5, 9, true, settled(None))]],
        next: 400,
        finalized: 300,
        stateless: true,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert!(error.to_string().contains("it may be paid"), "{error}");
    assert_eq!(found(&store).stage(), "ended, maybe paid");
}

#[tokio::test]
async fn a_job_of_which_nothing_is_known_for_long_is_given_up() {
    let (_dir, store, ..) = prepared();
    let mut world = Double {
        next: 400,
        finalized: 17 + VOID_AFTER + 1,
        stateless: true,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert!(matches!(error, Error::Unsaid(_)), "{error}");
    assert_eq!(found(&store).stage(), "ended, likely refunded");
    assert!(store.input(&[1; 32]).is_err());
}

#[tokio::test]
async fn an_opening_that_was_undone_for_good_is_said() {
    let (_dir, store, ..) = prepared();
    save_as_open(&store);
    let mut world = Double {
        next: 17 + VOID_AFTER - 2,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert!(error.to_string().contains("never opened"), "{error}");
    let kept = store.find(&crate::text::JobRef::Commitment([1; 32]), None);
    let kept = kept.unwrap().unwrap();
    assert_eq!((kept.stage(), kept.job), ("not opened", None));
    assert!(store.input(&[1; 32]).is_err());
}

#[tokio::test]
async fn an_end_that_a_reorganisation_undid_is_forgotten_and_its_input_is_not() {
    let (_dir, store, _, settled, sealed) = prepared();
    let mut world = Double {
        blocks: vec![
            vec![opened(5, 7, 1)],
            vec![event(20, 5, 7, None, What::Expired)],
        ],
        takes: true,
        finalized: 19,
        ..Default::default()
    };
    let error = run(&mut world, &store, 60).await.unwrap_err();
    assert!(matches!(error, Error::Expired { .. }), "{error}");
    assert!(store.input(&[1; 32]).is_ok());
    // It is open again, as another job; the answer is that one's.
    let settled = Seen {
        job: JobId(6),
        ..settled
    };
    let mut world = Double {
        open: vec![JobId(6), JobId(6)],
        blocks: vec![vec![settled]],
        answer: Some(sealed),
        finalized: 20,
        ..Default::default()
    };
    assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    assert_eq!(found(&store).job, Some(JobId(6)));
    // That end is final.
    assert!(store.input(&[1; 32]).is_err());
}

#[test]
fn inputs_are_forgotten_once_the_end_is_final() {
    let (_dir, store, ..) = prepared();
    let mut job = found(&store);
    assert!(!job.is_past(u32::MAX));
    job.end = Some(End::Expired { block: 20 });
    store.save(&job).unwrap();
    for (genesis, finalized, there) in [(9, 19, true), (8, 20, true), (9, 20, false)] {
        store.forget_past_inputs(&[genesis; 32], finalized).unwrap();
        assert_eq!(
            store.input(&[1; 32]).is_ok(),
            there,
            "{genesis} {finalized}"
        );
    }
    job.end = Some(End::NotOpened { why: "no".into() });
    assert!(!job.is_past(17 + VOID_AFTER - 1) && job.is_past(17 + VOID_AFTER));
}

#[test]
fn errors_once_money_is_held_say_what_to_do() {
    let mut job = mine();
    let pool = || Error::from(HopError::OtherBlob);
    let text = job.explain(pool()).to_string();
    assert!(text.contains("`myai job fetch 0x0101"), "{text}");
    job.job = Some(JobId(5));
    let error = job.explain(pool());
    assert_eq!(error.exit(), pool().exit());
    let text = error.to_string();
    assert!(text.starts_with(&pool().to_string()), "{text}");
    assert!(
        text.ends_with("; job 5 was opened, and `myai job fetch 5` reads its answer"),
        "{text}"
    );
    // Said once.
    assert_eq!(job.explain(error).to_string(), text);
    // Money is held: never the code that says that nothing was sent.
    assert_eq!(job.explain(Error::usage("x")).exit(), Exit::Refused);
    job.take(&event(20, 5, 7, Some(1), settled(None)));
    let text = job.explain(pool()).to_string();
    assert!(text.contains("job 5 is paid"), "{text}");
    job.end = Some(End::Expired { block: 20 });
    let text = job.explain(pool()).to_string();
    assert_eq!(text, pool().to_string());
}
