//! What people see: the views of the chain as text and as JSON.

use myai_chain_client::AccountId;
use myai_client::{
    amount::{AssetName, AssetNames},
    show,
};
use myai_primitives::*;
use serde_json::json;

const MAI: Balance = 1_000_000_000_000;

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

fn names() -> AssetNames {
    let mut names = AssetNames::default();
    names.insert(
        1984,
        AssetName {
            symbol: "USDT".into(),
            decimals: 6,
        },
    );
    names
}

fn native(units: Balance) -> Amount {
    Amount {
        asset: Asset::Native,
        value: units,
    }
}

fn file(name: &str) -> File {
    File::new([0xab; 32], 1_234, &[&format!("https://example.org/{name}")]).unwrap()
}

fn version() -> VersionView<AccountId> {
    let terms = DerivativeTerms {
        permission: Permission::Allowed,
        min_royalty: Ppm(50_000),
        min_per_unit: Some(native(MAI / 1_000)),
        reach: Reach::Descendants,
    };
    let spec = VersionSpec {
        artifact: file("model.onnx"),
        manifest: file("manifest.json"),
        numerics: Numerics::IntV1,
        unit: Unit::Call,
        price: native(MAI / 100),
        modes: vec![Mode::Direct].try_into().unwrap(),
        max_input: 1_000,
        max_output: 100,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Partial,
            checkpoints: Openness::Closed,
        },
        license: b"Apache-2.0".to_vec().try_into().unwrap(),
        terms,
        bases: vec![BaseLine {
            version: VersionId(1),
            royalty: Ppm(100_000),
        }]
        .try_into()
        .unwrap(),
        grants: vec![GrantLine {
            grant: GrantId(2),
            share: Ppm(30_000),
        }]
        .try_into()
        .unwrap(),
        extras: vec![ExtraLine {
            account: account(9),
            share: Ppm(1),
        }]
        .try_into()
        .unwrap(),
    };
    VersionView {
        id: VersionId(3),
        model: ModelId(2),
        state: VersionState::Live,
        last_work: None,
        spec,
        split: SplitId(7),
        ancestors: vec![VersionId(1)],
        licensed_until: Some(500),
        share_alike: true,
        commercial: true,
        first_with_artifact: VersionId(2),
    }
}

fn model() -> ModelView<AccountId> {
    ModelView {
        id: ModelId(2),
        owner: account(1),
        account: account(2),
        name: b"digits\x1b[31m".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("readme.md"),
        offered_to: None,
    }
}

#[test]
fn a_version_tells_its_price_its_terms_and_who_gets_what() {
    let report = show::version(&names(), &version());
    let expected = "\
version      v3 of model 2, live
copy         v2 had the same artifact first
artifact     1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/model.onnx
manifest     1234 bytes, sha256 abababababababababababababababababababababababababababababababab
             https://example.org/manifest.json
price        0.01 MAI per call
numerics     int-v1
modes        direct
sizes        input at most 1000, answer at most 100 bytes
license      Apache-2.0
openness     source open, training data partial, checkpoints closed
terms        derivatives allowed, least royalty 5%, binds descendants, at least 0.001 MAI per call
income       10% to base v1
             3% to grant g2's dataset
             0.0001% to 5CFj6BzV4kGwpwCBKmMdA1XuupJdDzLmkSY3J9pjM7bKbRR7
             86.9999% to the model's owner
split        7
bound by     v1
licensed     until tick 500
share-alike  derivatives must allow derivatives too";
    let nine = account(9).to_string();
    let got = report
        .text
        .replace(&nine, "5CFj6BzV4kGwpwCBKmMdA1XuupJdDzLmkSY3J9pjM7bKbRR7");
    assert_eq!(got, expected);
    assert_eq!(report.json["id"], 3);
    assert_eq!(
        report.json["spec"]["price"],
        json!({ "asset": "MAI", "units": "10000000000", "text": "0.01 MAI" })
    );
    assert_eq!(
        report.json["spec"]["bases"],
        json!([{ "version": 1, "royalty": 100_000 }])
    );
    assert_eq!(report.json["state"], "live");
}

#[test]
fn a_model_lists_its_versions_and_cannot_steer_a_terminal() {
    let report = show::model(&names(), &model(), &[version()]);
    assert!(report
        .text
        .starts_with("model     2 digits\u{fffd}[31m\ncategory  medical-science\n"));
    let table: Vec<&str> = report.text.lines().rev().take(2).collect();
    assert_eq!(
        table,
        [
            "v3       live   0.01 MAI per call  int-v1    Apache-2.0  a copy of v2",
            "version  state  price              numerics  license",
        ]
    );
    assert!(!report.text.contains('\u{1b}') && !report.json.to_string().contains("\\u001b"));
    assert_eq!(show::models(&[]).text, "no models");
    assert_eq!(
        show::models(&[model()]).json[0]["category"],
        "medical-science"
    );
}

fn terms() -> DatasetTerms {
    DatasetTerms {
        price: Amount {
            asset: Asset::Id(1984),
            value: 12_500_000,
        },
        period: Some(14_400),
        min_share: Ppm(25_000),
        min_per_unit: None,
        approval: true,
        revocation: Revocation::Notice {
            notice: 28_800,
            perpetual_term: 1,
        },
        share_alike: false,
        commercial: false,
        reach: Reach::Direct,
    }
}

