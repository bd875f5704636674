//! Splits and what names them. Owns `NextSplit`, `Splits`, `SplitsOf`, `References` and
//! `NetworkSplit`.

use crate::{
    arithmetic::{self, Unsound},
    Config, Error, Event, NetworkSplit, NextSplit, Paid, Pallet, Received, References, Split,
    SplitOf, Splits, SplitsOf, MAX_RECEIVED,
};
use alloc::{vec, vec::Vec};
use codec::MaxEncodedLen;
use frame_support::{
    ensure,
    traits::{Consideration, Footprint, Get},
};
use myai_primitives::{Asset, Balance, Beneficiary, Ppm, Share, Shares, SplitId};
use myai_support::{Keeper, Money};
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

/// Bytes of a share's row in `SplitsOf` beside the beneficiary.
const INDEX_ROW: usize = 32 + 16 + 4;

/// One item, as long as its shares and their rows in the index make it.
pub(crate) fn footprint<AccountId: MaxEncodedLen>(shares: usize) -> Footprint {
    let share = Share::<AccountId>::max_encoded_len();
    let row = Beneficiary::<AccountId>::max_encoded_len().saturating_add(INDEX_ROW);
    Footprint::from_parts(1, shares.saturating_mul(share.saturating_add(row)))
}

impl<T: Config> Pallet<T> {
    /// Only splits that exist can be named, and a split never changes: no circle can come to be.
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
        ensure!(
            named(shares).all(Splits::<T>::contains_key),
            Error::<T>::SplitNotFound
        );
        Ok(())
    }

    pub(crate) fn do_create(
        depositor: Option<&T::AccountId>,
        shares: Shares<T::AccountId>,
        keeper: Keeper,
    ) -> Result<SplitId, DispatchError> {
        Self::ensure_shares(&shares)?;
        // Whoever names a split keeps it from being removed: a version or a dataset may, by its
        // clauses; anybody else only their own.
        if keeper == Keeper::None {
            ensure!(
                named(&shares).all(|split| Self::depositor_of(split).as_ref() == depositor),
                Error::<T>::SplitOfAnother
            );
        }
        let id = NextSplit::<T>::get();
        let next = id.next().ok_or(Error::<T>::IdsExhausted)?;

        let deposit = match depositor {
            Some(who) => {
                let footprint = footprint::<T::AccountId>(shares.len());
                Some((who.clone(), T::SplitConsideration::new(who, footprint)?))
            }
            None => None,
        };
        for split in named(&shares) {
            Self::inc_refs_of(split)?;
        }
        NextSplit::<T>::put(next);
        Splits::<T>::insert(
            id,
            Split {
                shares: shares.clone(),
                deposit,
                keeper,
            },
        );
        for share in &shares {
            SplitsOf::<T>::insert(&share.beneficiary, id.place(), ());
        }
        Self::deposit_event(Event::SplitCreated {
            split: id,
            depositor: depositor.cloned(),
            shares,
        });
        Ok(id)
    }

    pub(crate) fn ensure_removable_by(
        who: &T::AccountId,
        split: SplitId,
    ) -> Result<SplitOf<T>, DispatchError> {
        let found = Splits::<T>::get(split).ok_or(Error::<T>::SplitNotFound)?;
        ensure!(
            found
                .deposit
                .as_ref()
                .is_some_and(|(depositor, _)| depositor == who),
            Error::<T>::NotDepositor
        );
        ensure!(found.keeper == Keeper::None, Error::<T>::KeptByAnother);
        Ok(found)
    }

    /// Removes the split and says in how many assets it had received.
    pub(crate) fn do_remove(id: SplitId, split: SplitOf<T>) -> Result<u32, DispatchError> {
        ensure!(References::<T>::get(id) == 0, Error::<T>::StillNamed);
        let rows: Vec<(Asset, Balance)> = Received::<T>::iter_prefix(id)
            .take(MAX_RECEIVED as usize + 1)
            .collect();
        ensure!(
            rows.len() <= MAX_RECEIVED as usize,
            Error::<T>::TooManyAssets
        );
        let assets = rows.len() as u32;
        let mut dust = Vec::with_capacity(rows.len());
        for (asset, received) in rows {
            let left = arithmetic::left(received, &Paid::<T>::get(id, &asset));
            // Too little for the payee to receive counts as dust where the split goes with a
            // version or a dataset: nobody else can make it claimable.
            let small = split.keeper != Keeper::None && left < T::Money::minimum(&asset);
            ensure!(
                small || arithmetic::is_dust(left, split.shares.len()),
                Error::<T>::StillOwes
            );
            dust.push((asset, left));
        }

        for (asset, left) in dust {
            Self::clear_ledger(id, asset, left)?;
        }
        if let Some((depositor, ticket)) = split.deposit {
            ticket.drop(&depositor)?;
        }
        for named in named(&split.shares) {
            Self::dec_refs_of(named);
        }
        for share in &split.shares {
            SplitsOf::<T>::remove(&share.beneficiary, id.place());
        }
        Splits::<T>::remove(id);
        Self::deposit_event(Event::SplitRemoved { split: id });
        Ok(assets)
    }

    pub(crate) fn inc_refs_of(split: SplitId) -> DispatchResult {
        ensure!(Splits::<T>::contains_key(split), Error::<T>::SplitNotFound);
        References::<T>::try_mutate(split, |count| {
            *count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    pub(crate) fn dec_refs_of(split: SplitId) {
        References::<T>::mutate_exists(split, |count| {
            *count = count.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0);
        });
    }

    /// Who made the split by `create_split`.
    pub(crate) fn depositor_of(split: SplitId) -> Option<T::AccountId> {
        let found = Splits::<T>::get(split).filter(|found| found.keeper == Keeper::None)?;
        found.deposit.map(|(depositor, _)| depositor)
    }

    /// The network's split. On a chain whose genesis made none, the first to ask makes it.
    pub fn network_split() -> SplitId {
        NetworkSplit::<T>::get().unwrap_or_else(Self::found_network)
    }

    fn found_network() -> SplitId {
        let id = NextSplit::<T>::get();
        let treasury = Share {
            beneficiary: Beneficiary::Account(T::Treasury::get()),
            parts: Ppm::MILLION,
        };
        let shares = Shares::truncate_from(vec![treasury]);
        NextSplit::<T>::put(SplitId(id.0.saturating_add(1)));
        Splits::<T>::insert(
            id,
            Split {
                shares: shares.clone(),
                deposit: None,
                keeper: Keeper::None,
            },
        );
        for share in &shares {
            SplitsOf::<T>::insert(&share.beneficiary, id.place(), ());
        }
        References::<T>::insert(id, 1);
        NetworkSplit::<T>::put(id);
        Self::deposit_event(Event::SplitCreated {
            split: id,
            depositor: None,
            shares,
        });
        id
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
        ensure!(Ppm(others) <= MAX_OTHERS, Error::<T>::TreasuryTooSmall);

        let old = Self::network_split();
        let new = Self::do_create(None, shares, Keeper::None)?;
        Self::inc_refs_of(new)?;
        NetworkSplit::<T>::put(new);
        Self::dec_refs_of(old);
        Self::deposit_event(Event::NetworkSplitChanged { old, new });
        Ok(())
    }
}
