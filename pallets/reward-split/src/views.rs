//! What the runtime API reads. Nothing here writes. `network_split` is in `splits.rs`, `vault` in
//! `ledger.rs`.

use crate::{arithmetic, AcceptedAssets, Config, Paid, Pallet, Received, Splits, SplitsOf};
use alloc::{collections::BTreeMap, vec, vec::Vec};
use myai_primitives::{
    Amount, Asset, AssetView, Balance, Beneficiary, ClaimCursor, ClaimView, ClaimsPage, ClockView,
    DatasetId, ModelId, OwedView, SplitId, SplitView, MAX_PAGE,
};
use myai_support::{Clock, Owners};

/// Most splits that one page of claims looks at.
pub const MAX_CLAIM_SPLITS: usize = 500;

impl<T: Config> Pallet<T> {
    pub fn clock_view() -> ClockView {
        ClockView {
            now: Self::now(),
            served: Self::served(),
        }
    }

    /// The native asset, whose job deposit is a rule, then the others in the order in which they were
    /// accepted.
    pub fn accepted_assets(native_job_deposit: Balance) -> Vec<AssetView> {
        let mut assets = vec![AssetView {
            asset: Asset::Native,
            job_deposit: native_job_deposit,
        }];
        assets.extend(AcceptedAssets::<T>::get().into_iter().map(|a| AssetView {
            asset: Asset::Id(a.id),
            job_deposit: a.job_deposit,
        }));
        assets
    }

    pub fn split_view(split: SplitId) -> Option<SplitView<T::AccountId>> {
        let found = Splits::<T>::get(split)?;
        Some(SplitView {
            id: split,
            depositor: found.deposit.map(|(depositor, _)| depositor),
            shares: found.shares.into_inner(),
        })
    }

    /// What each share may claim in `asset`, in the order of the shares, those that may claim
    /// nothing included; empty if there is no such split.
    pub fn owed_view(split: SplitId, asset: Asset) -> Vec<OwedView<T::AccountId>> {
        let Some(found) = Splits::<T>::get(split) else {
            return Vec::new();
        };
        let received = Received::<T>::get(split, &asset);
        let paid = Paid::<T>::get(split, &asset);
        found
            .shares
            .into_iter()
            .enumerate()
            .map(|(place, share)| {
                let paid = paid.get(place).copied().unwrap_or_default();
                OwedView {
                    share: place as u32,
                    account: Self::account_of(&share.beneficiary),
                    amount: arithmetic::owed(received, share.parts, paid),
                    paid,
                    beneficiary: share.beneficiary,
                }
            })
            .collect()
    }

    /// What `account` may claim: by its own shares, then by those of models and of datasets that it
    /// owns. What other splits owe to a split comes before what the split owes, so that the claims
    /// can be made in their order.
    pub fn claimable(
        account: &T::AccountId,
        from: Option<ClaimCursor>,
    ) -> ClaimsPage<T::AccountId> {
        let mut page = Claims::<T>::default();
        let mut cursor = from.or(Some(ClaimCursor::Account(SplitId(0))));
        while let Some(at) = cursor {
            // What a page has room for is decided before a beneficiary is looked at: one that names
            // many splits goes on from the split where it stopped.
            if page.seen.len() >= MAX_CLAIM_SPLITS || page.claims.len() >= MAX_PAGE as usize {
                break;
            }
            cursor = match at {
                ClaimCursor::Account(split) => {
                    let stopped = page.of(&Beneficiary::Account(account.clone()), split);
                    Some(match stopped {
                        Some(split) => ClaimCursor::Account(split),
                        None => ClaimCursor::Model(ModelId(0)),
                    })
                }
                ClaimCursor::Model(from) => match T::Owners::models_of(account, from, 1).first() {
                    Some(model) => {
                        page.of(&Beneficiary::ModelOwner(*model), SplitId(0));
                        model.next().map(ClaimCursor::Model)
                    }
                    None => Some(ClaimCursor::Dataset(DatasetId(0))),
                },
                ClaimCursor::Dataset(from) => {
                    T::Owners::datasets_of(account, from, 1).first().and_then(|dataset| {
                        page.of(&Beneficiary::DatasetOwner(*dataset), SplitId(0));
                        dataset.next().map(ClaimCursor::Dataset)
                    })
                }
            };
        }
        ClaimsPage {
            claims: page.claims,
            next: cursor,
        }
    }
}

