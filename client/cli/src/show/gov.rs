//! Rules and referenda.

use super::{amount_json, hex32, period, suspended_json, words};
use crate::{
    output::{fields, table, Report},
    parse::{kebab, percent},
    rules::{self, Setting},
};
use myai_chain_client::{AccountId, CallWords, Word};
use myai_primitives::*;
use myai_sdk::{amount::AssetNames, words::about};
use serde_json::{json, Value};

/// The rules in force, and what each may be set to; whether new work is halted.
pub fn rules(in_force: &Rules, halted: Option<SuspensionView>) -> Report {
    let row = |rule: &Rule| {
        let (min, max) = rule.bounds();
        vec![
            rules::word(*rule),
            rules::value_text(*rule, in_force.list.get(*rule)),
            format!(
                "{} to {}",
                rules::value_text(*rule, min),
                rules::value_text(*rule, max)
            ),
            rules::says(*rule).into(),
        ]
    };
    let rows: Vec<Vec<String>> = Rule::ALL.iter().map(row).collect();
    let json = |rule: &Rule| {
        let (min, max) = rule.bounds();
        json!({
            "rule": rules::word(*rule),
            "value": in_force.list.get(*rule).to_string(),
            "text": rules::value_text(*rule, in_force.list.get(*rule)),
            "min": min.to_string(),
            "max": max.to_string(),
            "default": rule.default_value().to_string(),
        })
    };
    let json: Vec<Value> = Rule::ALL.iter().map(json).collect();
    let halt = halted.map(|h| format!("new work is halted {}\n\n", period(&h)));
    Report::new(
        json!({
            "revision": in_force.revision,
            "halted": suspended_json(halted),
            "rules": json,
        }),
        format!(
            "{}revision {}\n\n{}\n\nA change binds what starts after it. Propose one: \
             myai gov propose --set max-royalty=35%",
            halt.unwrap_or_default(),
            in_force.revision,
            table(&["rule", "in force", "bounds", "what it is"], &rows, "")
        ),
    )
}

/// The track's word: `registry-rules`.
pub fn track_name(track: &TrackView) -> String {
    words(&track.name).replace('_', "-")
}

/// The track of that word.
pub fn track<'a>(governance: &'a GovernanceView, name: &str) -> Option<&'a TrackView> {
    let typed = name.to_ascii_lowercase().replace('_', "-");
    governance.tracks.iter().find(|t| track_name(t) == typed)
}

fn named(governance: &GovernanceView, id: u16) -> String {
    let track = governance.tracks.iter().find(|t| t.id == id);
    track.map_or_else(|| id.to_string(), track_name)
}

/// One rule, from what it is to what it would be.
fn change(rule: Rule, value: u128, rules: &RuleSet) -> String {
    let (old, new) = (
        rules::value_text(rule, rules.get(rule)),
        rules::value_text(rule, value),
    );
    match old == new {
        true => format!("{} stays {new}", rules::word(rule)),
        false => format!("{}: {old} → {new}", rules::word(rule)),
    }
}

fn change_json(rule: Rule, value: u128, rules: &RuleSet) -> Value {
    json!({
        "rule": rules::word(rule),
        "from": rules.get(rule).to_string(),
        "to": value.to_string(),
        "text": change(rule, value, rules),
    })
}

/// What a call would do, a line for each call.
fn call_text(call: &CallWords, rules: &RuleSet) -> Vec<String> {
    if call.title() == "ModelRegistry.set_rule" {
        if let (Some(rule), Some(value)) = (call.argument("rule"), call.argument("value")) {
            return vec![change(rule, value, rules)];
        }
    }
    let mut values = vec![];
    let mut inner = vec![];
    for (name, word) in &call.arguments {
        match word {
            Word::Value { text, .. } => {
                values.push(format!("{name}: {}", super::words(text.as_bytes())))
            }
            Word::Calls(calls) => inner.extend(calls.iter().flat_map(|c| call_text(c, rules))),
        }
    }
    if values.is_empty() && call.pallet == "Utility" && !inner.is_empty() {
        return inner;
    }
    let mut lines = vec![match values.is_empty() {
        true => call.title(),
        false => format!("{} ({})", call.title(), values.join(", ")),
    }];
    lines.extend(inner.into_iter().map(|line| format!("  {line}")));
    lines
}

