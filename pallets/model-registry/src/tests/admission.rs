//! What other pallets ask of versions.

use crate::{mock::*, Error, Listing, Listings, VersionReferences};
use codec::{Encode, MaxEncodedLen};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Offerable, Versions as _, Work};

type E = Error<Test>;

#[test]
fn opening_gives_model_price_and_split() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        assert_eq!(
            Registry::ensure_open(&work(v)),
            Ok(Offerable {
                model: m,
                price: spec().price,
                split: split(v),
                policies: None,
                lives_by: 0,
                approvals: 0,
                suspensions: 0,
            })
        );
        assert_noop!(open(VersionId(9), 0), E::VersionNotFound);
        assert_eq!(
            Registry::ensure_offer(v, &carol(), Balance::MAX),
            Ok(spec().price)
        );
        assert_eq!(
            Registry::ensure_offer(VersionId(9), &carol(), 0),
            Err(E::VersionNotFound.into())
        );
    });
}

#[test]
fn a_mode_that_is_not_allowed_is_refused() {
    new_ext().execute_with(|| {
        accept(Asset::Native);
        let v = publish(model(alice()), spec());
        // There is one mode only; a version without it cannot be published.
        Listings::<Test>::mutate(v, |o| o.as_mut().unwrap().modes = Default::default());
        assert_noop!(open(v, 0), E::ModeNotAllowed);
    });
}

#[test]
fn an_input_that_is_too_long_is_refused() {
    test(|| {
        let v = publish(model(alice()), spec());
        let of_length = |input_length| {
            Registry::ensure_open(&Work {
                input_length,
                ..work(v)
            })
        };
        assert_ok!(of_length(1_000));
        assert_eq!(of_length(1_001), Err(E::InputTooLong.into()));
    });
}

#[test]
fn every_host_needs_approval() {
    test(|| {
        let v = publish(
            model(alice()),
            spec().with(|c| c.hosting = Access::Approval),
        );
        let hosts = [alice(), bob(), carol()];
        let opened = || {
            Registry::ensure_open(&Work {
                hosts: &hosts,
                ..work(v)
            })
            .map(|o| o.approvals)
        };
        let approve = |host| {
            let licensor = Licensor::Version(v);
            Registry::approve(signed(alice()), licensor, ApprovalKind::Host, host)
        };
        assert_ok!(approve(bob()));
        assert_eq!(opened(), Err(E::HostNotApproved.into()));
        assert_ok!(approve(carol()));
        assert_eq!(opened(), Ok(3));
    });
}

#[test]
fn references_of_others_keep_a_version() {
    test(|| {
        assert_noop!(Registry::inc_refs(VersionId(0)), E::VersionNotFound);
        let v = publish(model(alice()), spec());
        assert_ok!(Registry::inc_refs(v));
        assert_ok!(Registry::inc_refs(v));
        // A worker is no derivative.
        assert!(!Registry::is_built_on(v));
        assert_eq!(remove(v), Err(E::VersionInUse.into()));
        Registry::dec_refs(v);
        assert_eq!(remove(v), Err(E::VersionInUse.into()));
        Registry::dec_refs(v);
        assert!(!VersionReferences::<Test>::contains_key(v));
        let row = crate::References {
            others: u32::MAX,
            ..Default::default()
        };
        VersionReferences::<Test>::insert(v, row);
        assert_noop!(Registry::inc_refs(v), E::TooManyReferences);
        VersionReferences::<Test>::remove(v);
        assert_ok!(remove(v));
    });
}

/// A version of Alice's trained on dataset 1 by terms of these clauses with a share of 10%.
fn trained(clauses: Clauses) -> VersionId {
    let m = model(alice());
    let g = grant(m, 1, clauses);
    publish(m, spec().grant(g, 100_000))
}

#[test]
fn other_terms_are_satisfied_that_ask_no_more() {
    test(|| {
        let asks = |share, floor, max_fee| {
            but(open_clauses(), |c| {
                c.royalty = royalty_in(share, Unit::Call, Asset::Native, floor, max_fee);
            })
        };
        let v = trained(asks(50_000, 20, 9));
        let satisfies = |clauses: Clauses| Registry::ensure_satisfies(v, DatasetId(1), &clauses);
        for fine in [
            asks(50_000, 20, 9),
            asks(40_000, 10, 10),
            open_clauses(),
            but(open_clauses(), |c| c.irrevocable = true),
        ] {
            assert_ok!(satisfies(fine));
        }
        // Its line gives 10%, but its descendants owe no more than they were told.
        for more in [
            asks(50_001, 20, 9),
            asks(50_000, 21, 9),
            asks(50_000, 20, 8),
            but(asks(50_000, 20, 9), |c| {
                c.royalty.alternatives[0].unit = Unit::Second
            }),
            but(open_clauses(), |c| c.derivatives = Derivatives::Approval),
            but(open_clauses(), |c| {
                c.commercial = Commercial::Forbidden { fees: None }
            }),
            but(open_clauses(), |c| c.hosting = Access::Approval),
            but(open_clauses(), |c| c.users = Access::Approval),
            but(open_clauses(), |c| c.use_policy = Some(file(7))),
            but(open_clauses(), |c| c.share_alike = true),
            but(open_clauses(), |c| c.attribution = text("Built with data")),
        ] {
            assert_noop!(satisfies(more), E::GrantAsksMore);
        }
        // What is asked for one dataset is not satisfied by another.
        let other = asks(40_000, 10, 10);
        assert_noop!(
            Registry::ensure_satisfies(v, DatasetId(2), &other),
            E::GrantAsksMore
        );
        assert_noop!(
            Registry::ensure_satisfies(VersionId(9), DatasetId(1), &open_clauses()),
            E::VersionNotFound
        );
    });
}

#[test]
fn terms_that_bound_a_version_are_satisfied_anew() {
    test(|| {
        let binding = || {
            but(open_clauses(), |c| {
                c.hosting = Access::Approval;
                c.users = Access::Approval;
                c.use_policy = Some(file(7));
                c.attribution = text("Built with data");
            })
        };
        let v = trained(binding());
        let satisfies = |clauses: Clauses| Registry::ensure_satisfies(v, DatasetId(1), &clauses);
        assert_ok!(satisfies(binding()));
        assert_ok!(satisfies(open_clauses()));
        let shown = but(open_clauses(), |c| c.attribution = text("Built with data"));
        assert_ok!(satisfies(shown));
        for more in [
            but(binding(), |c| c.use_policy = Some(file(8))),
            but(binding(), |c| c.attribution = text("Built with more")),
        ] {
            assert_noop!(satisfies(more), E::GrantAsksMore);
        }
    });
}

#[test]
fn what_opening_a_job_reads_is_small() {
    test(|| {
        let plain = listing(publish(model(alice()), spec())).encoded_size();
        assert!(plain <= 48, "{plain}");
    });
    let longest = Listing::max_encoded_len();
    assert!(longest <= 180, "{longest}");
    let published = crate::VersionOf::<Test>::max_encoded_len();
    assert!(published > 10 * longest, "{published}");
}
