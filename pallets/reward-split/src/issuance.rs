//! Issuance: what each block mints, and whose it is. Owns `Issuance`, `Epochs` and `Credits`, and what
//! the rows of `Received` say of credit.
//!
//! What was minted and is nobody's yet lies in the vault, on hold as [`HoldReason::Issuance`]. Blocks'
//! authors are paid from a pool as blocks begin, the treasury once an epoch, contributors when they
//! claim. An epoch ends with the first block of a later one; until that block's end all that settles
//! in it still counts for the epoch before.

use crate::{
    arithmetic, ledger::all_or_nothing, Clock, ClosedEpoch, Config, Credits, Epochs, Error, Event,
    HoldReason, Issuance, Issued, Pallet, Reading, Received, Splits, WeightInfo,
};
use alloc::vec::Vec;
use core::mem::take;
use frame_support::{
    defensive,
    dispatch::DispatchClass,
    ensure,
    storage::with_transaction,
    traits::{
        fungible::{Inspect, Mutate},
        Get,
    },
    weights::WeightMeter,
};
use myai_primitives::{
    epoch_of, Asset, Balance, Beneficiary, Epoch, EpochClaimView, IssuanceView, SplitId, Tick,
    EPOCH,
};
use myai_support::{Earners, Money};
use sp_runtime::{DispatchError, DispatchResult, TransactionOutcome};

/// Epochs for which an epoch that is over can be claimed.
pub const CLAIM_EPOCHS: Epoch = 30;
/// Most credits of epochs that can no longer be claimed that a block removes.
pub const MAX_FORGOTTEN: u32 = 100;
/// Most epochs that close for claims when another one ends: one each time, and more after a gap.
const MAX_EXPIRED: usize = 2;

/// An epoch as a storage key: the oldest comes first.
pub(crate) type EpochKey = [u8; 4];

pub(crate) fn key_of(epoch: Epoch) -> EpochKey {
    epoch.to_be_bytes()
}

/// Whether `epoch` can no longer be claimed while `running` runs.
fn is_expired(epoch: Epoch, running: Epoch) -> bool {
    epoch.saturating_add(CLAIM_EPOCHS) < running
}

// Minting, at the end of each block.
impl<T: Config> Pallet<T> {
    pub(crate) fn unissued() -> T::RuntimeHoldReason {
        HoldReason::Issuance.into()
    }

    /// The epoch that runs: that in which the last block ended.
    pub(crate) fn running_epoch() -> Epoch {
        let last = Clock::<T>::get().map(|reading| reading.last);
        epoch_of(last.unwrap_or_else(<Self as myai_support::Clock>::now))
    }

    /// Mints what is due at this block's end. `before` is the clock as the last block left it.
    pub(crate) fn mint(before: Option<Reading>, now: Tick) {
        let Some(mut issued) = Issuance::<T>::get() else {
            let limit = T::Cap::get().saturating_sub(T::Token::total_issuance());
            Issuance::<T>::put(Issued::begin(now, limit));
            return;
        };
        let is_first = issued.minted == 0;
        let minted = all_or_nothing(|| {
            let (ended, running) = (
                epoch_of(before.map_or(now, |before| before.last)),
                epoch_of(now),
            );
            let cap = T::Cap::get();
            let mut value: Balance = 0;
            let mut mint_until = |issued: &mut Issued, tick: Tick| {
                value = value.saturating_add(issued.mint_until(cap, tick));
            };
            let has_ended = running > ended;
            if has_ended {
                mint_until(&mut issued, ended.saturating_add(1).saturating_mul(EPOCH));
                Self::close_epoch(&mut issued, ended);
                // No block was in the epochs between, and nothing was earned.
                mint_until(&mut issued, running.saturating_mul(EPOCH));
                issued.treasury = issued.treasury.saturating_add(take(&mut issued.pool));
                Self::expire_epochs(&mut issued, running);
            }
            mint_until(&mut issued, now);
            Self::take_in_minted(&mut issued, value, is_first)?;
            if has_ended {
                Self::pay_treasury(&mut issued);
            }
            Issuance::<T>::put(issued);
            Ok(())
        });
        if minted.is_err() {
            // Were it so, the next block would mint for this one, too.
            defensive!("below the cap every mint fits");
        }
    }

