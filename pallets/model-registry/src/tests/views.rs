//! Paged reads.

use crate::mock::*;
use frame_support::assert_ok;
use myai_primitives::*;

#[test]
fn a_model_shows_all_but_its_deposit() {
    test(|| {
        let m = model(alice());
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        assert_eq!(
            Registry::model_view(m),
            Some(ModelView {
                id: m,
                owner: alice(),
                account: Registry::model_account(m),
                name: name("Model"),
                category: Category::General,
                metadata: file(0),
                offered_to: Some(bob()),
                changes: 1,
            })
        );
        assert_eq!(Registry::model_view(ModelId(1)), None);
    });
}

#[test]
fn a_version_shows_its_spec_as_published_at_todays_price() {
    test(|| {
        let (a, m) = (model(alice()), model(alice()));
        let shown = but(open_clauses(), |c| {
            c.attribution = text("Built with data");
            c.use_policy = Some(file(6));
        });
        let theirs = grant(a, 5, open_clauses());
        let base = publish(a, spec().grant(theirs, 0).royalty(5, 1));
        let g = grant(m, 4, shown.clone());
        let published = spec().base(base, 200_000).grant(g, 6).extra(bob(), 7);
        let v = publish(m, published.clone());
        set_end(g, Some(8_000));
        set_end(theirs, Some(9_000));
        // It stands on another grant by now, and costs something else.
        let newer = grant(m, 4, open_clauses());
        set_end(newer, Some(7_000));
        Attached::mutate(|a| a.insert((v, DatasetId(4)), newer));
        set_end(g, Some(1));
        assert_ok!(Registry::set_price(signed(alice()), v, 12));
        let view = Registry::version_view(v).unwrap();
        assert_eq!(
            view,
            VersionView {
                id: v,
                model: m,
                state: VersionState::Live,
                last_work: None,
                spec: published.price(12),
                split: split(v),
                effective: effective(v),
                bound_by: vec![BoundByView {
                    licensor: Licensor::Dataset(DatasetId(4), 1),
                    clauses: shown,
                }],
                policies: policies_hash(&[[6; 32]]),
                lives_by: vec![
                    LivesByView {
                        trained: base,
                        dataset: DatasetId(5),
                        grant: theirs,
                        ends: Some(9_000),
                    },
                    LivesByView {
                        trained: v,
                        dataset: DatasetId(4),
                        grant: newer,
                        ends: Some(7_000),
                    },
                ],
                licensed_until: Some(7_000),
                first_with_artifact: base,
            }
        );
        // The lowest price and what descendants owe can be read.
        assert_eq!(view.effective.min_price, 5);
        assert_eq!(view.effective.shares_down(), Ppm(5));
        // An ancestor's grant counts.
        set_end(theirs, Some(6_000));
        let until = || Registry::version_view(v).unwrap().licensed_until;
        assert_eq!(until(), Some(6_000));
        set_end(theirs, None);
        set_end(newer, None);
        assert_eq!(until(), None);
        assert_ok!(Registry::retire_version(signed(alice()), v));
        let view = Registry::version_view(v).unwrap();
        assert_eq!(view.state, VersionState::Retired);
        assert_eq!(view.last_work, Some(100 + MAX_JOB_DURATION));
        assert_eq!(Registry::version_view(VersionId(9)), None);
    });
}

fn rich(who: AccountId) {
    assert_ok!(Balances::force_set_balance(
        RuntimeOrigin::root(),
        who,
        RICH * 10
    ));
}

#[test]
fn models_are_paged_in_the_order_of_ids_whatever_was_removed() {
    test(|| {
        rich(alice());
        // More than fit into one byte, so that the order of keys is put to the test.
        for n in 0..400 {
            let m = model(alice());
            // 290 removed ones in a row, and some.
            if (5..295).contains(&n) || n % 7 == 1 {
                assert_ok!(Registry::remove_model(signed(alice()), m));
            }
        }
        let stand: Vec<u32> = (0..400)
            .filter(|n| !(5..295).contains(n) && n % 7 != 1)
            .collect();
        let page = |from, limit| -> Vec<u32> {
            Registry::models_page(ModelId(from), limit)
                .into_iter()
                .map(|m| m.id.0)
                .collect()
        };
        assert_eq!(page(0, 5), stand[..5]);
        assert_eq!(page(5, 1), vec![296]);
        assert_eq!(page(296, 1), vec![296]);
        assert_eq!(page(400, 1), Vec::<u32>::new());
        assert_eq!(page(0, 0), Vec::<u32>::new());
        let mut walked = vec![];
        let mut from = 0;
        while let Some(last) = page(from, 7).last() {
            walked.extend(page(from, 7));
            from = last + 1;
        }
        assert_eq!(walked, stand);
        // An owner's are listed in the same way.
        assert_ok!(Registry::remove_model(signed(alice()), ModelId(0)));
        sell(ModelId(2), bob());
        sell(ModelId(399), bob());
        let of = |who, from, limit| -> Vec<u32> {
            Registry::models_of(&who, ModelId(from), limit)
                .into_iter()
                .map(|m| m.0)
                .collect()
        };
        assert_eq!(of(bob(), 0, 9), vec![2, 399]);
        assert_eq!(of(bob(), 3, 9), vec![399]);
        assert_eq!(of(bob(), 0, 1), vec![2]);
        assert_eq!(of(alice(), 0, 3), vec![3, 4, 296]);
        assert_eq!(of(carol(), 0, 9), Vec::<u32>::new());
    });
}

#[test]
fn pages_of_models_are_capped() {
    test(|| {
        rich(alice());
        for _ in 0..=MAX_PAGE {
            model(alice());
        }
        let max = MAX_PAGE as usize;
        assert_eq!(Registry::models_page(ModelId(0), u32::MAX).len(), max);
        assert_eq!(
            Registry::models_of(&alice(), ModelId(0), u32::MAX).len(),
            max
        );
    });
}

#[test]
fn versions_of_a_model_are_paged_oldest_first() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        rich(alice());
        let mut ours = vec![];
        for n in 0..300 {
            let v = publish(if n % 100 == 50 { b } else { a }, spec());
            if n % 100 != 50 {
                ours.push(v);
            }
        }
        let page = |model, from, limit| -> Vec<VersionId> {
            Registry::versions_page(model, VersionId(from), limit)
                .into_iter()
                .map(|v| v.id)
                .collect()
        };
        assert_eq!(page(a, 0, 3), ours[..3]);
        assert_eq!(page(a, 50, 2), vec![VersionId(51), VersionId(52)]);
        assert_eq!(
            page(b, 0, 100),
            vec![VersionId(50), VersionId(150), VersionId(250)]
        );
        assert_eq!(page(b, 151, 100), vec![VersionId(250)]);
        // A page is never longer than the API allows.
        assert_eq!(page(a, 0, u32::MAX), ours[..MAX_PAGE as usize]);
        let mut walked = vec![];
        let mut from = 0;
        loop {
            let next = page(a, from, 77);
            let Some(last) = next.last() else { break };
            from = last.0 + 1;
            walked.extend(next);
        }
        assert_eq!(walked, ours);
        assert_eq!(page(ModelId(9), 0, 1), vec![]);
    });
}
