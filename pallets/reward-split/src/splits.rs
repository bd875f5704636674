//! Splits and what names them. Owns `NextSplit`, `Splits`, `SplitsOf`, `References` and
//! `NetworkSplit`.

use crate::{
    arithmetic::{self, Unsound},
    Config, Error, Event, NetworkSplit, NextSplit, Paid, Pallet, Received, References, Refs, Split,
    SplitOf, Splits, SplitsOf, MAX_RECEIVED,
};
use alloc::{vec, vec::Vec};
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Get};
use myai_primitives::{Asset, Balance, Beneficiary, Ppm, Share, Shares, SplitId};
use myai_support::{Deposit, Keeper, Money};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

/// Most of the network's shares that go to others than the treasury, together.
const MAX_OTHERS: Ppm = Ppm(250_000);

/// The splits that shares name, once for each share.
pub(crate) fn named<AccountId>(shares: &[Share<AccountId>]) -> impl Iterator<Item = SplitId> + '_ {
    shares.iter().filter_map(|share| match share.beneficiary {
        Beneficiary::Split(split) => Some(split),
        _ => None,
    })
}

/// What a split of so many shares is charged for, in bytes: the shares, and a row of `SplitsOf` for
/// each, whose key is the map's prefix, a hash, the beneficiary and the split's place.
pub(crate) fn size<AccountId: MaxEncodedLen>(shares: usize) -> usize {
    let row = 32 + 16 + Beneficiary::<AccountId>::max_encoded_len() + 4;
    shares.saturating_mul(Share::<AccountId>::max_encoded_len().saturating_add(row))
}

impl<T: Config> Pallet<T> {
    fn ensure_shares(shares: &Shares<T::AccountId>) -> DispatchResult {
        arithmetic::check_parts(shares.iter().map(|share| share.parts)).map_err(|unsound| {
            match unsound {
                Unsound::NoShares => Error::<T>::NoShares,
                Unsound::TooManyShares => Error::<T>::TooManyShares,
                Unsound::EmptyShare => Error::<T>::EmptyShare,
                Unsound::NotAMillion => Error::<T>::SharesNotAMillion,
            }
        })?;
        let vault = Beneficiary::Account(Self::vault());
        ensure!(
            shares.iter().all(|s| s.beneficiary != vault),
            Error::<T>::PaysTheVault
        );
        Ok(())
    }

    /// Only splits that exist can be named, and a split never changes: no circle can come to be. A
    /// version's or a dataset's split names those of its lines; any other only those of its own
    /// depositor, so that a stranger can tie nothing to a split.
    fn ensure_nameable(
        shares: &Shares<T::AccountId>,
        depositor: Option<&T::AccountId>,
        keeper: Keeper,
    ) -> DispatchResult {
        for split in named(shares) {
            let found = Splits::<T>::get(split).ok_or(Error::<T>::SplitNotFound)?;
            ensure!(
                keeper != Keeper::None || found.depositor() == depositor,
                Error::<T>::SplitOfAnother
            );
        }
        Ok(())
    }

    pub(crate) fn do_create(
        depositor: Option<&T::AccountId>,
        shares: Shares<T::AccountId>,
        keeper: Keeper,
    ) -> Result<SplitId, DispatchError> {
        Self::ensure_shares(&shares)?;
        Self::ensure_nameable(&shares, depositor, keeper)?;
        let id = NextSplit::<T>::get();
        let next = id.next().ok_or(Error::<T>::IdsExhausted)?;

        let deposit = depositor
            .map(|who| Deposit::take(who, size::<T::AccountId>(shares.len())))
            .transpose()?;
        NextSplit::<T>::put(next);
        for split in named(&shares) {
            Self::inc_share_refs(split)?;
        }
        for share in &shares {
            SplitsOf::<T>::insert(&share.beneficiary, id.place(), ());
        }
        Splits::<T>::insert(
            id,
            Split {
                shares: shares.clone(),
                keeper,
                deposit,
            },
        );
        Self::deposit_event(Event::SplitCreated {
            split: id,
            depositor: depositor.cloned(),
            keeper,
            shares,
        });
        Ok(id)
    }

    pub(crate) fn ensure_removable_by(
        who: &T::AccountId,
        split: SplitId,
    ) -> Result<SplitOf<T>, DispatchError> {
        let found = Splits::<T>::get(split).ok_or(Error::<T>::SplitNotFound)?;
        ensure!(found.keeper == Keeper::None, Error::<T>::KeptByAnother);
        ensure!(found.depositor() == Some(who), Error::<T>::NotDepositor);
        Ok(found)
    }

