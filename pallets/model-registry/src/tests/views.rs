//! Paged reads.

use crate::mock::*;
use frame_support::assert_ok;
use myai_primitives::{api::*, documents::*, Asset, ModelId, VersionId};

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
            })
        );
        assert_eq!(Registry::model_view(ModelId(1)), None);
    });
}

#[test]
fn a_version_shows_its_spec_as_published_at_todays_price() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec().reaching_descendants());
        let g = grant(m, 4, dataset_terms());
        let published = spec().base(base, 5).grant(g, 6).extra(bob(), 7);
        let v = publish(m, published.clone());
        set_end(g, Some(8_000));
        assert_ok!(Registry::set_price(signed(alice()), v, 12));
        let view = Registry::version_view(v).unwrap();
        assert_eq!(
            view,
            VersionView {
                id: v,
                model: m,
                state: VersionState::Live,
                last_work: None,
                spec: published.price(Asset::Native, 12),
                split: view.split,
                ancestors: vec![base],
                licensed_until: Some(8_000),
                share_alike: false,
                commercial: true,
                first_with_artifact: base,
            }
        );
        assert_ok!(Registry::retire_version(signed(alice()), v));
        assert_eq!(
            Registry::version_view(v).unwrap().state,
            VersionState::Retired
        );
        assert_eq!(Registry::version_view(VersionId(9)), None);
    });
}

#[test]
fn models_are_paged_over_gaps() {
    test(|| {
        for _ in 0..5 {
            model(alice());
        }
        assert_ok!(Registry::remove_model(signed(alice()), ModelId(1)));
        let page = |from, limit| -> Vec<u32> {
            Registry::models_page(ModelId(from), limit)
                .into_iter()
                .map(|m| m.id.0)
                .collect()
        };
        assert_eq!(page(0, 2), vec![0, 2]);
        assert_eq!(page(3, 100), vec![3, 4]);
        assert_eq!(page(1, 1), vec![2]);
        assert_eq!(page(9, 1), Vec::<u32>::new());
        assert_eq!(page(0, 0), Vec::<u32>::new());
    });
}

#[test]
fn versions_of_a_model_are_paged_oldest_first() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        // More than fit into one byte, so that the order of keys is put to the test.
        frame_support::assert_ok!(Balances::force_set_balance(
            RuntimeOrigin::root(),
            alice(),
            RICH * 10
        ));
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
