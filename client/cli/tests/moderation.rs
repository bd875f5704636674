//! The program and a node: what is suspended says so wherever it is shown.

use codec::{Decode, Encode};
use myai_chain_client::{
    testing::{
        views::{dataset, model, worker},
        FakeNode,
    },
    AccountId,
};
use myai_primitives::*;
use serde_json::{json, Value};
use std::process::Command;

type Answer = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

fn answer(value: impl Encode) -> Answer {
    let bytes = value.encode();
    Box::new(move |_| bytes.clone())
}

/// The rows of a list from the id that is asked for on: this one alone.
fn list_of<T: Encode + Send + 'static>(id: u32, row: T) -> Answer {
    Box::new(move |asked| {
        let from = u32::decode(&mut &asked[..]).unwrap();
        let page: Vec<&T> = (from <= id).then_some(&row).into_iter().collect();
        page.encode()
    })
}

/// A node on which the model, the dataset and the worker are suspended from tick 10 to tick 90.
async fn node() -> FakeNode {
    let node = FakeNode::start().await;
    let suspension = SuspensionView {
        since: 10,
        until: 90,
        rests_until: 170,
    };
    let clock = ClockView {
        now: 50,
        served: 50,
    };
    node.state().functions = vec![
        ("MyAiApi_accepted_assets", answer(Vec::<AssetView>::new())),
        ("MyAiApi_clock", answer(clock)),
        ("MyAiApi_suspension", answer(Some(suspension))),
        ("MyAiApi_model", answer(Some(model()))),
        ("MyAiApi_models", list_of(2, model())),
        (
            "MyAiApi_versions",
            answer(Vec::<VersionView<AccountId>>::new()),
        ),
        ("MyAiApi_dataset", answer(Some(dataset()))),
        ("MyAiApi_datasets", list_of(4, dataset())),
        ("MyAiApi_worker", answer(Some(worker()))),
        ("MyAiApi_offers", answer(Vec::<OfferView<AccountId>>::new())),
    ];
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_suspended_says_so_wherever_it_is_shown() {
    let node = node().await;
    let myai = |form: &[&str], words: &str| {
        let done = Command::new(env!("CARGO_BIN_EXE_myai"))
            .args(["--node", &node.url])
            .args(form)
            .args(words.split(' '))
            .output()
            .unwrap();
        assert!(done.status.success(), "{words}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let worker = format!("worker show {}", worker().id);
    for words in ["model show 2", "dataset show 4", &worker] {
        let shown = myai(&[], words);
        let says = "since tick 10, until tick 90: no new ";
        assert!(shown.contains(says), "{words}: {shown}");
        let shown: Value = serde_json::from_str(&myai(&["--json"], words)).unwrap();
        let suspended = json!({ "since": 10, "until": 90 });
        assert_eq!(shown["suspended"], suspended, "{words}");
    }
    for words in ["model list", "dataset list"] {
        let shown = myai(&[], words);
        assert!(
            shown.contains("suspended until tick 90"),
            "{words}: {shown}"
        );
        let shown: Value = serde_json::from_str(&myai(&["--json"], words)).unwrap();
        assert_eq!(shown[0]["suspended"]["until"], 90, "{words}");
    }
}