fn state_text(state: &ReferendumState<AccountId>) -> String {
    match state {
        ReferendumState::Ended { outcome, at } => format!("{} at tick {at}", kebab(outcome)),
        ReferendumState::Ongoing(view) => match &view.deciding {
            None if !view.has_decision_deposit => "waits for its decision deposit".into(),
            None => "is being prepared".into(),
            Some(Deciding {
                confirmed_at: Some(at),
                ..
            }) => format!("passes; approved at tick {at} if that stays so"),
            Some(_) => "is being decided, and does not pass yet".into(),
        },
    }
}

fn state_word(state: &ReferendumState<AccountId>) -> String {
    match state {
        ReferendumState::Ended { outcome, .. } => kebab(outcome),
        ReferendumState::Ongoing(view) => match &view.deciding {
            None => "preparing".into(),
            Some(Deciding {
                confirmed_at: Some(_),
                ..
            }) => "confirming".into(),
            Some(_) => "deciding".into(),
        },
    }
}

fn what(call: Option<&CallWords>, rules: &RuleSet) -> Vec<String> {
    match call {
        Some(call) => call_text(call, rules),
        None => vec!["a call that is not on record here".into()],
    }
}

fn json(view: &ReferendumView<AccountId>, governance: &GovernanceView, what: &[String]) -> Value {
    let mut json = json!({
        "referendum": view.index,
        "state": state_word(&view.state),
    });
    match &view.state {
        ReferendumState::Ended { at, .. } => json["ended"] = json!(at),
        ReferendumState::Ongoing(o) => {
            json["track"] = json!(named(governance, o.track));
            json["proposer"] = json!(o.proposer.to_string());
            json["call_hash"] = json!(hex32(&o.call_hash));
            json["call"] = json!(o.call.as_ref().map(|c| format!("0x{}", hex::encode(c))));
            json["what"] = json!(what);
            json["submitted"] = json!(o.submitted);
            json["decision_deposit"] = json!(o.has_decision_deposit);
            json["deciding_since"] = json!(o.deciding.map(|d| d.since));
            json["approved_at"] = json!(o.deciding.and_then(|d| d.confirmed_at));
            json["ayes"] = json!(o.ayes.to_string());
            json["nays"] = json!(o.nays.to_string());
            json["support"] = json!(o.support.to_string());
            json["approval"] = json!(o.approval.0);
            json["approval_needed"] = json!(o.approval_needed.0);
            json["support_share"] = json!(o.support_share.0);
            json["support_needed"] = json!(o.support_needed.0);
        }
    }
    json
}

/// A referendum: what would change, how it stands, what it still needs.
pub fn referendum(
    view: &ReferendumView<AccountId>,
    governance: &GovernanceView,
    call: Option<&CallWords>,
    rules: &RuleSet,
    link: &str,
) -> Report {
    let names = AssetNames::default();
    let mut rows = vec![
        ("referendum", view.index.to_string()),
        ("state", state_text(&view.state)),
    ];
    let mut lines = vec![];
    if let ReferendumState::Ongoing(o) = &view.state {
        lines = what(call, rules);
        let track = governance.tracks.iter().find(|t| t.id == o.track);
        let tokens = |value| names.show(&Asset::Native, value);
        rows.push(("track", named(governance, o.track)));
        rows.push(("would do", lines.join("\n")));
        rows.push(("proposed by", o.proposer.to_string()));
        rows.push((
            "approval",
            format!(
                "{} of the votes, {} needed now (aye {}, nay {})",
                percent(o.approval),
                percent(o.approval_needed),
                tokens(o.ayes),
                tokens(o.nays)
            ),
        ));
        rows.push((
            "support",
            format!(
                "{} of the tokens, {} needed now ({})",
                percent(o.support_share),
                percent(o.support_needed),
                tokens(o.support)
            ),
        ));
        if let (Some(Deciding { since, .. }), Some(track)) = (o.deciding, track) {
            let ends = since.saturating_add(track.decision_period);
            rows.push(("decided by", format!("tick {ends}")));
        }
        if let Some(track) = track {
            let after = match o.enactment {
                Enactment::At(tick) => format!("at tick {tick}, or later"),
                Enactment::After(ticks) => {
                    format!(
                        "{} after approval",
                        about(ticks.max(track.min_enactment_period))
                    )
                }
            };
            rows.push(("in force", after));
        }
    }
    rows.push(("in a browser", link.into()));
    let mut json = json(view, governance, &lines);
    json["link"] = json!(link);
    Report::new(json, fields(&rows))
}

