//! Finds a worker for a question, and what its answer costs.

use crate::{
    error::{Error, Result},
    network::Network,
    policies::{self, Policy},
    AccountId,
};
use myai_chain_client::{ChainError, Hop};
use myai_primitives::*;
use std::{cmp::Reverse, time::Duration};

/// The least time a worker is given if the payer names none: ten minutes.
const DURATION: Tick = 100;
/// How many workers are tried before giving up.
const MAX_CANDIDATES: usize = 16;
/// How long a worker's mailbox may take to answer.
const MAILBOX_PATIENCE: Duration = Duration::from_secs(10);

/// A question to a version of a model.
#[derive(Clone, Debug)]
pub struct Question {
    /// The version that is asked.
    pub version: VersionView<AccountId>,
    /// As the version's manifest wants it: an image, text, bytes.
    pub input: Vec<u8>,
    /// Most units of the version's that the answer may use; what it does not use is given back.
    pub units: u32,
    /// Who is asked; else the cheapest whose mailbox answers, the best standing among equals.
    pub worker: Option<AccountId>,
    /// How long the worker has, in ticks of service; else what the worker and the rules ask for at
    /// least, and at least 100 ticks.
    pub duration: Option<Tick>,
}

impl Question {
    /// One unit, of whichever worker is best.
    pub fn new(version: VersionView<AccountId>, input: Vec<u8>) -> Self {
        Self {
            version,
            input,
            units: 1,
            worker: None,
            duration: None,
        }
    }
}

/// Who would answer a question, and for what.
#[derive(Clone, Debug)]
pub struct Quotation {
    /// Who would answer.
    pub worker: WorkerView<AccountId>,
    /// How long the worker would have, in ticks of service.
    pub duration: Tick,
    /// What is held, and what of it goes where.
    pub costs: Quote,
    /// Most that price and fee may come to, in the smallest units of the asset of `costs`: at first
    /// the quoted gross. The chain refuses a job that costs more when it opens.
    pub max_cost: Balance,
    /// They bind everyone who uses the answer; opening the job accepts them in the payer's name.
    pub policies: Vec<Policy>,
}

/// Best first: available, then cheap, then of good standing, then of few failures.
pub(crate) fn rank(offers: &mut [OfferView<AccountId>]) {
    offers.sort_by_key(|o| {
        let record = &o.record;
        (
            !o.available,
            o.fee.value,
            Reverse(record.standing),
            Reverse(record.settled),
            record.expired.saturating_add(record.declined),
        )
    });
}

impl Network {
    /// What the answer would cost `payer`, from the best worker that would take the job. Why it
    /// would be refused comes as an error: the chain's own as [`Error::Chain`], the last worker's
    /// where several were tried.
    pub async fn quote(&self, question: &Question, payer: &AccountId) -> Result<Quotation> {
        let version = &question.version;
        ensure_fits(question)?;
        let mut refusal = Error::WorkersGone(version.id);
        let rules = self.rules().await?;
        for offer in self.candidates(question).await? {
            let Some(worker) = self.chain.worker(&offer.worker).await? else {
                continue;
            };
            if worker.details.mailbox.is_empty() {
                refusal = Error::NoMailbox(worker.id);
                continue;
            }
            let duration = question.duration.unwrap_or_else(|| {
                DURATION
                    .max(offer.min_duration)
                    .max(rules.min_job_duration())
                    .min(rules.max_job_duration())
            });
            let quoted = self
                .chain
                .quote(
                    payer,
                    version.id,
                    &worker.id,
                    Mode::Direct,
                    question.units,
                    duration,
                    question.input.len() as u32,
                )
                .await;
            match quoted {
                Ok(costs) => match probe_mailbox(&worker).await {
                    Ok(()) => return quotation(version, worker, duration, costs),
                    Err(e) => refusal = e,
                },
                // Another may take it.
                Err(e @ ChainError::Dispatch { .. }) => refusal = e.into(),
                Err(e) => return Err(e.into()),
            }
        }
        Err(refusal)
    }

    /// The worker that was named, or the best few that take work.
    async fn candidates(&self, question: &Question) -> Result<Vec<OfferView<AccountId>>> {
        let version = question.version.id;
        let mut offers = self.workers(version).await?;
        if let Some(worker) = &question.worker {
            offers.retain(|o| o.worker == *worker);
            return match offers.is_empty() {
                true => Err(Error::NotServedBy {
                    version,
                    worker: worker.clone(),
                }),
                false => Ok(offers),
            };
        }
        offers.retain(|o| o.available);
        offers.truncate(MAX_CANDIDATES);
        match offers.is_empty() {
            true => Err(Error::NotServed(version)),
            false => Ok(offers),
        }
    }
}

fn ensure_fits(question: &Question) -> Result<()> {
    let (version, length) = (&question.version, question.input.len());
    if version.state == VersionState::Retired {
        return Err(Error::Retired(version.id));
    }
    let max = version.spec.max_input;
    match length {
        0 => Err(Error::InputEmpty),
        _ if length as u64 > u64::from(max) => Err(Error::InputTooLong {
            version: version.id,
            length,
            max,
        }),
        _ => Ok(()),
    }
}

