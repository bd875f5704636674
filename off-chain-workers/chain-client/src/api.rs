//! Typed readers of the runtime API `MyAiApi` and of balances, all at the node's best block.

use crate::{chain::Chain, error::ChainError, AccountId};
use codec::{Decode, Encode};
use myai_primitives::{
    Asset, Balance, ClockView, DatasetId, DatasetView, GrantId, GrantView, JobId, JobView, Mode,
    ModelId, ModelView, OfferView, OwedView, Quote, Revision, RuleSet, SplitId, SplitView, Tick,
    VersionId, VersionView, WorkerView,
};
use sp_crypto_hashing::{blake2_128, twox_128};

/// What an account has of one asset, in its smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub free: Balance,
    /// Held: bonds, what open jobs may cost, deposits.
    pub held: Balance,
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        impl Chain {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> Result<$out, ChainError> {
                self.runtime_call(concat!("MyAiApi_", stringify!($name)), ($($arg,)*).encode(), None)
                    .await
            })*
        }
    };
}

readers! {
    /// Time in ticks.
    clock() -> ClockView;
    /// The rules in force and their revision.
    rules() -> (Revision, RuleSet);
    /// Assets that prices may be in.
    accepted_assets() -> Vec<Asset>;

    model(model: ModelId) -> Option<ModelView<AccountId>>;
    models(from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
    version(version: VersionId) -> Option<VersionView<AccountId>>;
    /// Versions of one model, oldest first.
    versions(model: ModelId, from: VersionId, limit: u32) -> Vec<VersionView<AccountId>>;

    dataset(dataset: DatasetId) -> Option<DatasetView<AccountId>>;
    datasets(from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
    grant(grant: GrantId) -> Option<GrantView>;
    /// Grants of one model, oldest first.
    grants(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView>;

    worker(worker: &AccountId) -> Option<WorkerView<AccountId>>;
    /// The worker for which `signer` acts.
    worker_of(signer: &AccountId) -> Option<AccountId>;
    /// Workers of a version after `after`, in the order of the chain's storage.
    workers(version: VersionId, after: Option<&AccountId>, limit: u32) -> Vec<OfferView<AccountId>>;
    /// Versions that a worker serves after `after`, in the order of the chain's storage.
    offers(worker: &AccountId, after: Option<VersionId>, limit: u32) -> Vec<OfferView<AccountId>>;

    /// An open job; `None` once it has ended.
    job(job: JobId) -> Option<JobView<AccountId>>;
    /// Open jobs that `payer` pays for, oldest first, and where to go on.
    jobs(payer: &AccountId, from: JobId, limit: u32) -> (Vec<JobView<AccountId>>, Option<JobId>);
    /// Open jobs of a worker, oldest first, and where to go on.
    jobs_of_worker(worker: &AccountId, from: JobId, limit: u32) -> (Vec<JobView<AccountId>>, Option<JobId>);

    split(split: SplitId) -> Option<SplitView<AccountId>>;
    /// What each share of a split may claim in an asset, shares that may claim nothing included.
    owed(split: SplitId, asset: &Asset) -> Vec<OwedView<AccountId>>;
    /// The network's split.
    network_split() -> SplitId;
}

impl Chain {
    /// What the job would cost now. Why it would be refused comes as
    /// [`ChainError::Dispatch`]. `payer` must be able to pay.
    pub async fn quote(
        &self,
        payer: &AccountId,
        version: VersionId,
        worker: &AccountId,
        mode: Mode,
        units: u32,
        duration: Tick,
    ) -> Result<Quote, ChainError> {
        let arguments = (payer, version, worker, mode, units, duration).encode();
        let at = self.best().await?.hash;
        let answer = self
            .runtime_call_raw("MyAiApi_quote", arguments, Some(at))
            .await?;
        match answer.split_first() {
            Some((0, quote)) => unscale("a quote", quote),
            Some((1, error)) => Err(self.dispatch_error(error, at).await?),
            _ => unscale("a quote", &[]),
        }
    }

    /// What `account` has of `asset`.
    pub async fn balance(&self, account: &AccountId, asset: &Asset) -> Result<Holding, ChainError> {
        match asset {
            Asset::Native => {
                let key = [&storage_prefix("System", "Account")[..], &concat(account)].concat();
                let Some(bytes) = self.storage(&key, None).await? else {
                    return Ok(Holding::default());
                };
                // Nonce and three counters, then the amounts.
                type AccountInfo = ([u32; 4], Balance, Balance);
                let (_, free, held): AccountInfo = unscale("an account's balance", &bytes)?;
                Ok(Holding { free, held })
            }
            Asset::Id(id) => {
                let at = [concat(id), concat(account)].concat();
                let key = [&storage_prefix("Assets", "Account")[..], &at].concat();
                let held_key =
                    [&storage_prefix("AssetsHolder", "BalancesOnHold")[..], &at].concat();
                let free = match self.storage(&key, None).await? {
                    Some(bytes) => unscale("an account's asset", &bytes)?,
                    None => 0,
                };
                let held = match self.storage(&held_key, None).await? {
                    Some(bytes) => unscale("an account's held asset", &bytes)?,
                    None => 0,
                };
                Ok(Holding { free, held })
            }
        }
    }
}

/// Reads the beginning of `bytes`; more may follow.
pub(crate) fn unscale<T: Decode>(what: &'static str, bytes: &[u8]) -> Result<T, ChainError> {
    T::decode(&mut &bytes[..]).map_err(|source| ChainError::Unreadable { what, source })
}

pub(crate) fn storage_prefix(pallet: &str, item: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out[..16].copy_from_slice(&twox_128(pallet.as_bytes()));
    out[16..].copy_from_slice(&twox_128(item.as_bytes()));
    out
}

/// `Blake2_128Concat` of a key.
fn concat(key: &impl Encode) -> Vec<u8> {
    key.using_encoded(|k| [&blake2_128(k)[..], k].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_keys_are_the_known_ones() {
        assert_eq!(
            hex::encode(storage_prefix("System", "Account")),
            "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
        );
        let key = concat(&AccountId::new([0xab; 32]));
        assert_eq!((key.len(), &key[16..]), (48, &[0xab; 32][..]));
    }
}
