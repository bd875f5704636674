//! Publishing: each condition of a spec.

use crate::{mock::*, Artifacts, Error, Event, Listings, Models, References, MAX_PAYLOAD};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{documents::*, Amount, Asset, GrantId, ModelId, Ppm, SplitId, VersionId};
use sp_runtime::{DispatchError, TokenError};

type E = Error<Test>;
type Spec = VersionSpec<AccountId>;

fn refused(model: ModelId, spec: Spec, why: E) {
    assert_noop!(try_publish(model, spec), why);
}

fn line(beneficiary: Beneficiary<AccountId>, parts: u32) -> Share<AccountId> {
    Share {
        beneficiary,
        parts: Ppm(parts),
    }
}

#[test]
fn a_version_is_published_with_its_split_and_deposit() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(theirs, spec().min_royalty(100_000));
        let g = grant(
            ours,
            3,
            DatasetTerms {
                min_share: Ppm(50_000),
                ..dataset_terms()
            },
        );
        let mut s = spec()
            .base(base, 100_000)
            .grant(g, 50_000)
            .extra(carol(), 1);
        s.artifact = file(8);
        assert_ok!(Registry::publish_version(
            signed(bob()),
            ours,
            Box::new(s.clone())
        ));
        let version = VersionId(1);
        System::assert_last_event(
            Event::VersionPublished {
                version,
                model: ours,
                artifact: [8; 32],
                first_with_artifact: version,
                split: SplitId(101),
                price: s.price,
                bases: s.bases,
                grants: s.grants,
                licensed_until: None,
            }
            .into(),
        );
        let theirs = Listings::<Test>::get(base).unwrap().split;
        assert_eq!(
            shares(version),
            vec![
                line(Beneficiary::Split(theirs), 100_000),
                line(Beneficiary::Split(SplitId(9_003)), 50_000),
                line(Beneficiary::Account(carol()), 1),
                line(Beneficiary::ModelOwner(ours), 849_999),
            ]
        );
        assert_eq!(SplitTable::get()[&SplitId(101)].0, bob());
        assert!(deposits(&bob()).1 > 1_000);
        assert!(Attached::get().contains(&(g, version)));
        assert_eq!(References::<Test>::get(base), 1);
        assert_eq!(Models::<Test>::get(ours).unwrap().versions, 1);
    });
}

#[test]
fn only_the_owner_publishes_and_pays_the_deposit() {
    test(|| {
        let m = model(alice());
        let call = |origin, m, s| Registry::publish_version(origin, m, Box::new(s));
        assert_noop!(
            call(RuntimeOrigin::root(), m, spec()),
            DispatchError::BadOrigin
        );
        assert_noop!(call(signed(bob()), m, spec()), E::NotOwner);
        assert_noop!(call(signed(alice()), ModelId(7), spec()), E::ModelNotFound);
        let left = Balances::free_balance(alice()) - EXISTENTIAL;
        assert_ok!(Balances::transfer_keep_alive(signed(alice()), bob(), left));
        assert_noop!(
            call(signed(alice()), m, spec()),
            TokenError::FundsUnavailable
        );
    });
}

#[test]
fn files_license_modes_and_limits_are_sound() {
    test(|| {
        let m = model(alice());
        let with = |change: &dyn Fn(&mut Spec)| {
            let mut s = spec();
            change(&mut s);
            s
        };
        refused(m, with(&|s| s.artifact.length = 0), E::ArtifactNotSound);
        refused(
            m,
            with(&|s| s.manifest.uris = Default::default()),
            E::ManifestNotSound,
        );
        refused(m, with(&|s| s.license = name("")), E::LicenseNotText);
        refused(m, with(&|s| s.license = name("  ")), E::LicenseNotText);
        refused(m, with(&|s| s.license = name("é")), E::LicenseNotText);
        refused(m, with(&|s| s.modes = Default::default()), E::NoMode);
        refused(
            m,
            with(&|s| s.modes = vec![Mode::Direct; 2].try_into().unwrap()),
            E::ModesNotInOrder,
        );
        refused(m, with(&|s| s.max_input = 0), E::InputLimitOutOfBounds);
        refused(
            m,
            with(&|s| s.max_input = MAX_PAYLOAD + 1),
            E::InputLimitOutOfBounds,
        );
        refused(m, with(&|s| s.max_output = 0), E::OutputLimitOutOfBounds);
        refused(
            m,
            with(&|s| s.max_output = MAX_PAYLOAD + 1),
            E::OutputLimitOutOfBounds,
        );
        publish(
            m,
            with(&|s| {
                s.max_input = MAX_PAYLOAD;
                s.max_output = 1;
                s.license = name("MIT OR (Apache-2.0 WITH LLVM-exception)");
            }),
        );
    });
}

