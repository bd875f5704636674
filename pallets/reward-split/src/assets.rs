//! Which assets prices may be in. Owns `AcceptedAssets`.

use crate::{AcceptedAssets, Config, Error, Event, Pallet};
use frame_support::{ensure, traits::Get};
use myai_primitives::{Asset, Money};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    /// Whether prices may be in `asset`; the native one always.
    pub(crate) fn is_accepted(asset: &Asset) -> bool {
        match asset {
            Asset::Native => true,
            Asset::Id(id) => AcceptedAssets::<T>::get().contains(id),
        }
    }

    /// The vault's account must have the minimum balance free before it receives: the last minimum
    /// balance cannot be held. The treasury pays what nobody has sent there before.
    pub(crate) fn do_accept_asset(id: u32) -> DispatchResult {
        let asset = Asset::Id(id);
        ensure!(T::Money::exists(&asset), Error::<T>::UnknownAsset);
        let mut accepted = AcceptedAssets::<T>::get();
        ensure!(!accepted.contains(&id), Error::<T>::AlreadyAccepted);
        accepted
            .try_push(id)
            .map_err(|_| Error::<T>::TooManyAccepted)?;

        let (vault, treasury) = (Self::vault(), T::Treasury::get());
        T::Money::touch(&asset, &vault, &treasury)?;
        let free = T::Money::balance(&asset, &vault).saturating_sub(T::Money::held(
            &asset,
            &Self::income(),
            &vault,
        ));
        let lacking = T::Money::minimum(&asset).saturating_sub(free);
        T::Money::transfer(&asset, &treasury, &vault, lacking)?;
        AcceptedAssets::<T>::put(accepted);
        Self::deposit_event(Event::AssetAccepted { id });
        Ok(())
    }

    pub(crate) fn do_drop_asset(id: u32) -> DispatchResult {
        AcceptedAssets::<T>::try_mutate(|accepted| {
            let place = accepted
                .iter()
                .position(|a| *a == id)
                .ok_or(Error::<T>::AssetNotAccepted)?;
            accepted.remove(place);
            Self::deposit_event(Event::AssetDropped { id });
            Ok(())
        })
    }
}