    /// Mints so much into the vault and puts it on hold. With the first mint the chain's own accounts
    /// get, out of the treasury's part, what they need to live: else the first fee would be too small
    /// to reach the collators' pot, and be burned.
    fn take_in_minted(issued: &mut Issued, value: Balance, is_first: bool) -> DispatchResult {
        if value == 0 {
            return Ok(());
        }
        let (native, vault) = (Asset::Native, Self::vault());
        let least = T::Money::minimum(&native);
        let had = T::Money::balance(&native, &vault);
        T::Token::mint_into(&vault, value)?;
        let mut spent: Balance = 0;
        if is_first {
            let mut endow = || match issued.treasury.checked_sub(least) {
                Some(rest) => {
                    issued.treasury = rest;
                    spent = spent.saturating_add(least);
                    true
                }
                None => false,
            };
            if had < least {
                endow();
            }
            for who in T::ChainAccounts::get()
                .into_iter()
                .chain([T::Treasury::get()])
            {
                if T::Money::balance(&native, &who) < least && endow() {
                    T::Money::transfer(&native, &vault, &who, least)?;
                }
            }
        }
        let rest = value.saturating_sub(spent);
        T::Money::hold(&native, &Self::unissued(), &vault, rest)
    }

    /// What the epoch's contributors did not earn goes to the treasury.
    fn close_epoch(issued: &mut Issued, epoch: Epoch) {
        let pool = take(&mut issued.pool);
        let credits = Received::<T>::get(Self::network_split(), Asset::Native).cut_of(epoch);
        let unpaid = arithmetic::payable(pool, credits);
        issued.treasury = issued.treasury.saturating_add(pool.saturating_sub(unpaid));
        if unpaid > 0 {
            let closed = ClosedEpoch {
                pool,
                credits,
                unpaid,
            };
            Epochs::<T>::insert(key_of(epoch), closed);
        }
        Self::deposit_event(Event::EpochEnded {
            epoch,
            pool,
            credits,
            to_contributors: unpaid,
        });
    }

    /// What was not claimed in time goes to the treasury.
    fn expire_epochs(issued: &mut Issued, running: Epoch) {
        let expired: Vec<EpochKey> = Epochs::<T>::iter_keys()
            .take(MAX_EXPIRED)
            .filter(|key| is_expired(Epoch::from_be_bytes(*key), running))
            .collect();
        for key in expired {
            let value = Epochs::<T>::take(key).map_or(0, |closed| closed.unpaid);
            issued.treasury = issued.treasury.saturating_add(value);
            Self::deposit_event(Event::EpochExpired {
                epoch: Epoch::from_be_bytes(key),
                value,
            });
        }
    }

    fn pay_treasury(issued: &mut Issued) {
        let value = issued.treasury;
        let (vault, treasury) = (Self::vault(), T::Treasury::get());
        let paid = all_or_nothing(|| {
            T::Money::pay_held(&Asset::Native, &Self::unissued(), &vault, &treasury, value)
        });
        // What does not move is tried again when the next epoch ends.
        if paid.is_ok() && value > 0 {
            issued.treasury = 0;
            Self::deposit_event(Event::TreasuryPaid { value });
        }
    }
}