#[test]
fn nothing_is_named_twice() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let (g, other) = (grant(m, 1, dataset_terms()), grant(m, 1, dataset_terms()));
        refused(m, spec().base(base, 1).base(base, 2), E::DuplicateBase);
        refused(m, spec().grant(g, 1).grant(g, 2), E::DuplicateGrant);
        refused(m, spec().grant(g, 1).grant(other, 1), E::DuplicateDataset);
        refused(m, spec().extra(bob(), 1).extra(bob(), 2), E::DuplicateExtra);
        refused(m, spec().extra(bob(), 0), E::ExtraShareIsZero);
    });
}

#[test]
fn there_are_sixteen_lines_at_most_with_the_owners() {
    test(|| {
        let m = model(alice());
        let mut s = spec();
        for n in 0..8 {
            let base = publish(m, spec());
            s = s.base(base, 1).extra(AccountId::new([100 + n; 32]), 1);
        }
        refused(m, s.clone(), E::TooManyLines);
        s.extras.pop();
        let version = publish(m, s);
        assert_eq!(shares(version).len(), 16);
    });
}

#[test]
fn royalty_above_maximum_is_refused() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let g = grant(m, 1, dataset_terms());
        // Together, by one part.
        refused(
            m,
            spec().base(base, 300_000).grant(g, 100_001),
            E::RoyaltyAboveMaximum,
        );
        refused(
            m,
            spec().base(base, u32::MAX).grant(g, u32::MAX),
            E::RoyaltyAboveMaximum,
        );
        publish(m, spec().base(base, 300_000).grant(g, 100_000));
        // Extra shares are the owner's to give.
        publish(m, spec().base(base, 400_000).extra(bob(), 599_999));
        // The maximum is that of the rules in force.
        assert_ok!(Registry::set_rule(
            RuntimeOrigin::root(),
            Rule::MaxRoyalty(Ppm(299_999))
        ));
        refused(m, spec().base(base, 300_000), E::RoyaltyAboveMaximum);
        // Terms that nobody could meet are no terms.
        refused(m, spec().min_royalty(300_000), E::MinRoyaltyAboveMaximum);
        publish(m, spec().min_royalty(299_999));
    });
}

#[test]
fn something_is_left_for_the_owner() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        refused(
            m,
            spec().base(base, 400_000).extra(bob(), 600_000),
            E::NothingLeftForOwner,
        );
        refused(
            m,
            spec().extra(bob(), u32::MAX).extra(carol(), u32::MAX),
            E::NothingLeftForOwner,
        );
        refused(m, spec().extra(bob(), 1_000_000), E::NothingLeftForOwner);
        let version = publish(m, spec().extra(bob(), 999_999));
        assert_eq!(shares(version)[1], line(Beneficiary::ModelOwner(m), 1));
    });
}

