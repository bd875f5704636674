//! Which assets prices may be in. Owns `AcceptedAssets`.
//!
//! An accepted asset is pinned: the vault keeps one unit of it on hold, and pallet-assets destroys no
//! asset of which something is on hold. So its id cannot come to mean another asset.

use crate::{
    ledger::all_or_nothing, AcceptedAsset, AcceptedAssets, Config, Error, Event, HoldReason,
    Pallet, MAX_ACCEPTED,
};
use frame_support::{ensure, traits::Get};
use myai_primitives::{Asset, Balance};
use myai_support::Money;
use sp_runtime::DispatchResult;

/// What is on hold in each accepted asset as long as it is accepted.
pub(crate) const PIN: Balance = 1;

impl<T: Config> Pallet<T> {
    pub(crate) fn pin() -> T::RuntimeHoldReason {
        HoldReason::AssetPin.into()
    }

    /// Whether prices may be in `asset`; the native one always.
    pub(crate) fn is_accepted(asset: &Asset) -> bool {
        match asset {
            Asset::Native => true,
            Asset::Id(id) => AcceptedAssets::<T>::contains_key(id),
        }
    }

    /// The vault's account must have the minimum balance free before it receives: the last minimum
    /// balance cannot be held. The treasury pays what nobody has sent there before.
    pub(crate) fn do_accept_asset(id: u32, asked: AcceptedAsset) -> DispatchResult {
        let AcceptedAsset {
            job_deposit,
            session_deposit,
            min_lock,
        } = asked;
        ensure!(
            job_deposit > 0 && session_deposit > 0 && min_lock > 0,
            Error::<T>::AskedIsZero
        );
        let asset = Asset::Id(id);
        ensure!(T::Money::exists(&asset), Error::<T>::AssetNotFound);
        if !AcceptedAssets::<T>::contains_key(id) {
            ensure!(
                AcceptedAssets::<T>::count() < MAX_ACCEPTED,
                Error::<T>::TooManyAccepted
            );
            Self::make_ready(&asset)?;
        }
        AcceptedAssets::<T>::insert(id, asked);
        Self::deposit_event(Event::AssetAccepted { asset: id, asked });
        Ok(())
    }

    /// The vault's account in the asset, its minimum balance there, and the pin.
    fn make_ready(asset: &Asset) -> DispatchResult {
        let (vault, treasury) = (Self::vault(), T::Treasury::get());
        T::Money::touch(asset, &vault, &treasury)?;
        let pin = PIN.saturating_sub(T::Money::held(asset, &Self::pin(), &vault));
        let held = T::Money::held(asset, &Self::income(), &vault).saturating_add(T::Money::held(
            asset,
            &Self::pin(),
            &vault,
        ));
        let free = T::Money::balance(asset, &vault).saturating_sub(held);
        let needed = T::Money::minimum(asset).saturating_add(pin);
        T::Money::transfer(asset, &treasury, &vault, needed.saturating_sub(free))?;
        T::Money::hold(asset, &Self::pin(), &vault, pin)
    }

    /// Where the pin cannot be taken off, because the asset is frozen, it stays: accepting the asset
    /// again needs no other, and no asset is kept from being dropped.
    pub(crate) fn do_drop_asset(id: u32) -> DispatchResult {
        ensure!(
            AcceptedAssets::<T>::contains_key(id),
            Error::<T>::AssetNotAccepted
        );
        AcceptedAssets::<T>::remove(id);
        let _ =
            all_or_nothing(|| T::Money::release(&Asset::Id(id), &Self::pin(), &Self::vault(), PIN));
        Self::deposit_event(Event::AssetDropped { asset: id });
        Ok(())
    }
}