// Paying out what was minted.
impl<T: Config> Pallet<T> {
    /// Pays the author of a block that has just begun a hundredth of what waits for authors, unless
    /// that is too little to open its account. Weighs itself.
    pub fn pay_author(author: &T::AccountId) {
        frame_system::Pallet::<T>::register_extra_weight_unchecked(
            T::WeightInfo::pay_author(),
            DispatchClass::Mandatory,
        );
        let Some(mut issued) = Issuance::<T>::get() else {
            return;
        };
        let value = issued.authors / arithmetic::AUTHOR_PARTS;
        if value == 0 {
            return;
        }
        let (vault, reason) = (Self::vault(), Self::unissued());
        let paid =
            all_or_nothing(|| T::Money::pay_held(&Asset::Native, &reason, &vault, author, value));
        // It is kept for later blocks where it is too little to open the author's account.
        if paid.is_ok() {
            issued.authors = issued.authors.saturating_sub(value);
            Issuance::<T>::put(issued);
            Self::deposit_event(Event::AuthorPaid {
                author: author.clone(),
                value,
            });
        }
    }

    pub(crate) fn do_claim_issuance(
        epoch: Epoch,
        beneficiary: Beneficiary<T::AccountId>,
    ) -> DispatchResult {
        let closed =
            Epochs::<T>::get(key_of(epoch)).filter(|_| !is_expired(epoch, Self::running_epoch()));
        let mut closed = closed.ok_or(Error::<T>::EpochNotOpen)?;
        Self::roll(&beneficiary);
        let credit = Credits::<T>::take(key_of(epoch), &beneficiary);
        let value = arithmetic::reward(credit, closed.pool, closed.credits);
        ensure!(value > 0, Error::<T>::NothingOwed);
        closed.unpaid = closed
            .unpaid
            .checked_sub(value)
            .ok_or(Error::<T>::Shortfall)?;
        Epochs::<T>::insert(key_of(epoch), closed);

        let (native, vault) = (Asset::Native, Self::vault());
        let to = match &beneficiary {
            Beneficiary::Split(split) => {
                ensure!(Splits::<T>::contains_key(split), Error::<T>::SplitNotFound);
                T::Money::release(&native, &Self::unissued(), &vault, value)?;
                T::Money::hold(&native, &Self::income(), &vault, value)?;
                Self::credit(*split, &native, value)?;
                None
            }
            Beneficiary::Account(worker) => {
                let payout = T::Earners::payout(worker);
                T::Money::pay_held(&native, &Self::unissued(), &vault, &payout, value)?;
                Some(payout)
            }
            // Owners have what they earn by splits.
            Beneficiary::ModelOwner(_) | Beneficiary::DatasetOwner(_) => {
                return Err(Error::<T>::NothingOwed.into())
            }
        };
        Self::deposit_event(Event::IssuanceClaimed {
            epoch,
            beneficiary,
            value,
            to,
        });
        Ok(())
    }

    /// What `claim_issuance` would pay, by epoch.
    pub fn claimable_issuance(beneficiary: Beneficiary<T::AccountId>) -> Vec<EpochClaimView> {
        let running = Self::running_epoch();
        let claims: Result<Vec<EpochClaimView>, DispatchError> = with_transaction(|| {
            Self::roll(&beneficiary);
            let claims = Epochs::<T>::iter()
                .map(|(key, closed)| {
                    let credit = Credits::<T>::get(key, &beneficiary);
                    EpochClaimView {
                        epoch: Epoch::from_be_bytes(key),
                        value: arithmetic::reward(credit, closed.pool, closed.credits),
                    }
                })
                .filter(|claim| claim.value > 0 && !is_expired(claim.epoch, running))
                .collect();
            TransactionOutcome::Rollback(Ok(claims))
        });
        claims.unwrap_or_default()
    }

    pub fn issuance_view() -> IssuanceView {
        let epoch = Self::running_epoch();
        let issued = Issuance::<T>::get();
        let of = |part: fn(&Issued) -> Balance| issued.as_ref().map_or(0, part);
        IssuanceView {
            start: issued.map(|issued| issued.start),
            minted: of(|issued| issued.minted),
            limit: of(|issued| issued.limit),
            authors: of(|issued| issued.authors),
            epoch,
            pool: of(|issued| issued.pool),
            credits: Received::<T>::get(Self::network_split(), Asset::Native).cut_of(epoch),
        }
    }
}

