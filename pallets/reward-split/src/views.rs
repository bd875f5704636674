//! What the runtime API reads, `claimable` apart. Nothing here writes. `network_split` is in
//! `splits.rs`, `vault` in `ledger.rs`.

use crate::{arithmetic, AcceptedAssets, Config, Paid, Pallet, Received, Splits};
use alloc::{vec, vec::Vec};
use myai_primitives::{Asset, AssetView, ClockView, OwedView, SplitId, SplitView};
use myai_support::{Clock, RulesAt};

impl<T: Config> Pallet<T> {
    pub fn clock_view() -> ClockView {
        ClockView {
            now: Self::now(),
            served: Self::served(),
        }
    }

    /// The token, whose deposit is a rule, then the others in the order of their ids.
    pub fn accepted_assets() -> Vec<AssetView> {
        let job_deposit = T::Rules::current().map_or(0, |rules| rules.list.job_deposit());
        let mut assets = vec![AssetView {
            asset: Asset::Native,
            job_deposit,
        }];
        assets.extend(AcceptedAssets::<T>::iter().map(|(id, asked)| AssetView {
            asset: Asset::Id(id),
            job_deposit: asked.job_deposit,
        }));
        assets.sort_by_key(|view| view.asset);
        assets
    }

    pub fn split_view(split: SplitId) -> Option<SplitView<T::AccountId>> {
        let found = Splits::<T>::get(split)?;
        Some(SplitView {
            id: split,
            depositor: found.deposit.map(|deposit| deposit.payer),
            shares: found.shares.into_inner(),
        })
    }

    /// What each share may claim in `asset`, in the order of the shares, those that may claim
    /// nothing included; empty if there is no such split.
    pub fn owed_view(split: SplitId, asset: Asset) -> Vec<OwedView<T::AccountId>> {
        let Some(found) = Splits::<T>::get(split) else {
            return Vec::new();
        };
        let received = Received::<T>::get(split, asset).total;
        let paid = Paid::<T>::get(split, asset);
        found
            .shares
            .into_iter()
            .enumerate()
            .map(|(place, share)| {
                let paid = paid.get(place).copied().unwrap_or_default();
                OwedView {
                    share: place as u32,
                    account: Self::account_of(&share.beneficiary),
                    value: arithmetic::owed(received, share.parts, paid),
                    paid,
                    frozen_until: Self::frozen_until(found.keeper, &share.beneficiary),
                    beneficiary: share.beneficiary,
                }
            })
            .collect()
    }
}