fn quotation(
    version: &VersionView<AccountId>,
    worker: WorkerView<AccountId>,
    duration: Tick,
    costs: Quote,
) -> Result<Quotation> {
    let policies = Policy::of(version);
    policies::ensure_shown(&policies, costs.policies)?;
    Ok(Quotation {
        worker,
        duration,
        max_cost: costs.gross,
        costs,
        policies,
    })
}

/// The RPC address of the node whose pool a worker reads.
pub(crate) fn mailbox_of(worker: &WorkerView<AccountId>) -> String {
    String::from_utf8_lossy(&worker.details.mailbox).into_owned()
}

/// Checks that the input can be handed over: a job whose input never came costs its payer.
async fn probe_mailbox(worker: &WorkerView<AccountId>) -> Result<()> {
    let mailbox = mailbox_of(worker);
    let probed = async {
        let pool = Hop::at(&mailbox).map_err(ChainError::from)?;
        pool.status().await.map_err(Error::from)
    };
    let source = match tokio::time::timeout(MAILBOX_PATIENCE, probed).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(e)) => e,
        Err(_) => Error::MailboxSilent(MAILBOX_PATIENCE),
    };
    Err(Error::Mailbox {
        worker: worker.id.clone(),
        mailbox,
        source: Box::new(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::{Decode, Encode};
    use myai_chain_client::testing::{views, FakeNode};
    use sp_runtime::{DispatchError, ModuleError};

    #[test]
    fn the_cheapest_available_comes_first_and_standing_decides_among_equals() {
        let offer = |n: u8, fee: u128, standing: u128, available: bool| OfferView {
            worker: AccountId::new([n; 32]),
            fee: Amount {
                asset: Asset::Native,
                value: fee,
            },
            available,
            record: Record {
                standing,
                ..Default::default()
            },
            ..views::offer()
        };
        let mut offers = vec![
            offer(1, 1, 9, false),
            offer(2, 3, 9, true),
            offer(3, 2, 1, true),
            offer(4, 2, 5, true),
        ];
        rank(&mut offers);
        let order: Vec<u8> = offers
            .iter()
            .map(|o| AsRef::<[u8]>::as_ref(&o.worker)[0])
            .collect();
        assert_eq!(order, [4, 3, 2, 1]);
    }

    fn version() -> VersionView<AccountId> {
        let mut version = views::version();
        version.spec.max_input = 5;
        version
    }

    #[test]
    fn what_the_version_does_not_take_is_refused_before_anybody_is_asked() {
        let asked = |input: &[u8]| Question::new(version(), input.to_vec());
        assert!(ensure_fits(&asked(b"short")).is_ok());
        assert!(matches!(ensure_fits(&asked(b"")), Err(Error::InputEmpty)));
        let error = ensure_fits(&asked(b"longer")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the input has 6 bytes, and v3 takes at most 5"
        );
        let mut question = asked(b"short");
        question.version.state = VersionState::Retired;
        assert!(matches!(ensure_fits(&question), Err(Error::Retired(_))));
    }

    #[tokio::test]
    async fn a_question_to_a_suspended_model_says_what_is_suspended() {
        let node = FakeNode::start().await;
        let mut worker = views::worker();
        worker.details.mailbox = node.url.as_bytes().to_vec().try_into().unwrap();
        let offer = views::offer();
        let suspended = DispatchError::Module(ModuleError {
            index: 51,
            error: [79, 0, 0, 0],
            message: None,
        });
        let rules = Rules {
            revision: 0,
            list: RuleSet::default(),
        };
        node.state().functions = vec![
            ("MyAiApi_accepted_assets", answer(Vec::<AssetView>::new())),
            ("MyAiApi_rules", answer(rules)),
            (
                "MyAiApi_workers",
                Box::new(move |asked| {
                    let (_, after, _): (VersionId, Option<AccountId>, u32) =
                        Decode::decode(&mut &asked[..]).unwrap();
                    let page = after.is_none().then(|| offer.clone());
                    page.into_iter().collect::<Vec<_>>().encode()
                }),
            ),
            ("MyAiApi_worker", answer(Some(worker))),
            ("MyAiApi_quote", answer(Err::<Quote, _>(suspended))),
        ];
        let network = Network::connect(&node.url).await.unwrap();
        let question = Question::new(version(), b"short".to_vec());
        let error = network
            .quote(&question, &AccountId::new([9; 32]))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the chain refused: the version's model is suspended (ModelRegistry.ModelSuspended): \
             `myai model show` says until when"
        );
    }

    fn answer(value: impl Encode) -> Box<dyn Fn(&[u8]) -> Vec<u8> + Send> {
        let bytes = value.encode();
        Box::new(move |_| bytes.clone())
    }
}
