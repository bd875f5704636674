//! Publishing: each condition of a spec that does not come from clauses.

use crate::{mock::*, Error, Event, Models, VersionReferences, Versions};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Keeper, Licenses as _};
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
        let base = publish(theirs, spec().royalty(100_000, 10));
        let g = grant(
            ours,
            3,
            but(open_clauses(), |c| c.royalty = royalty(50_000, 1)),
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
                unit: Unit::Call,
                price: s.price,
                bases: s.bases.clone(),
                datasets: s.datasets.clone(),
            }
            .into(),
        );
        assert_eq!(
            shares(version),
            vec![
                line(Beneficiary::Split(split(base)), 100_000),
                line(Beneficiary::Split(SplitId(9_003)), 50_000),
                line(Beneficiary::Account(carol()), 1),
                line(Beneficiary::ModelOwner(ours), 849_999),
            ]
        );
        let row = &SplitTable::get()[&SplitId(101)];
        assert_eq!(row.depositor, bob());
        assert_eq!(row.keeper, Keeper::Version(version));
        let bytes = 640 + s.encoded_size() + effective(version).encoded_size();
        assert_eq!(deposits(&bob()).1, deposit_for(bytes));
        assert_eq!(Attached::get()[&(version, DatasetId(3))], g);
        assert_eq!(TermsRefs::get()[&(DatasetId(3), 1)], 1);
        assert_eq!(VersionReferences::<Test>::get(base).derivatives, 1);
        assert_eq!(Models::<Test>::get(ours.place()).unwrap().versions, 1);
        let found = Versions::<Test>::get(version).unwrap();
        assert_eq!((found.spec, found.deposit.payer), (s, bob()));
    });
}

#[test]
fn a_versions_deposit_covers_what_it_stores() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let mut s = spec();
        for n in 0..7 {
            let demanding = spec()
                .royalty(1_000, 1)
                .with(|c| c.attribution = text("Built with it"));
            s = s.base(publish(theirs, demanding), 1_000);
            s = s.grant(grant(ours, n, open_clauses()), 0);
        }
        let before = stored();
        publish(ours, s);
        // References to the bases are theirs.
        let references = 7 * (32 + 12 + 8);
        assert!(covers(deposits(&bob()).1, stored() - before - references));
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
fn files_modes_and_limits_are_sound() {
    test(|| {
        let m = model(alice());
        let with = |change: &dyn Fn(&mut Spec)| {
            let mut s = spec();
            change(&mut s);
            s
        };
        let local = || File::new([7; 32], 1, &["file:///etc/passwd"]).unwrap();
        refused(m, with(&|s| s.artifact.length = 0), E::ArtifactNotSound);
        refused(
            m,
            with(&|s| s.artifact.length = u64::MAX),
            E::ArtifactNotSound,
        );
        refused(m, with(&|s| s.artifact = local()), E::ArtifactNotSound);
        refused(
            m,
            with(&|s| s.manifest.uris = Default::default()),
            E::ManifestNotSound,
        );
        refused(
            m,
            spec().with(|c| c.text = Some(local())),
            E::LicenseFileNotSound,
        );
        refused(
            m,
            spec().with(|c| c.use_policy = Some(local())),
            E::PolicyNotSound,
        );
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
                s.clauses.text = Some(file(7));
                s.clauses.use_policy = Some(file(8));
            }),
        );
    });
}

#[test]
fn a_spec_has_four_kilobytes_at_most() {
    test(|| {
        let m = model(alice());
        let mut s = spec();
        let uri = |length: usize| {
            let mut uri = b"https://".to_vec();
            uri.resize(length, b'u');
            Uri::truncate_from(uri)
        };
        let long = |n: usize| File {
            sha256: [1; 32],
            length: 1,
            uris: vec![uri(256); n].try_into().unwrap(),
        };
        s.artifact = long(4);
        s.manifest = long(4);
        s.clauses.text = Some(long(4));
        s.clauses.use_policy = Some(long(3));
        // To the byte, by one address.
        let room = MAX_SPEC as usize - s.encoded_size();
        let last = s.clauses.use_policy.as_mut().unwrap();
        last.uris.try_push(uri(room - 1)).unwrap();
        assert_eq!(s.encoded_size(), MAX_SPEC as usize);
        let mut longer = s.clone();
        longer.clauses.use_policy.as_mut().unwrap().uris[3] = uri(room);
        refused(m, longer, E::SpecTooLong);
        publish(m, s);
    });
}

#[test]
fn nothing_is_named_twice() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let (g, other) = (grant(m, 1, open_clauses()), grant(m, 1, open_clauses()));
        refused(m, spec().base(base, 1).base(base, 2), E::DuplicateBase);
        refused(m, spec().grant(g, 1).grant(g, 2), E::DuplicateDataset);
        refused(m, spec().grant(g, 1).grant(other, 1), E::DuplicateDataset);
        refused(m, spec().grant(g, 1).dataset(1, 1), E::DuplicateDataset);
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
        let g = grant(m, 1, open_clauses());
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
            Rule::MaxRoyalty,
            299_999
        ));
        refused(m, spec().base(base, 300_000), E::RoyaltyAboveMaximum);
        refused(m, spec().grant(g, 300_000), E::RoyaltyAboveMaximum);
        publish(m, spec().base(base, 299_999));
    });
}

