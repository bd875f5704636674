//! Every call in its worst case.

use crate::*;
use alloc::{boxed::Box, vec};
use frame_benchmarking::v2::*;
use staging_xcm::latest::{Junction, Junctions};

/// The longest location that can be.
fn location() -> Location {
    let key = Junction::GeneralKey {
        length: 32,
        data: [7; 32],
    };
    Location::new(1, Junctions::from([key; 8]))
}

fn asset() -> ForeignAsset {
    ForeignAsset {
        location: location(),
        reserve: Location::new(1, Parachain(1_000)),
    }
}

fn text<T: Config>() -> Text<T> {
    Text::<T>::truncate_from(vec![b'a'; T::StringLimit::get() as usize])
}

fn registered<T: Config>() -> Result<u32, BenchmarkError> {
    Pallet::<T>::do_register(FIRST_ID, asset(), (text::<T>(), text::<T>()), 12, 1)?;
    Ok(FIRST_ID)
}

fn registry<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::RegistryOrigin::try_successful_origin()
        .map_err(|_| BenchmarkError::Stop("nobody may register assets"))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register() -> Result<(), BenchmarkError> {
        let origin = registry::<T>()?;
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            FIRST_ID,
            Box::new(asset()),
            text::<T>(),
            text::<T>(),
            12,
            1,
        );
        assert_eq!(AssetOf::<T>::get(location()), Some(FIRST_ID));
        Ok(())
    }

    #[benchmark]
    fn set_reserve() -> Result<(), BenchmarkError> {
        let (origin, id) = (registry::<T>()?, registered::<T>()?);
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            id,
            Box::new(Location::new(1, Parachain(1_001))),
        );
        assert!(Foreign::<T>::get(id).is_some_and(|a| a.reserve != asset().reserve));
        Ok(())
    }

    #[benchmark]
    fn deregister() -> Result<(), BenchmarkError> {
        let (origin, id) = (registry::<T>()?, registered::<T>()?);
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, id);
        assert!(!Foreign::<T>::contains_key(id));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
