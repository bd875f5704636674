//! The tree of splits, and which claims bring an account what it is owed.
//!
//! A split names only splits that were made before it, so numbers order the tree: the most derived
//! split has the highest, and claims in falling order carry income from it up to the first base.

use crate::{error::Result, session::Session};
use myai_chain_client::AccountId;
use myai_primitives::{Asset, Balance, Beneficiary, DatasetId, ModelId, OwedView, Share, SplitId};
use std::collections::{BTreeMap, BTreeSet};

/// A share that would be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub split: SplitId,
    pub share: u32,
    pub asset: Asset,
    /// Owed now; claims before it in the plan may add to it.
    pub amount: Balance,
    /// Who gets it, or which split.
    pub to: String,
    /// Whether it is paid out, and not passed on to another split.
    pub pays: bool,
}

/// Assets that income may be in: the token and those that are accepted.
pub fn assets(accepted: &[Asset]) -> Vec<Asset> {
    let mut all = vec![Asset::Native];
    all.extend(accepted.iter().filter(|a| **a != Asset::Native).cloned());
    all
}

/// Every split that a version, a dataset or the network has, and those that they name.
#[derive(Debug, Default)]
pub struct Tree {
    pub splits: BTreeMap<SplitId, Vec<Share<AccountId>>>,
    pub models: BTreeMap<ModelId, AccountId>,
    pub datasets: BTreeMap<DatasetId, AccountId>,
}

impl Tree {
    /// Reads it all; the chain has no index by beneficiary.
    pub async fn read(session: &Session<'_>) -> Result<Self> {
        let progress = session.output.progress();
        progress.step("reading models, datasets and their splits");
        let mut tree = Self::default();
        let mut open: BTreeSet<SplitId> = [session.chain.network_split().await?].into();
        for dataset in session.datasets().await? {
            open.insert(dataset.split);
            tree.datasets.insert(dataset.id, dataset.owner);
        }
        for model in session.models().await? {
            for version in session.versions(model.id).await? {
                open.insert(version.split);
            }
            tree.models.insert(model.id, model.owner);
        }
        while let Some(split) = open.pop_last() {
            if tree.splits.contains_key(&split) {
                continue;
            }
            if let Some(view) = session.chain.split(split).await? {
                open.extend(
                    view.shares
                        .iter()
                        .filter_map(|s| names_split(&s.beneficiary)),
                );
                tree.splits.insert(split, view.shares);
            }
        }
        Ok(tree)
    }

    /// Whether a share is paid to `account`.
    fn pays(&self, beneficiary: &Beneficiary<AccountId>, account: &AccountId) -> bool {
        match beneficiary {
            Beneficiary::Account(a) => a == account,
            Beneficiary::ModelOwner(m) => self.models.get(m) == Some(account),
            Beneficiary::DatasetOwner(d) => self.datasets.get(d) == Some(account),
            Beneficiary::Split(_) => false,
        }
    }

    /// Splits from which income reaches `account`, the most derived first.
    pub fn reaching(&self, account: &AccountId) -> Vec<SplitId> {
        let mut found: BTreeSet<SplitId> = BTreeSet::new();
        // Rising numbers: what a split names was decided before it.
        for (id, shares) in &self.splits {
            let reaches = shares.iter().any(|s| {
                self.pays(&s.beneficiary, account)
                    || names_split(&s.beneficiary).is_some_and(|up| found.contains(&up))
            });
            if reaches {
                found.insert(*id);
            }
        }
        found.into_iter().rev().collect()
    }

    /// The claims of one asset for `account`, in the order in which they must be made.
    pub async fn plan(
        &self,
        session: &Session<'_>,
        account: &AccountId,
        asset: &Asset,
    ) -> Result<Vec<Claim>> {
        let mut owed = BTreeMap::new();
        let order = self.reaching(account);
        for split in &order {
            owed.insert(*split, session.chain.owed(*split, asset).await?);
        }
        Ok(self.plan_of(account, asset, &order, &owed))
    }