#[test]
fn base_terms_are_enforced() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        refused(ours, spec().base(VersionId(0), 0), E::BaseNotFound);

        let closed = publish(theirs, spec().permission(Permission::Forbidden));
        refused(ours, spec().base(closed, 100_000), E::DerivativesForbidden);

        let asks = publish(theirs, spec().min_royalty(100_000));
        refused(ours, spec().base(asks, 99_999), E::RoyaltyBelowMinimum);
        publish(ours, spec().base(asks, 100_000));

        // At least 30 for each unit; at 10% a price of 300.
        let floor = publish(theirs, spec().min_per_unit(Asset::Native, 30));
        let derived = |units| spec().base(floor, 100_000).price(Asset::Native, units);
        refused(ours, derived(299), E::PriceBelowMinimum);
        refused(ours, spec().base(floor, 0), E::PriceBelowMinimum);
        let ok = publish(ours, derived(300));
        assert_noop!(
            Registry::set_price(signed(bob()), ok, 299),
            E::PriceBelowMinimum
        );
        assert_ok!(Registry::set_price(signed(bob()), ok, 301));
        accept(dollars());
        refused(
            ours,
            spec().base(floor, 100_000).price(dollars(), 300),
            E::PricedInAnotherAsset,
        );

        assert_ok!(Registry::retire_version(signed(alice()), asks));
        refused(ours, spec().base(asks, 100_000), E::BaseRetired);
    });
}

#[test]
fn an_owner_may_derive_from_its_own_base() {
    test(|| {
        let (first, second) = (model(alice()), model(alice()));
        let closed = publish(
            first,
            spec().permission(Permission::Forbidden).min_royalty(10),
        );
        let asks = publish(first, spec().permission(Permission::Approval));
        publish(first, spec().base(closed, 10).base(asks, 0));
        publish(second, spec().base(closed, 10).base(asks, 0));
        // All else holds: one of the models may be sold.
        refused(second, spec().base(closed, 9), E::RoyaltyBelowMinimum);
        assert_ok!(Registry::transfer_ownership(signed(alice()), second, bob()));
        assert_ok!(Registry::accept_ownership(signed(bob()), second));
        refused(second, spec().base(closed, 10), E::DerivativesForbidden);
    });
}

#[test]
fn approval_needed() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(theirs, spec().permission(Permission::Approval));
        refused(ours, spec().base(base, 0), E::NotApproved);
        assert_ok!(Registry::approve_derivative(signed(alice()), base, ours));
        System::assert_last_event(
            Event::DerivativeApproved {
                version: base,
                model: ours,
            }
            .into(),
        );
        publish(ours, spec().base(base, 0));
        // One approval is one model's.
        let others = model(carol());
        refused(others, spec().base(base, 0), E::NotApproved);
        assert_ok!(Registry::withdraw_approval(signed(alice()), base, ours));
        refused(ours, spec().base(base, 0), E::NotApproved);
    });
}

#[test]
fn dataset_terms_are_enforced() {
    test(|| {
        let (ours, theirs) = (model(bob()), model(alice()));
        refused(ours, spec().grant(GrantId(5), 0), E::GrantNotFound);
        let foreign = grant(theirs, 1, dataset_terms());
        refused(ours, spec().grant(foreign, 0), E::GrantOfAnotherModel);

        let g = grant(
            ours,
            1,
            DatasetTerms {
                min_share: Ppm(70),
                ..dataset_terms()
            },
        );
        refused(ours, spec().grant(g, 69), E::ShareBelowMinimum);
        // A grant is over at its end itself.
        set_end(g, Some(1_000));
        refused(ours, spec().grant(g, 70), E::GrantLapsed);
        set_end(g, Some(1_001));
        let version = publish(ours, spec().grant(g, 70));
        assert_eq!(
            Listings::<Test>::get(version).unwrap().licensed_until,
            Some(1_001)
        );

        let least = Some(Amount {
            asset: Asset::Native,
            value: 30,
        });
        let g = grant(
            ours,
            2,
            DatasetTerms {
                min_per_unit: least,
                ..dataset_terms()
            },
        );
        refused(ours, spec().grant(g, 29_999), E::PriceBelowMinimum);
        publish(ours, spec().grant(g, 30_000));
    });
}

#[test]
fn a_grant_takes_no_more_versions_than_it_may() {
    test(|| {
        let m = model(alice());
        let g = grant(m, 1, dataset_terms());
        for _ in 0..16 {
            publish(m, spec().grant(g, 0));
        }
        assert_noop!(
            try_publish(m, spec().grant(g, 0)),
            DispatchError::Other("too many versions")
        );
    });
}

