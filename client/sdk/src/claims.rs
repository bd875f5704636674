//! Claims: what splits owe an account, and what it earned of issuance.

use crate::{error::Result, network::Network, tracker::Step, AccountId};
use myai_chain_client::{calls, events, Call, InBlock, Key};
use myai_primitives::{Amount, Asset, Balance, Beneficiary, ClaimView, Epoch, SplitId};

/// Most claims of one call.
const MAX_CLAIMS: usize = 16;

/// What an account may claim, in the order in which the chain wants it claimed: issuance first,
/// because what a split gets of it its shares may claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Who is owed.
    pub account: AccountId,
    /// The only asset that was asked about; else all.
    pub only: Option<Asset>,
    /// Of the account's worker, and of the versions of its models; in pico.
    pub issuance: Vec<Issued>,
    /// What splits owe, from the most derived version to its bases.
    pub claims: Vec<ClaimView<AccountId>>,
}

/// What a split or a worker earned of an epoch's issuance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The epoch, which is over.
    pub epoch: Epoch,
    /// The receiver: an account, or a split that then owes it to others.
    pub beneficiary: Beneficiary<AccountId>,
    /// In pico.
    pub value: Balance,
}

/// A share of a split that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// The split that owed it.
    pub split: SplitId,
    /// The share's place in the split.
    pub share: u32,
    /// What was paid.
    pub amount: Amount,
    /// The beneficiary.
    pub to: AccountId,
}

/// The outcome of claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Issuance that was claimed.
    pub issuance: Vec<Issued>,
    /// Shares that were paid.
    pub paid: Vec<Paid>,
    /// Shares that were passed on to other splits.
    pub credited: usize,
    /// Shares that could not be paid and stay owed: split, share, asset.
    pub failed: Vec<(SplitId, u32, Asset)>,
}

impl Owed {
    /// Whether there is nothing to claim.
    pub fn is_empty(&self) -> bool {
        self.issuance.is_empty() && self.claims.is_empty()
    }
}

impl Network {
    /// What `account` may claim, in one asset or in all.
    pub async fn owed(&self, account: &AccountId, only: Option<Asset>) -> Result<Owed> {
        // Issuance is of the token alone.
        let issuance = match only {
            None | Some(Asset::Native) => self.issuance_of(account).await?,
            Some(Asset::Id(_)) => vec![],
        };
        Ok(Owed {
            account: account.clone(),
            only,
            issuance,
            claims: self.owed_by_splits(account, only).await?,
        })
    }

    /// Makes the claims; anybody may, with any key, which pays the fees. What a split owes goes to
    /// its beneficiaries alone.
    pub async fn claim(
        &self,
        key: &Key,
        owed: Owed,
        progress: &(dyn Fn(Step) + Sync),
    ) -> Result<Claimed> {
        let mut claimed = Claimed::default();
        let submit = async |call: Call| {
            progress(Step::Sending(call.title()));
            self.chain.submit(key, call).await
        };
        for batch in owed.issuance.chunks(MAX_CLAIMS) {
            let calls = batch
                .iter()
                .map(|i| calls::claim_issuance(i.epoch, i.beneficiary.clone()));
            // One that somebody else has made meanwhile stops no other.
            claimed.add(&submit(calls::force_batch(calls.collect())).await?)?;
        }
        let claims = match owed.issuance.is_empty() {
            true => owed.claims,
            false => self.owed_by_splits(&owed.account, owed.only).await?,
        };
        for batch in claims.chunks(MAX_CLAIMS) {
            let batch = batch
                .iter()
                .map(|c| (c.split, c.amount.asset, c.share))
                .collect();
            claimed.add(&submit(calls::claim_many(batch)).await?)?;
        }
        Ok(claimed)
    }

    /// What splits owe an account, in one asset or in all, in the order in which it is to be claimed.
    pub async fn owed_by_splits(
        &self,
        account: &AccountId,
        only: Option<Asset>,
    ) -> Result<Vec<ClaimView<AccountId>>> {
        let (mut claims, mut from) = (vec![], None);
        loop {
            let page = self.chain.claimable(account, from).await?;
            claims.extend(page.claims);
            match page.next {
                // A page that leads nowhere would be asked for without end.
                next @ Some(_) if next != from => from = next,
                _ => break,
            }
        }
        claims.retain(|c| only.is_none_or(|asset| c.amount.asset == asset));
        Ok(claims)
    }

    async fn issuance_of(&self, account: &AccountId) -> Result<Vec<Issued>> {
        let mut all = vec![Beneficiary::Account(account.clone())];
        for model in self.models_of(account).await? {
            let versions = self.versions(model.id).await?;
            all.extend(versions.iter().map(|v| Beneficiary::Split(v.split)));
        }
        let mut found = vec![];
        for beneficiary in all {
            let claims = self.chain.claimable_issuance(beneficiary.clone()).await?;
            found.extend(claims.into_iter().map(|claim| Issued {
                epoch: claim.epoch,
                beneficiary: beneficiary.clone(),
                value: claim.value,
            }));
        }
        Ok(found)
    }
}

impl Claimed {
    fn add(&mut self, done: &InBlock) -> Result<()> {
        let paid = done.all::<events::Claimed>()?.into_iter();
        self.paid.extend(paid.map(|e| Paid {
            split: e.split,
            share: e.share,
            amount: Amount {
                asset: e.asset,
                value: e.value,
            },
            to: e.to,
        }));
        let issued = done.all::<events::IssuanceClaimed>()?.into_iter();
        self.issuance.extend(issued.map(|e| Issued {
            epoch: e.epoch,
            beneficiary: e.beneficiary,
            value: e.value,
        }));
        self.credited += done.all::<events::Credited>()?.len();
        let failed = done.all::<events::ClaimFailed>()?.into_iter();
        self.failed
            .extend(failed.map(|e| (e.split, e.share, e.asset)));
        Ok(())
    }
}
