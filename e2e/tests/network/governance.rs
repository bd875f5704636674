//! Holders change a rule by vote, with the command line alone.

use myai_e2e::*;
use myai_primitives::*;
use serde_json::Value;

fn rule(person: &Person, name: &str) -> (u64, String) {
    let rules = person.myai(&["gov", "rules"]);
    let list = rules["rules"].as_array().expect("a list");
    let rule = list.iter().find(|r| r["rule"] == name).expect("the rule");
    (
        rules["revision"].as_u64().expect("a number"),
        rule["text"].as_str().expect("text").into(),
    )
}

/// The referendum once its state is `state`.
fn reaches(person: &Person, referendum: &str, state: &str) -> Value {
    until(&format!("referendum {referendum} {state}"), 120, || {
        let shown = person.myai(&["gov", "show", referendum]);
        (shown["state"] == state).then_some(shown)
    })
}

#[test]
fn holders_change_a_rule_by_vote_and_get_their_deposits_back() {
    let world = World::start();
    let proposer = world.person("gov-proposer");
    let voter = world.person("gov-voter");
    let rich = Person {
        uri: "//Alice".into(),
        ..world.person("gov-rich")
    };
    let (revision, was) = rule(&proposer, "max-royalty");
    assert_eq!(was, "40%");

    // What cannot be is said before anything is sent.
    for (set, why) in [
        ("max-royalty=60%", "max-royalty must be from 0% to 50%"),
        ("max-royalty=40%", "max-royalty is 40% already"),
        ("royalty=1%", "`royalty` is not a rule"),
    ] {
        let said = proposer.try_myai(&["gov", "propose", "--set", set]);
        assert_eq!(said.code, 2, "{set}: {}", said.err);
        assert!(said.err.contains(why), "{set}: {}", said.err);
    }
    let held = world.held(&proposer.account);
    let propose = ["gov", "propose", "--set", "max-royalty=45%"];
    let planned = proposer.myai(&[&propose[..], &["--dry-run"]].concat());
    assert_eq!(planned["referendum"], Value::Null);
    assert_eq!(planned["changes"][0]["text"], "max-royalty: 40% → 45%");
    assert_eq!(
        proposer.myai(&["gov", "list"])["referenda"],
        Value::Array(vec![])
    );
    assert_eq!(world.held(&proposer.account), held);

    // Somebody else places the decision deposit.
    let sent = proposer.myai(&[&propose[..], &["--no-deposit"]].concat());
    let number = sent["referendum"].as_u64().expect("a number").to_string();
    let shown = voter.myai(&["gov", "show", &number]);
    assert_eq!(shown["what"][0], "max-royalty: 40% → 45%");
    assert_eq!(shown["decision_deposit"], false);
    assert_eq!(shown["proposer"], proposer.account.to_string());
    let again = |args: &[&str]| voter.try_myai(args);
    let said = again(&["gov", "refund", &number]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("is not decided"), "{}", said.err);
    voter.myai(&["gov", "deposit", &number]);

    // A vote against it, which is changed, and one of somebody rich.
    let tokens = ["--amount", "100 MAI"];
    voter.myai(&[&["gov", "vote", &number, "--nay"], &tokens[..]].concat());
    let against = voter.myai(&["gov", "show", &number]);
    assert_eq!(against["nays"], (100 * MAI).to_string(), "{against}");
    let aye = ["gov", "vote", &number, "--aye", "--conviction", "2"];
    let vote = voter.myai(&[&aye[..], &tokens[..]].concat());
    assert_eq!(vote["locked_after_winning"], 20, "{vote}");
    rich.myai(&["gov", "vote", &number, "--aye", "--amount", "900000 MAI"]);
    let shown = voter.myai(&["gov", "show", &number]);
    assert_eq!(shown["ayes"], (900_200 * MAI).to_string(), "{shown}");

    reaches(&voter, &number, "approved");
    let now = until("the new rule", 60, || {
        let now = rule(&voter, "max-royalty");
        (now.1 == "45%").then_some(now)
    });
    assert_eq!(now.0, revision + 1);
    let listed = voter.myai(&["gov", "list"]);
    assert_eq!(listed["referenda"][0]["state"], "approved");
    let ongoing = voter.myai(&["gov", "list", "--ongoing"]);
    assert_eq!(ongoing["referenda"], Value::Array(vec![]));
    let late = again(&["gov", "vote", &number, "--nay", "--amount", "1 MAI"]);
    assert_eq!(late.code, 1, "{}", late.err);
    assert!(late.err.contains("is over: approved"), "{}", late.err);

    // Both deposits go back to whoever placed them, once.
    let refunded = rich.myai(&["gov", "refund", &number]);
    let to = |n: usize| refunded["refunded"][n]["to"].clone();
    assert_eq!(to(0), voter.account.to_string());
    assert_eq!(to(1), proposer.account.to_string());
    let none = again(&["gov", "refund", &number]);
    assert!(none.err.contains("no deposit"), "{}", none.err);
    voter.myai(&["gov", "vote", &number, "--remove"]);
    let none = again(&["gov", "vote", &number, "--remove"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("has no vote"), "{}", none.err);
    voter.myai(&["gov", "unlock"]);
}

#[test]
fn another_account_votes_with_what_is_delegated_to_it() {
    let world = World::start();
    let holder = world.person("gov-holder");
    let delegate = world.person("gov-delegate");
    let to = delegate.account.to_string();
    let give = ["gov", "delegate", "--to", &to, "--amount", "200 MAI"];
    let unknown = holder.try_myai(&[&give[..], &["--track", "rules"]].concat());
    assert_eq!(unknown.code, 2, "{}", unknown.err);
    assert!(
        unknown.err.contains("`rules` is not a track: root"),
        "{}",
        unknown.err
    );
    holder.myai(&[&give[..], &["--track", "registry-rules"]].concat());

    let several = ["--set", "max-royalty=45%", "--set", "spoilt-charge=10%"];
    let sent = delegate.myai(&[&["gov", "propose"], &several[..]].concat());
    let number = sent["referendum"].as_u64().expect("a number").to_string();
    delegate.myai(&["gov", "vote", &number, "--aye", "--amount", "10 MAI"]);
    let shown = holder.myai(&["gov", "show", &number]);
    assert_eq!(shown["ayes"], (210 * MAI).to_string(), "{shown}");
    let what = ["max-royalty: 40% → 45%", "spoilt-charge: 33.3333% → 10%"];
    assert_eq!(shown["what"], serde_json::json!(what));

    let stop = ["gov", "delegate", "--stop"];
    assert_eq!(holder.myai(&stop)["tracks"][0], "registry-rules");
    let shown = holder.myai(&["gov", "show", &number]);
    assert_eq!(shown["ayes"], (10 * MAI).to_string(), "{shown}");
    let none = holder.try_myai(&stop);
    assert!(none.err.contains("nothing is delegated"), "{}", none.err);

    // Too few vote: it is rejected, and nothing changes.
    reaches(&holder, &number, "rejected");
    assert_eq!(rule(&holder, "max-royalty").1, "40%");
}