// Credit.
impl<T: Config> Pallet<T> {
    /// Credits cuts in the token that have come in: the split with the one of its price, while it is
    /// there, and all contributors together with both. The worker is credited where it is kept.
    /// Returns whether credit of an earlier epoch went into a row of its own.
    pub(crate) fn earn(split: SplitId, price_cut: Balance, fee_cut: Balance) -> bool {
        let (network, running) = (Self::network_split(), Self::running_epoch());
        let is_credited = price_cut > 0 && split != network;
        let price_cut = if is_credited { price_cut } else { 0 };
        let all = price_cut.saturating_add(fee_cut);
        if all > 0 {
            // What all earned in an earlier epoch was read when that ended.
            Received::<T>::mutate(network, Asset::Native, |row| row.earn(running, all));
        }
        if !is_credited {
            return false;
        }
        let over = Received::<T>::mutate(split, Asset::Native, |row| row.earn(running, price_cut));
        match over {
            Some((epoch, cut)) => Self::note_credit(&Beneficiary::Split(split), epoch, cut),
            None => false,
        }
    }

    /// Credit of an epoch that is over gets its row. Whether it does.
    fn note_credit(beneficiary: &Beneficiary<T::AccountId>, epoch: Epoch, cut: Balance) -> bool {
        if cut == 0 || is_expired(epoch, Self::running_epoch()) {
            return false;
        }
        Credits::<T>::mutate(key_of(epoch), beneficiary, |credit| {
            *credit = credit.saturating_add(cut);
        });
        true
    }

    fn roll(beneficiary: &Beneficiary<T::AccountId>) {
        match beneficiary {
            // The row of the network's says what all have earned.
            Beneficiary::Split(split) if *split == Self::network_split() => {}
            Beneficiary::Split(split) => {
                let running = Self::running_epoch();
                let over = Received::<T>::mutate_exists(split, Asset::Native, |row| {
                    row.as_mut().and_then(|row| row.roll(running))
                });
                if let Some((epoch, cut)) = over {
                    Self::note_credit(beneficiary, epoch, cut);
                }
            }
            Beneficiary::Account(worker) => T::Earners::roll(worker),
            Beneficiary::ModelOwner(_) | Beneficiary::DatasetOwner(_) => {}
        }
    }

    /// The sum of the epoch that runs goes on with another network's split. What the old one's row says
    /// is never its own.
    pub(crate) fn move_credits(old: SplitId, new: SplitId) {
        let running = Self::running_epoch();
        let cut = Received::<T>::mutate_exists(old, Asset::Native, |row| match row {
            Some(row) => {
                let cut = row.cut_of(running);
                row.cut = 0;
                cut
            }
            None => 0,
        });
        if cut > 0 {
            Received::<T>::mutate(new, Asset::Native, |row| row.earn(running, cut));
        }
    }

    /// Removes credits that can no longer be claimed.
    pub(crate) fn forget_credits(meter: &mut WeightMeter) {
        let running = Self::running_epoch();
        for _ in 0..MAX_FORGOTTEN {
            if meter.try_consume(T::WeightInfo::forget_credit()).is_err() {
                return;
            }
            match Credits::<T>::iter_keys().next() {
                Some((key, beneficiary)) if is_expired(Epoch::from_be_bytes(key), running) => {
                    Credits::<T>::remove(key, beneficiary);
                }
                _ => return,
            }
        }
    }
}

impl<T: Config> myai_support::Credits<T::AccountId> for Pallet<T> {
    fn note(worker: &T::AccountId, epoch: Epoch, cut: Balance) {
        Self::note_credit(&Beneficiary::Account(worker.clone()), epoch, cut);
    }
}
