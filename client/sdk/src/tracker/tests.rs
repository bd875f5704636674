//! Jobs are followed through a chain that says what each test scripts.

use super::*;
use crate::job_store::{tests::saved, JobRef};
use myai_chain_client::{sealing::JobBinding, RpcError, SealingKey};
use myai_primitives::{
    commitments::{output_commitment, Direction},
    Asset, DeclineReason, EndedJobView, Run, VersionId,
};
use std::collections::VecDeque;

/// What the next look at the best block finds; the last one stays.
struct Script {
    best: VecDeque<Look>,
    last: JobStatus,
    /// Whether the pool takes the input, one by one; afterwards it does.
    uploads: VecDeque<bool>,
    /// What the pool has for the answer's key.
    answer: Option<Vec<u8>>,
    uploaded: u32,
    acknowledged: u32,
    pauses: u32,
}

#[derive(Clone)]
enum Look {
    At(Tick, Option<Box<JobState<AccountId>>>),
    Lost,
    Refused,
}

impl Script {
    fn new(best: Vec<Look>) -> Self {
        Self {
            best: best.into(),
            last: JobStatus {
                job: None,
                served: 0,
            },
            uploads: VecDeque::new(),
            answer: None,
            uploaded: 0,
            acknowledged: 0,
            pauses: 0,
        }
    }
}

impl Backend for &mut Script {
    async fn look(&mut self, _: JobId, at: Moment) -> Result<JobStatus> {
        if at == Moment::Final {
            return Ok(self.last.clone());
        }
        let look = match self.best.len() {
            1 => self.best[0].clone(),
            _ => self.best.pop_front().expect("a script"),
        };
        match look {
            Look::At(served, job) => Ok(JobStatus {
                job: job.map(|job| *job),
                served,
            }),
            Look::Lost => Err(ChainError::Rpc(RpcError::Lost {
                url: "ws://node".into(),
                source: "gone".into(),
            })
            .into()),
            Look::Refused => Err(ChainError::Incompatible { what: "x".into() }.into()),
        }
    }

    async fn answer_kept(&mut self) -> Result<Tick> {
        Ok(1_000)
    }

    async fn upload(&mut self, _: &SavedJob, sealed: &[u8]) -> Result<bool> {
        assert_eq!(sealed, b"sealed");
        let taken = self.uploads.pop_front().unwrap_or(true);
        self.uploaded += u32::from(taken);
        Ok(taken)
    }

    async fn receive(&mut self, _: &SavedJob, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        assert_eq!(*blob, [6; 32]);
        Ok(self.answer.clone())
    }

    async fn acknowledge(&mut self, _: &SavedJob, _: &Hash32) {
        self.acknowledged += 1;
    }

    async fn pause(&mut self) {
        self.pauses += 1;
    }
}

fn open() -> Option<Box<JobState<AccountId>>> {
    let account = AccountId::new([7; 32]);
    Some(Box::new(JobState::Open(OpenJobView {
        payer: account.clone(),
        opener: account.clone(),
        uploader: None,
        version: VersionId(3),
        run: Run::Direct {
            worker: account,
            blob: [1; 32],
        },
        units: 1,
        asset: Asset::Native,
        price: 1_000_000_000_000,
        fee: 500_000_000_000,
        deposit: 10,
        deadline: 100,
        revision: 0,
        input_commitment: [0xc0; 32],
        input_length: 6,
    })))
}

fn ended(outcome: Outcome) -> Option<Box<JobState<AccountId>>> {
    Some(Box::new(JobState::Ended(EndedJobView {
        version: VersionId(3),
        workers: vec![AccountId::new([7; 32])],
        deadline: 100,
        kept_until: 1_100,
        outcome,
    })))
}

/// A job that was prepared, its sealed answer, and how it is settled with it.
fn asked() -> (SavedJob, Vec<u8>, Outcome) {
    let key = SealingKey::generate();
    let mut job = saved(1);
    job.sealing_secret = **key.secret();
    let binding = JobBinding {
        genesis: job.genesis,
        payer: [7; 32],
        input_commitment: job.input_commitment,
    };
    let sealed = binding.seal(Direction::Output, &key.public(), b"42");
    let outcome = Outcome::Settled {
        output_commitment: output_commitment(&job.salt, b"42"),
        blob: [6; 32],
        units: 1,
        paid: 7,
        block: 20,
    };
    (job, sealed.unwrap(), outcome)
}