#[test]
fn a_line_without_a_share_is_no_line_of_the_split() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let g = grant(m, 1, dataset_terms());
        let version = publish(m, spec().base(base, 0).grant(g, 0));
        assert_eq!(
            shares(version),
            vec![line(Beneficiary::ModelOwner(m), 1_000_000)]
        );
        assert_eq!(References::<Test>::get(base), 1);
    });
}

#[test]
fn share_alike_is_inherited() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(
            a,
            1,
            DatasetTerms {
                share_alike: true,
                ..dataset_terms()
            },
        );
        for permission in [Permission::Forbidden, Permission::Approval] {
            refused(
                a,
                spec().grant(g, 0).permission(permission),
                E::ShareAlikeBroken,
            );
        }
        let first = publish(a, spec().grant(g, 0));
        assert!(Registry::version_view(first).unwrap().share_alike);
        // Down the line, and the line below that.
        refused(
            b,
            spec().base(first, 0).permission(Permission::Approval),
            E::ShareAlikeBroken,
        );
        let second = publish(b, spec().base(first, 0));
        assert!(Registry::version_view(second).unwrap().share_alike);
        refused(
            c,
            spec().base(second, 0).permission(Permission::Forbidden),
            E::ShareAlikeBroken,
        );
    });
}

#[test]
fn a_ban_on_commercial_use_is_inherited() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(
            a,
            1,
            DatasetTerms {
                commercial: false,
                ..dataset_terms()
            },
        );
        refused(a, spec().grant(g, 0), E::NotCommercial);
        let first = publish(a, spec().grant(g, 0).price(Asset::Native, 0));
        refused(
            b,
            spec().base(first, 0).price(Asset::Native, 1),
            E::NotCommercial,
        );
        let second = publish(b, spec().base(first, 0).price(Asset::Native, 0));
        assert_noop!(
            Registry::set_price(signed(bob()), second, 1),
            E::NotCommercial
        );
    });
}

#[test]
fn unaccepted_asset_is_refused() {
    test(|| {
        let m = model(alice());
        let priced = || spec().price(dollars(), 1);
        refused(m, priced(), E::AssetNotAccepted);
        refused(m, spec().min_per_unit(dollars(), 1), E::AssetNotAccepted);
        accept(dollars());
        publish(m, spec().min_per_unit(dollars(), 1));
        let version = publish(m, priced());
        // A dropped asset takes no new prices; what stands, stands.
        Accepted::set(vec![Asset::Native]);
        assert_noop!(
            Registry::set_price(signed(alice()), version, 2),
            E::AssetNotAccepted
        );
        assert_ok!(<Registry as myai_primitives::Versions>::open_until(
            version,
            Mode::Direct,
            2_000
        ));
    });
}

#[test]
fn a_free_version_is_allowed_where_no_terms_forbid_it() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let free = publish(a, spec().min_royalty(1_000).price(Asset::Native, 0));
        publish(b, spec().base(free, 1_000).price(Asset::Native, 0));
    });
}

#[test]
fn a_copy_is_shown_as_a_copy() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let first = publish(a, spec());
        // It is not refused, but shown.
        let copy = publish(b, spec());
        assert_eq!(
            Registry::version_view(first).unwrap().first_with_artifact,
            first
        );
        assert_eq!(
            Registry::version_view(copy).unwrap().first_with_artifact,
            first
        );
        assert!(matches!(
            last_event(),
            RuntimeEvent::ModelRegistry(Event::VersionPublished { version, first_with_artifact, .. })
                if version == copy && first_with_artifact == first
        ));
        // The hash stays taken when the first is gone.
        Removable::set(SplitTable::get().into_keys().collect());
        assert_ok!(Registry::retire_version(signed(alice()), first));
        no_job_is_open();
        assert_ok!(Registry::remove_version(signed(alice()), first));
        assert_eq!(Artifacts::<Test>::get([1; 32]), Some(first));
        let later = publish(a, spec());
        assert_eq!(
            Registry::version_view(later).unwrap().first_with_artifact,
            first
        );
    });
}