#[test]
fn a_dataset_tells_its_terms() {
    let view = DatasetView {
        id: DatasetId(4),
        owner: account(1),
        offered_to: Some(account(2)),
        name: b"scans".to_vec().try_into().unwrap(),
        category: Category::MedicalScience,
        metadata: file("scans.md"),
        openness: Openness::Closed,
        state: DatasetState::Open,
        split: SplitId(5),
        terms: Some((2, terms())),
    };
    let report = show::dataset(&names(), &view);
    let shown = report.text.split("terms       ").nth(1).unwrap();
    let expected = "\
number 2
            12.5 USDT (asset:1984) for 14400 ticks (about 24 h)
            at least 2.5% of each derived model's income
            each grant needs the owner's approval
            revocable after 28800 ticks (about 2 d)
            no commercial use
offered to  ";
    assert_eq!(shown, format!("{expected}{}", account(2)));
    assert_eq!(report.json["terms"]["number"], 2);
    assert_eq!(report.json["terms"]["price"]["units"], "12500000");
    let grant = GrantView {
        id: GrantId(2),
        dataset: DatasetId(4),
        model: ModelId(2),
        number: 2,
        terms: terms(),
        ends: None,
        versions: vec![VersionId(3), VersionId(4)],
    };
    assert_eq!(
        show::grants(&names(), &[grant]).text,
        "\
grant  dataset  terms  ends      price                   least share  versions
g2     4        2      for ever  12.5 USDT (asset:1984)  2.5%         v3 v4"
    );
}

#[test]
fn workers_show_what_they_offer_and_what_they_have_done() {
    let record = Record {
        settled: 12,
        declined: 1,
        expired: 0,
        standing: 3 * MAI / 2,
    };
    let offer = OfferView {
        worker: account(3),
        version: VersionId(3),
        fee: native(MAI / 200),
        min_duration: 20,
        available: true,
        record,
    };
    let three = account(3).to_string();
    let report = show::offers(&names(), std::slice::from_ref(&offer));
    let line = report.text.lines().nth(1).unwrap();
    assert_eq!(
        line.replace(&three, "W"),
        "W  0.005 MAI  20           yes        12       1         0        1.5 MAI"
    );
    assert_eq!(show::offers(&names(), &[]).text, "nobody serves it");
    let worker = WorkerView {
        id: account(3),
        signer: account(4),
        payout: account(5),
        details: WorkerDetails {
            endpoint: Default::default(),
            mailbox: b"wss://node.example".to_vec().try_into().unwrap(),
            sealing_key: [1; 32],
            max_open_jobs: 8,
        },
        bond: 100 * MAI,
        paused: false,
        open: 2,
        record,
    };
    let report = show::worker(&names(), &worker, &[offer]);
    for part in [
        "state        takes work",
        "endpoint     none",
        "mailbox      wss://node.example",
        "bond         100 MAI",
        "open jobs    2 of at most 8",
        "record       12 settled, 1 declined, 0 expired",
        "standing     1.5 MAI",
        "v3       0.005 MAI  20           yes",
    ] {
        assert!(report.text.contains(part), "{part} in\n{}", report.text);
    }
    assert_eq!(report.json["bond"]["units"], "100000000000000");
}

#[test]
fn a_quote_says_what_it_costs_and_the_most_it_may_cost() {
    let quote = Quote {
        asset: Asset::Native,
        price: 3 * MAI / 100,
        fee: MAI / 100,
        gross: 4 * MAI / 100,
        network: MAI / 1_000,
        deposit: MAI / 10,
    };
    assert_eq!(
        show::quote_text(&names(), &quote, 3, Unit::ThousandTokens),
        "\
price     0.03 MAI for 3 × thousand-tokens
fee       0.01 MAI to the worker
at most   0.04 MAI is held, what is not used comes back
of which  0.001 MAI to the network
deposit   0.1 MAI, given back"
    );
    assert_eq!(
        show::quote_json(&names(), &quote)["gross"]["text"],
        "0.04 MAI"
    );
}

#[test]
fn a_job_says_how_long_it_has() {
    let job = JobView {
        id: JobId(9),
        payer: account(1),
        opener: None,
        version: VersionId(3),
        mode: Mode::Direct,
        workers: vec![account(3)],
        units: 1,
        asset: Asset::Native,
        price: MAI,
        fee: 0,
        deadline: 120,
        revision: 1,
        input_commitment: [7; 32],
        blob: [8; 32],
    };
    let row = |served| {
        let rows = show::job(&names(), &job, ClockView { now: 1, served });
        rows.iter()
            .find(|(name, _)| *name == "deadline")
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(row(100), "in 20 ticks (about 2 min)");
    assert_eq!(row(120), "in 0 ticks (about 0 s)");
    assert_eq!(row(121), "passed: `job expire` gives the money back");
    assert_eq!(
        show::job_json(&names(), &job)["workers"][0],
        account(3).to_string()
    );
}