#[test]
fn what_nobody_could_derive_from_is_not_published() {
    test(|| {
        let m = model(alice());
        refused(m, spec().royalty(400_001, 1), E::SharesDownAboveMaximum);
        publish(m, spec().royalty(400_000, 1));
        // With what comes down from others.
        let base = publish(m, spec().royalty(300_000, 1));
        let derived = |royalty| spec().base(base, 300_000).royalty(royalty, 1);
        refused(m, derived(100_001), E::SharesDownAboveMaximum);
        publish(m, derived(100_000));
        // What a line gives beyond what is asked is this version's alone.
        publish(m, spec().base(base, 400_000).royalty(100_000, 1));
        let asking = but(open_clauses(), |c| c.royalty = royalty(150_000, 1));
        let g = grant(m, 1, asking);
        let derived = |royalty| spec().grant(g, 150_000).royalty(royalty, 1);
        refused(m, derived(250_001), E::SharesDownAboveMaximum);
        publish(m, derived(250_000));
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
fn bases_and_grants_are_there_and_may_be_used() {
    test(|| {
        let (ours, theirs) = (model(bob()), model(alice()));
        refused(ours, spec().base(VersionId(0), 0), E::BaseNotFound);
        refused(ours, spec().grant(GrantId(5), 0), E::GrantNotFound);
        let foreign = grant(theirs, 1, open_clauses());
        refused(ours, spec().grant(foreign, 0), E::GrantOfAnotherModel);
        let g = grant(ours, 1, open_clauses());
        set_end(g, Some(1_000));
        let over = DispatchError::Other("the grant is over");
        assert_noop!(try_publish(ours, spec().grant(g, 0)), over);
        set_end(g, None);
        Unapproved::mutate(|u| u.insert(g));
        let unapproved = DispatchError::Other("the grant is not this owner's");
        assert_noop!(try_publish(ours, spec().grant(g, 0)), unapproved);
        Unapproved::set(Default::default());
        publish(ours, spec().grant(g, 0));
    });
}

#[test]
fn a_grant_takes_no_more_versions_than_it_may() {
    test(|| {
        let m = model(alice());
        let g = grant(m, 1, open_clauses());
        for _ in 0..16 {
            publish(m, spec().grant(g, 0));
        }
        assert_noop!(
            try_publish(m, spec().grant(g, 0)),
            DispatchError::Other("too many versions")
        );
        // The double knows no storage layers: what it counted for the one refused is undone here.
        LicensesDouble::dec_refs(DatasetId(1), 1);
    });
}

#[test]
fn a_line_without_a_share_is_no_line_of_the_split() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let g = grant(m, 1, open_clauses());
        let version = publish(m, spec().base(base, 0).grant(g, 0));
        assert_eq!(
            shares(version),
            vec![line(Beneficiary::ModelOwner(m), 1_000_000)]
        );
        assert_eq!(VersionReferences::<Test>::get(base).derivatives, 1);
    });
}

#[test]
fn unaccepted_asset_is_refused() {
    test(|| {
        let m = model(alice());
        let in_dollars = |c: &mut ClausesV1| {
            c.royalty = royalty_in(1, Unit::Call, dollars(), 1, 0);
        };
        let fees_in_dollars = |c: &mut ClausesV1| {
            let limit = FeeLimit {
                unit: Unit::Call,
                asset: dollars(),
                max_fee: 1,
            };
            c.commercial = Commercial::Forbidden { fees: Some(limit) };
        };
        let priced = || spec().sold_in(Unit::Call, dollars());
        refused(m, priced(), E::AssetNotAccepted);
        refused(m, spec().with(in_dollars), E::AssetNotAccepted);
        refused(
            m,
            spec().price(0).with(fees_in_dollars),
            E::AssetNotAccepted,
        );
        accept(dollars());
        publish(m, spec().with(in_dollars));
        publish(m, spec().price(0).with(fees_in_dollars));
        let version = publish(m, priced());
        // A dropped asset takes no new prices; what stands, stands.
        Accepted::set(vec![Asset::Native]);
        assert_noop!(
            Registry::set_price(signed(alice()), version, 2),
            E::AssetNotAccepted
        );
        assert_ok!(open(version, 2_000));
    });
}

#[test]
fn a_copy_is_shown_as_a_copy() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let first_of = |v| Registry::version_view(v).unwrap().first_with_artifact;
        let first = publish(a, spec());
        // It is not refused, but shown.
        let copy = publish(b, spec());
        assert_eq!((first_of(first), first_of(copy)), (first, first));
        assert!(matches!(
            System::events().pop().unwrap().event,
            RuntimeEvent::ModelRegistry(Event::VersionPublished { version, first_with_artifact, .. })
                if version == copy && first_with_artifact == first
        ));
        // The place goes with its version: the next that stands is the first.
        assert_ok!(remove(first));
        assert_eq!(first_of(copy), copy);
        let later = publish(a, spec());
        assert_eq!(first_of(later), copy);
        for version in [copy, later] {
            assert_ok!(remove(version));
        }
        assert_eq!(crate::Artifacts::<Test>::iter().count(), 0);
    });
}