struct Case {
    _dir: tempfile::TempDir,
    store: JobStore,
    script: Script,
}

impl Case {
    fn new(job: &SavedJob, best: Vec<Look>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        store.prepare(job, b"sealed").unwrap();
        Self {
            store,
            script: Script::new(best),
            _dir: dir,
        }
    }

    /// As a new process does, from what is on the disk.
    async fn fetch(&mut self, seconds: u64) -> Result<Vec<u8>> {
        let saved = self.saved();
        let store = self.store.clone();
        let mut tracker = Tracker::new(&mut self.script, store, saved);
        let patience = Duration::from_secs(seconds);
        let answer = tracker.answer(patience, &|_| ()).await?;
        tracker.mark_read().await?;
        Ok(answer.bytes)
    }

    fn saved(&self) -> SavedJob {
        self.store
            .find(&JobRef::Id(JobId([1; 32])), None)
            .unwrap()
            .unwrap()
    }
}

#[tokio::test]
async fn a_job_is_followed_from_its_opening_to_its_answer() {
    let (job, sealed, outcome) = asked();
    let mut case = Case::new(
        &job,
        vec![
            Look::At(0, None),
            Look::At(1, open()),
            Look::At(1, open()),
            Look::At(2, ended(outcome)),
        ],
    );
    case.script.answer = Some(sealed);
    assert_eq!(case.fetch(60).await.unwrap(), b"42");
    let script = &case.script;
    assert_eq!((script.uploaded, script.acknowledged), (1, 1));
    let saved = case.saved();
    assert_eq!(saved.stage(), "answered");
    // What the chain held, not what was quoted.
    assert_eq!(saved.gross, 1_500_000_000_000);
}

#[tokio::test]
async fn an_answer_on_this_machine_asks_nobody() {
    let (job, sealed, outcome) = asked();
    let mut case = Case::new(&job, vec![Look::At(2, ended(outcome))]);
    case.script.answer = Some(sealed);
    case.fetch(60).await.unwrap();
    case.script.best = [Look::Refused].into();
    case.script.answer = None;
    assert_eq!(case.fetch(0).await.unwrap(), b"42");
    assert_eq!(case.script.acknowledged, 1);
}

#[tokio::test]
async fn each_step_is_on_the_disk_before_the_next() {
    let (job, _, _) = asked();
    let mut case = Case::new(&job, vec![Look::At(1, open())]);
    case.script.uploads = [false].into();
    let error = case.fetch(0).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }));
    assert_eq!(case.saved().stage(), "open");
    case.fetch(0).await.unwrap_err();
    assert_eq!(case.saved().stage(), "waiting");
    // The input is handed over once.
    case.fetch(0).await.unwrap_err();
    assert_eq!(case.script.uploaded, 1);
}

#[tokio::test]
async fn an_end_in_a_block_that_was_replaced_is_undone() {
    let (job, sealed, outcome) = asked();
    let declined = Outcome::Declined(DeclineReason::Overloaded);
    let mut case = Case::new(&job, vec![Look::At(2, ended(declined))]);
    assert!(case
        .fetch(60)
        .await
        .unwrap_err()
        .to_string()
        .contains("declined"));
    assert_eq!(case.saved().stage(), "declined");
    // On the other branch it is still open, or not even there; then it is settled.
    case.script.best = [
        Look::At(1, open()),
        Look::At(1, None),
        Look::At(2, open()),
        Look::At(3, ended(outcome)),
    ]
    .into();
    case.script.answer = Some(sealed);
    assert_eq!(case.fetch(60).await.unwrap(), b"42");
    assert_eq!(case.saved().stage(), "answered");
}