/// Referenda, newest first.
pub fn referenda(
    list: &[(ReferendumView<AccountId>, Option<CallWords>)],
    governance: &GovernanceView,
    rules: &RuleSet,
) -> Report {
    let mut rows = vec![];
    let mut jsons = vec![];
    for (view, call) in list {
        let mut row = vec![view.index.to_string(), state_word(&view.state)];
        let mut lines = vec![];
        match &view.state {
            ReferendumState::Ongoing(o) => {
                lines = what(call.as_ref(), rules);
                row.push(named(governance, o.track));
                row.push(format!(
                    "{} of {}",
                    percent(o.approval),
                    percent(o.approval_needed)
                ));
                row.push(format!(
                    "{} of {}",
                    percent(o.support_share),
                    percent(o.support_needed)
                ));
                row.push(lines.join("; "));
            }
            ReferendumState::Ended { .. } => row.extend(["", "", "", ""].map(String::from)),
        }
        jsons.push(json(view, governance, &lines));
        rows.push(row);
    }
    Report::new(
        json!({ "referenda": jsons }),
        table(
            &[
                "number", "state", "track", "approval", "support", "would do",
            ],
            &rows,
            "there is no such referendum",
        ),
    )
}

/// A proposal of other rules, before or after it was sent.
pub struct Proposed<'a> {
    /// The referendum's number once it was sent.
    pub index: Option<u32>,
    pub now: Tick,
    pub settings: &'a [Setting],
    pub rules: &'a RuleSet,
    pub governance: &'a GovernanceView,
    pub track: &'a TrackView,
    pub has_deposit: bool,
    pub link: String,
}

/// What would change, from when at the earliest, and what it costs.
pub fn proposed(p: &Proposed) -> Report {
    let names = AssetNames::default();
    let track = p.track;
    let changes: Vec<String> = p
        .settings
        .iter()
        .map(|s| change(s.rule, s.value, p.rules))
        .collect();
    let decided = p.now.saturating_add(track.prepare_period);
    let approved = decided.saturating_add(track.confirm_period);
    let enacted = approved.saturating_add(track.min_enactment_period);
    let last = decided
        .saturating_add(track.decision_period)
        .saturating_add(track.confirm_period);
    let submission = p.governance.submission_deposit;
    let mut rows =
        vec![
            (
                "referendum",
                match p.index {
                    Some(index) => index.to_string(),
                    None => "not sent (--dry-run)".into(),
                },
            ),
            ("track", track_name(track)),
            ("would change", changes.join("\n")),
            (
                "binds",
                "what starts after it is in force; nothing that runs changes".into(),
            ),
            (
                "on deposit",
                format!(
                "{} for the submission (back when approved or cancelled) and {} for the decision \
                 (back when it is over{})",
                names.show(&Asset::Native, submission),
                names.show(&Asset::Native, track.decision_deposit),
                if p.has_deposit { "" } else { "; left to somebody else" }
            ),
            ),
            (
                "at the earliest",
                format!(
                    "decided from tick {decided}, approved at {approved}, in force at {enacted}"
                ),
            ),
            ("at the latest", format!("decided at tick {last}")),
            ("in a browser", p.link.clone()),
        ];
    if let Some(index) = p.index {
        rows.push((
            "vote",
            format!("myai gov vote {index} --aye --amount \"10 MAI\""),
        ));
    }
    let json: Vec<Value> = p
        .settings
        .iter()
        .map(|s| change_json(s.rule, s.value, p.rules))
        .collect();
    Report::new(
        json!({
            "referendum": p.index,
            "track": track_name(track),
            "changes": json,
            "submission_deposit": amount_json(&names, &Asset::Native, submission),
            "decision_deposit": amount_json(&names, &Asset::Native, track.decision_deposit),
            "decision_deposit_placed": p.has_deposit && p.index.is_some(),
            "decided_from": decided,
            "approved_earliest": approved,
            "in_force_earliest": enacted,
            "decided_latest": last,
            "link": p.link,
        }),
        fields(&rows),
    )
}
