//! Which assets prices may be in. Owns `AcceptedAssets`.

use crate::{AcceptedAsset, AcceptedAssets, Config, Error, Event, Pallet};
use frame_support::{ensure, traits::Get};
use myai_primitives::Asset;
use myai_support::Money;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    /// Whether prices may be in `asset`; the native one always.
    pub(crate) fn is_accepted(asset: &Asset) -> bool {
        match asset {
            Asset::Native => true,
            Asset::Id(id) => Self::accepted(*id).is_some(),
        }
    }

    pub(crate) fn accepted(id: u32) -> Option<AcceptedAsset> {
        AcceptedAssets::<T>::get().into_iter().find(|a| a.id == id)
    }

    /// The vault's account must have the minimum balance free before it receives: the last minimum
    /// balance cannot be held. The treasury pays what nobody has sent there before.
    pub(crate) fn do_accept_asset(asset: AcceptedAsset) -> DispatchResult {
        let id = asset.id;
        let kind = Asset::Id(id);
        ensure!(T::Money::exists(&kind), Error::<T>::AssetNotFound);
        ensure!(asset.job_deposit > 0, Error::<T>::NoJobDeposit);
        let mut accepted = AcceptedAssets::<T>::get();
        ensure!(
            accepted.iter().all(|a| a.id != id),
            Error::<T>::AlreadyAccepted
        );
        accepted
            .try_push(asset)
            .map_err(|_| Error::<T>::TooManyAccepted)?;

        let (vault, treasury) = (Self::vault(), T::Treasury::get());
        T::Money::touch(&kind, &vault, &treasury)?;
        let held = T::Money::held(&kind, &Self::income(), &vault);
        let free = T::Money::balance(&kind, &vault).saturating_sub(held);
        let lacking = T::Money::minimum(&kind).saturating_sub(free);
        T::Money::transfer(&kind, &treasury, &vault, lacking)?;
        AcceptedAssets::<T>::put(accepted);
        Self::deposit_event(Event::AssetAccepted { id });
        Ok(())
    }

    pub(crate) fn do_drop_asset(id: u32) -> DispatchResult {
        AcceptedAssets::<T>::try_mutate(|accepted| {
            let place = accepted
                .iter()
                .position(|a| a.id == id)
                .ok_or(Error::<T>::AssetNotAccepted)?;
            accepted.remove(place);
            Self::deposit_event(Event::AssetDropped { id });
            Ok(())
        })
    }
}