    /// Removes the split and says in how many assets it had received.
    pub(crate) fn do_remove(id: SplitId, split: SplitOf<T>) -> Result<u32, DispatchError> {
        ensure!(
            References::<T>::get(id) == Refs::default() && id != Self::network_split(),
            Error::<T>::StillNamed
        );
        let rows: Vec<(Asset, Balance)> = Received::<T>::iter_prefix(id)
            .map(|(asset, received)| (asset, received.total))
            .take(MAX_RECEIVED as usize + 1)
            .collect();
        ensure!(
            rows.len() <= MAX_RECEIVED as usize,
            Error::<T>::TooManyAssets
        );
        let assets = rows.len() as u32;
        let mut dust = Vec::with_capacity(rows.len());
        for (asset, received) in rows {
            let paid = Paid::<T>::get(id, asset);
            let left = arithmetic::left(received, &paid);
            ensure!(
                arithmetic::is_dust(left, split.shares.len())
                    || (split.keeper != Keeper::None
                        && Self::owes_below_minimum(&split.shares, &asset, received, &paid)),
                Error::<T>::StillOwes
            );
            dust.push((asset, left));
        }

        for (asset, left) in dust {
            Self::clear_ledger(id, &asset, left)?;
        }
        for named in named(&split.shares) {
            Self::change_refs(named, |refs| refs.shares = refs.shares.saturating_sub(1));
        }
        for share in &split.shares {
            SplitsOf::<T>::remove(&share.beneficiary, id.place());
        }
        Splits::<T>::remove(id);
        if let Some(deposit) = split.deposit {
            deposit.give_back()?;
        }
        Self::deposit_event(Event::SplitRemoved { split: id });
        Ok(assets)
    }

    /// Whether each share is owed less than an account needs, which may be nothing, so that no payee
    /// without an account keeps a version. What a split is owed can always be claimed.
    fn owes_below_minimum(
        shares: &Shares<T::AccountId>,
        asset: &Asset,
        received: Balance,
        paid: &[Balance],
    ) -> bool {
        let minimum = T::Money::minimum(asset);
        shares.iter().enumerate().all(|(place, share)| {
            let paid = paid.get(place).copied().unwrap_or_default();
            let owed = arithmetic::owed(received, share.parts, paid);
            owed == 0 || (owed < minimum && !matches!(share.beneficiary, Beneficiary::Split(_)))
        })
    }

    fn inc_share_refs(split: SplitId) -> DispatchResult {
        References::<T>::try_mutate(split, |refs| {
            refs.shares = refs
                .shares
                .checked_add(1)
                .ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    pub(crate) fn inc_other_refs(split: SplitId) -> DispatchResult {
        ensure!(Splits::<T>::contains_key(split), Error::<T>::SplitNotFound);
        References::<T>::try_mutate(split, |refs| {
            refs.others = refs
                .others
                .checked_add(1)
                .ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    /// Changes the counts of a split; a row that counts nothing is deleted.
    pub(crate) fn change_refs(split: SplitId, change: impl FnOnce(&mut Refs)) {
        References::<T>::mutate_exists(split, |row| {
            let mut refs = row.unwrap_or_default();
            change(&mut refs);
            *row = Some(refs).filter(|refs| *refs != Refs::default());
        });
    }

    /// The network's split.
    pub fn network_split() -> SplitId {
        NetworkSplit::<T>::get()
    }

    /// The first network's split: all of it the treasury's.
    pub(crate) fn found_network() -> DispatchResult {
        let treasury = Share {
            beneficiary: Beneficiary::Account(T::Treasury::get()),
            parts: Ppm::MILLION,
        };
        let shares = Shares::truncate_from(vec![treasury]);
        NetworkSplit::<T>::put(Self::do_create(None, shares, Keeper::None)?);
        Ok(())
    }

    pub(crate) fn do_set_network_shares(shares: Shares<T::AccountId>) -> DispatchResult {
        let treasury = T::Treasury::get();
        let mut others = 0u32;
        for share in &shares {
            match &share.beneficiary {
                Beneficiary::Account(who) if *who == treasury => {}
                Beneficiary::Account(_) => others = others.saturating_add(share.parts.0),
                _ => return Err(Error::<T>::AccountsOnly.into()),
            }
        }
        ensure!(
            Ppm(others) <= MAX_OTHERS,
            Error::<T>::TreasuryBelowThreeQuarters
        );

        let old = Self::network_split();
        let new = Self::do_create(None, shares, Keeper::None)?;
        NetworkSplit::<T>::put(new);
        Self::move_credits(old, new);
        Self::deposit_event(Event::NetworkSplitChanged { old, new });
        Ok(())
    }
}