#[tokio::test]
async fn a_known_end_stands_once_the_chain_has_forgotten_the_job() {
    let (job, _, _) = asked();
    let expired = ended(Outcome::Expired);
    let mut case = Case::new(&job, vec![Look::At(200, expired)]);
    let text = case.fetch(60).await.unwrap_err().to_string();
    assert!(
        text.contains("passed its deadline without an answer"),
        "{text}"
    );
    case.script.best = [Look::At(2_000, None)].into();
    assert_eq!(case.fetch(0).await.unwrap_err().to_string(), text);
}

#[tokio::test]
async fn a_spoilt_job_says_what_it_cost() {
    let (job, _, _) = asked();
    for (why, charge) in [(DeclineReason::BadInput, 3), (DeclineReason::Overloaded, 0)] {
        let outcome = Outcome::Declined(why);
        let mut case = Case::new(&job, vec![Look::At(1, open()), Look::At(2, ended(outcome))]);
        match case.fetch(60).await.unwrap_err() {
            Error::Declined {
                reason,
                refund,
                lost,
                ..
            } => {
                assert_eq!(reason, why);
                assert_eq!((refund.value, lost.value), (1_500_000_000_000, charge));
            }
            error => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_job_never_opened_only_where_the_final_state_says_so() {
    let (job, _, _) = asked();
    let mut case = Case::new(&job, vec![Look::At(60, None)]);
    let at = |served, job: Option<Box<_>>| JobStatus {
        job: job.map(|job| *job),
        served,
    };
    // It could be opened still, or was open in the last final block.
    for last in [at(50, None), at(60, open())] {
        case.script.last = last;
        let error = case.fetch(0).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    }
    // So late that it might have ended and been removed.
    case.script.last = at(1_101, None);
    let error = case.fetch(0).await.unwrap_err();
    assert!(error.to_string().contains("no longer says how"), "{error}");
    assert_eq!(case.saved().end, None);
    case.script.last = at(1_100, None);
    let error = case.fetch(0).await.unwrap_err();
    assert!(error.to_string().contains("never opened"), "{error}");
    assert_eq!(case.saved().stage(), "not opened");
}

#[tokio::test]
async fn a_lost_node_is_waited_for_and_a_strange_one_is_not() {
    let (job, sealed, outcome) = asked();
    let mut case = Case::new(
        &job,
        vec![Look::Lost, Look::Lost, Look::At(2, ended(outcome))],
    );
    case.script.answer = Some(sealed);
    assert_eq!(case.fetch(60).await.unwrap(), b"42");
    let mut case = Case::new(&job, vec![Look::Refused]);
    let error = case.fetch(60).await.unwrap_err();
    assert_eq!(case.script.pauses, 0);
    assert!(matches!(error, Error::Chain(_)), "{error}");
}

#[tokio::test]
async fn who_waits_too_long_learns_whether_the_deadline_passed() {
    let (job, _, _) = asked();
    for (served, passed) in [(100, false), (101, true)] {
        let mut case = Case::new(&job, vec![Look::At(served, open())]);
        match case.fetch(0).await.unwrap_err() {
            Error::TimedOut { overdue, .. } => assert_eq!(overdue, passed),
            error => panic!("{error}"),
        }
    }
}

/// A gateway follows many jobs, each in a task of its own.
#[test]
fn a_job_can_be_followed_in_a_task() {
    fn sent<T: Send>(_: fn(&'static mut JobTracker) -> T) {}
    sent(|tracker| tracker.answer(Duration::ZERO, &|_| ()));
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_attested_is_not_kept() {
    let (job, sealed, _) = asked();
    let other = Outcome::Settled {
        output_commitment: [9; 32],
        blob: [6; 32],
        units: 1,
        paid: 7,
        block: 20,
    };
    let mut case = Case::new(&job, vec![Look::At(2, ended(other))]);
    case.script.answer = Some(sealed);
    let error = case.fetch(60).await.unwrap_err();
    assert!(matches!(error, Error::Untrusted { .. }), "{error}");
    assert_eq!(case.store.answer(job.id).unwrap(), None);
    case.script.answer = None;
    let error = case.fetch(60).await.unwrap_err();
    assert!(matches!(error, Error::AnswerMissing { .. }), "{error}");
}
