//! Typed readers of the runtime API `MyAiApi`: at the node's best block as methods of [`Chain`], at
//! another one as those of [`Chain::at`].

use crate::{chain::Chain, error::ChainError, storage, AccountId, Hash32};
use codec::{Compact, Encode};
use myai_primitives::*;

/// The chain as of one block.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    chain: &'a Chain,
    /// `None`: the node's best block at the time of each request.
    block: Option<Hash32>,
}

/// A worker's open jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenJobs {
    /// In the order of their ids.
    pub jobs: Vec<JobView<AccountId>>,
    /// Jobs that this release cannot read because they run in a way that it does not know.
    pub unknown: Vec<JobId>,
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        impl At<'_> {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> Result<$out, ChainError> {
                let function = concat!("MyAiApi_", stringify!($name));
                self.chain.runtime_call(function, ($($arg,)*).encode(), self.block).await
            })*
        }

        impl Chain {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> Result<$out, ChainError> {
                At { chain: self, block: None }.$name($($arg),*).await
            })*
        }

        /// Names of functions and parameters, for the test that compares them with the runtime's.
        #[cfg(test)]
        const ALL: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($arg)),*]),)*];
    };
}

readers! {
    /// Time in ticks.
    clock() -> ClockView;
    /// The rules in force and their revision.
    rules() -> Rules;
    /// Assets that prices may be in, the token first.
    accepted_assets() -> Vec<AssetView>;
    /// The suspension of a subject, or its last one. A version is suspended with its model, too.
    suspension(subject: &Subject<AccountId>) -> Option<SuspensionView>;
    /// The halt of all new work, or the last one.
    halt() -> Option<SuspensionView>;

    model(model: ModelId) -> Option<ModelView<AccountId>>;
    models(from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
    /// Models of one owner.
    models_of(owner: &AccountId, from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
    version(version: VersionId) -> Option<VersionView<AccountId>>;
    /// Versions of one model, oldest first.
    versions(model: ModelId, from: VersionId, limit: u32) -> Vec<VersionView<AccountId>>;
    /// How many more publications of `model`, by its owner of today, may name `version`.
    derivative_approvals(version: VersionId, model: ModelId) -> u32;
    /// Approvals of hosts and users by a licensor, and requests for them, after `after`.
    approvals(licensor: Licensor, after: Option<(ApprovalKind, AccountId)>, limit: u32) -> Vec<ApprovalView<AccountId>>;

    dataset(dataset: DatasetId) -> Option<DatasetView<AccountId>>;
    datasets(from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
    /// Datasets of one owner.
    datasets_of(owner: &AccountId, from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
    grant(grant: GrantId) -> Option<GrantView<AccountId>>;
    /// Grants of one model, oldest first.
    grants(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView<AccountId>>;
    /// Requests for grants on a dataset, of models after `after`.
    requests(dataset: DatasetId, after: Option<ModelId>, limit: u32) -> Vec<RequestView<AccountId>>;

    worker(worker: &AccountId) -> Option<WorkerView<AccountId>>;
    /// The worker for which `signer` acts.
    worker_of(signer: &AccountId) -> Option<AccountId>;
    /// Workers of a version after `after`, in the order of the chain's storage.
    workers(version: VersionId, after: Option<&AccountId>, limit: u32) -> Vec<OfferView<AccountId>>;
    /// Versions that a worker serves after `after`, in the order of the chain's storage.
    offers(worker: &AccountId, after: Option<VersionId>, limit: u32) -> Vec<OfferView<AccountId>>;

    /// A job: open, or ended and how; `None` before it opens, and some time after it ended.
    job(job: JobId) -> Option<JobView<AccountId>>;
    /// Open jobs of a worker after `after`, in the order of their ids.
    jobs_of_worker(worker: &AccountId, after: Option<JobId>, limit: u32) -> Vec<JobView<AccountId>>;

    split(split: SplitId) -> Option<SplitView<AccountId>>;
    /// The claim of each share of a split in an asset, shares without a claim included.
    owed(split: SplitId, asset: Asset) -> Vec<OwedView<AccountId>>;
    /// An account's claims, with the splits through which it has them.
    claimable(account: &AccountId, from: Option<ClaimCursor>) -> ClaimsPage<AccountId>;
    /// The tokens minted so far, and those of them that wait for somebody.
    issuance() -> IssuanceView;
    /// The claims on issuance of a split, or of a worker by the account of its bond, by epoch.
    claimable_issuance(beneficiary: Beneficiary<AccountId>) -> Vec<EpochClaimView>;
    /// The network's split.
    network_split() -> SplitId;

    /// How referenda are decided: tracks, periods, deposits.
    governance() -> GovernanceView;
    /// A referendum: how it stands, or how it ended.
    referendum(index: u32) -> Option<ReferendumView<AccountId>>;
    /// Referenda with a number below `before`, newest first.
    referenda(before: Option<u32>, limit: u32) -> Vec<ReferendumView<AccountId>>;
}

impl At<'_> {
    /// The suspension of a subject, if it is in force.
    pub async fn suspended(
        &self,
        subject: &Subject<AccountId>,
    ) -> Result<Option<SuspensionView>, ChainError> {
        let last = self.suspension(subject).await?;
        self.in_force(last).await
    }

    /// The halt of all new work, if it is in force.
    pub async fn halted(&self) -> Result<Option<SuspensionView>, ChainError> {
        let last = self.halt().await?;
        self.in_force(last).await
    }

    async fn in_force(
        &self,
        last: Option<SuspensionView>,
    ) -> Result<Option<SuspensionView>, ChainError> {
        let Some(last) = last else {
            return Ok(None);
        };
        let now = self.clock().await?.now;
        Ok((now < last.until).then_some(last))
    }
}

impl Chain {
    /// The readers, at the block of that hash.
    pub fn at(&self, block: Hash32) -> At<'_> {
        At {
            chain: self,
            block: Some(block),
        }
    }

    /// The cost of a job that `payer`, who must be able to pay, would open now. Where the chain
    /// would refuse the job, [`ChainError::Dispatch`] says why.
    pub async fn quote(
        &self,
        payer: &AccountId,
        version: VersionId,
        worker: &AccountId,
        mode: Mode,
        units: u32,
        duration: Tick,
        input_length: u32,
    ) -> Result<Quote, ChainError> {
        let arguments = (payer, version, worker, mode, units, duration, input_length).encode();
        let at = self.best().await?.hash;
        let answer = self
            .runtime_call_raw("MyAiApi_quote", arguments, Some(at))
            .await?;
        match answer.split_first() {
            Some((0, quote)) => storage::decode("a quote", quote),
            Some((1, error)) => Err(self.dispatch_error(error, at).await?),
            _ => storage::decode("a quote", &[]),
        }
    }

    /// Every open job of a worker. One that this release cannot read hides no other.
    pub async fn open_jobs(&self, worker: &AccountId) -> Result<OpenJobs, ChainError> {
        let mut found = OpenJobs::default();
        let (mut after, mut limit) = (None, MAX_PAGE);
        loop {
            let page = match self.jobs_of_worker(worker, after, limit).await {
                Ok(page) => page,
                // One by one, up to the one that cannot be read.
                Err(ChainError::Unreadable { .. }) if limit > 1 => {
                    limit = 1;
                    continue;
                }
                Err(ChainError::Unreadable { .. }) => {
                    let arguments = (worker, after, limit).encode();
                    // The id stands before all of it that is unknown.
                    let (_, id): (Compact<u32>, JobId) = self
                        .runtime_call("MyAiApi_jobs_of_worker", arguments, None)
                        .await?;
                    found.unknown.push(id);
                    (after, limit) = (Some(id), MAX_PAGE);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let Some(last) = page.last().map(|job| job.id) else {
                return Ok(found);
            };
            let is_whole = page.len() < limit as usize;
            found.jobs.extend(page);
            if is_whole {
                return Ok(found);
            }
            after = Some(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn readers_are_the_functions_of_the_runtime_api() {
        let source = include_str!("../../../pallets/support/src/api.rs");
        let functions = source.split("        fn ").skip(1).map(|function| {
            let (name, rest) = function.split_once('(').unwrap();
            let (parameters, _) = rest.split_once(") ->").unwrap();
            // A parameter's name stands before its colon.
            let mut names: Vec<&str> = parameters
                .split(": ")
                .filter_map(|before| before.split_whitespace().last())
                .collect();
            names.pop();
            (name, names)
        });
        let quote = [
            "payer",
            "version",
            "worker",
            "mode",
            "units",
            "duration",
            "input_length",
        ];
        let mut readers: Vec<(&str, Vec<&str>)> =
            ALL.iter().map(|(name, p)| (*name, p.to_vec())).collect();
        readers.push(("quote", quote.to_vec()));
        let mut functions: Vec<_> = functions.collect();
        functions.sort();
        readers.sort();
        assert_eq!(readers, functions);
    }
}