/// A page of claims while it is found.
struct Claims<T: Config> {
    claims: Vec<ClaimView<T::AccountId>>,
    /// The splits that were looked at, each with what it will have received by asset once the claims
    /// above were made.
    seen: BTreeMap<SplitId, BTreeMap<Asset, Balance>>,
}

impl<T: Config> Default for Claims<T> {
    fn default() -> Self {
        Self {
            claims: Vec::new(),
            seen: BTreeMap::new(),
        }
    }
}

impl<T: Config> Claims<T> {
    /// Claims for one beneficiary, through splits from `from` on; where it stopped for want of room.
    fn of(&mut self, beneficiary: &Beneficiary<T::AccountId>, from: SplitId) -> Option<SplitId> {
        let after = from.0.checked_sub(1).map(|n| n.to_be_bytes());
        let splits = match after {
            Some(key) => SplitsOf::<T>::iter_key_prefix_from(
                beneficiary,
                SplitsOf::<T>::hashed_key_for(beneficiary, key),
            ),
            None => SplitsOf::<T>::iter_key_prefix(beneficiary),
        };
        for place in splits {
            let split = SplitId::from_place(place);
            if self.seen.len() >= MAX_CLAIM_SPLITS || self.claims.len() >= MAX_PAGE as usize {
                return Some(split);
            }
            let received = self.received(split);
            self.owed(split, &received, beneficiary);
        }
        None
    }

    /// What `split` has received once all that others owe to it was claimed; adds these claims.
    /// Splits name older ones only, so this ends.
    fn received(&mut self, split: SplitId) -> BTreeMap<Asset, Balance> {
        if let Some(known) = self.seen.get(&split) {
            return known.clone();
        }
        let mut received: BTreeMap<Asset, Balance> =
            crate::Received::<T>::iter_prefix(split).collect();
        // Seen before it is done, so that the bound holds on the way up.
        self.seen.insert(split, received.clone());
        let beneficiary = Beneficiary::Split(split);
        for place in SplitsOf::<T>::iter_key_prefix(&beneficiary) {
            if self.seen.len() >= MAX_CLAIM_SPLITS {
                break;
            }
            let payer = SplitId::from_place(place);
            let theirs = self.received(payer);
            for (asset, amount) in self.owed(payer, &theirs, &beneficiary) {
                let sum = received.entry(asset).or_default();
                *sum = sum.saturating_add(amount);
            }
        }
        self.seen.insert(split, received.clone());
        received
    }

    /// Adds what `split` owes to a beneficiary, and gives it.
    fn owed(
        &mut self,
        split: SplitId,
        received: &BTreeMap<Asset, Balance>,
        beneficiary: &Beneficiary<T::AccountId>,
    ) -> Vec<(Asset, Balance)> {
        let shares = Splits::<T>::get(split).map_or_else(Vec::new, |s| s.shares.into_inner());
        let mut sums = Vec::new();
        for (asset, received) in received {
            let paid = Paid::<T>::get(split, asset);
            for (place, share) in shares.iter().enumerate() {
                if share.beneficiary != *beneficiary {
                    continue;
                }
                let paid = paid.get(place).copied().unwrap_or_default();
                let value = arithmetic::owed(*received, share.parts, paid);
                if value > 0 {
                    sums.push((*asset, value));
                    self.claims.push(ClaimView {
                        split,
                        share: place as u32,
                        beneficiary: beneficiary.clone(),
                        amount: Amount {
                            asset: *asset,
                            value,
                        },
                    });
                }
            }
        }
        sums
    }
}