    /// See [`Self::plan`]; `owed` as the chain says for each split of `order`.
    pub fn plan_of(
        &self,
        account: &AccountId,
        asset: &Asset,
        order: &[SplitId],
        owed: &BTreeMap<SplitId, Vec<OwedView<AccountId>>>,
    ) -> Vec<Claim> {
        let reaching: BTreeSet<SplitId> = order.iter().copied().collect();
        let mut credited: BTreeSet<SplitId> = BTreeSet::new();
        let mut plan = vec![];
        for split in order {
            for share in owed.get(split).map(Vec::as_slice).unwrap_or_default() {
                let up = names_split(&share.beneficiary).filter(|up| reaching.contains(up));
                let pays = self.pays(&share.beneficiary, account);
                let something = share.amount > 0 || credited.contains(split);
                if !something || !(pays || up.is_some()) {
                    continue;
                }
                if let Some(up) = up {
                    credited.insert(up);
                }
                plan.push(Claim {
                    split: *split,
                    share: share.share,
                    asset: asset.clone(),
                    amount: share.amount,
                    to: up.map_or_else(|| account.to_string(), |up| format!("split {up}")),
                    pays,
                });
            }
        }
        plan
    }
}

fn names_split(beneficiary: &Beneficiary<AccountId>) -> Option<SplitId> {
    match beneficiary {
        Beneficiary::Split(split) => Some(*split),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_primitives::Ppm;

    fn account(n: u8) -> AccountId {
        AccountId::new([n; 32])
    }

    fn share(beneficiary: Beneficiary<AccountId>) -> Share<AccountId> {
        Share {
            beneficiary,
            parts: Ppm(500_000),
        }
    }

    /// Split 1: model 1's owner (account 1) alone. Split 2: split 1 and model 2's owner (2).
    /// Split 3: split 2 and model 3's owner (3). Split 4: account 4 alone.
    fn tree() -> Tree {
        let owner = |m| share(Beneficiary::ModelOwner(ModelId(m)));
        let up = |s| share(Beneficiary::Split(SplitId(s)));
        Tree {
            splits: [
                (SplitId(1), vec![owner(1)]),
                (SplitId(2), vec![up(1), owner(2)]),
                (SplitId(3), vec![up(2), owner(3)]),
                (SplitId(4), vec![share(Beneficiary::Account(account(4)))]),
            ]
            .into(),
            models: [
                (ModelId(1), account(1)),
                (ModelId(2), account(2)),
                (ModelId(3), account(3)),
            ]
            .into(),
            datasets: [].into(),
        }
    }

    fn owed(
        tree: &Tree,
        amounts: &[(u32, u32, Balance)],
    ) -> BTreeMap<SplitId, Vec<OwedView<AccountId>>> {
        tree.splits
            .iter()
            .map(|(id, shares)| {
                let views = shares.iter().enumerate().map(|(i, s)| OwedView {
                    share: i as u32,
                    beneficiary: s.beneficiary.clone(),
                    account: None,
                    amount: amounts
                        .iter()
                        .find(|(split, share, _)| *split == id.0 && *share == i as u32)
                        .map_or(0, |(_, _, amount)| *amount),
                    paid: 0,
                });
                (*id, views.collect())
            })
            .collect()
    }

    fn plan(who: u8, amounts: &[(u32, u32, Balance)]) -> Vec<(u32, u32, bool)> {
        let tree = tree();
        let order = tree.reaching(&account(who));
        tree.plan_of(&account(who), &Asset::Native, &order, &owed(&tree, amounts))
            .iter()
            .map(|c| (c.split.0, c.share, c.pays))
            .collect()
    }

    #[test]
    fn income_reaches_from_the_most_derived_to_the_base() {
        let ids = |who| {
            tree()
                .reaching(&account(who))
                .iter()
                .map(|s| s.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(1), [3, 2, 1]);
        assert_eq!(ids(2), [3, 2]);
        assert_eq!(ids(3), [3]);
        assert_eq!(ids(4), [4]);
        assert!(ids(9).is_empty());
    }

    #[test]
    fn claims_carry_income_up_the_tree() {
        // Only the most derived split was paid: what it owes upwards is claimed first, then what
        // that brings, at last what pays.
        assert_eq!(
            plan(1, &[(3, 0, 10)]),
            [(3, 0, false), (2, 0, false), (1, 0, true)]
        );
        assert_eq!(plan(2, &[(3, 0, 10)]), [(3, 0, false), (2, 1, true)]);
        assert_eq!(plan(1, &[(1, 0, 5)]), [(1, 0, true)]);
        assert_eq!(plan(4, &[(3, 0, 10)]), []);
        assert_eq!(plan(3, &[(3, 0, 10), (3, 1, 10)]), [(3, 1, true)]);
    }

    #[test]
    fn the_token_is_always_among_the_assets() {
        assert_eq!(assets(&[]), [Asset::Native]);
        assert_eq!(
            assets(&[Asset::Id(1), Asset::Native]),
            [Asset::Native, Asset::Id(1)]
        );
    }
}
