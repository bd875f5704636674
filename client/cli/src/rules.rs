//! The rules of the network as people read and type them: a word, a value with its unit.

use crate::parse::{self, kebab, percent};
use myai_chain_client::calls::Conviction;
use myai_primitives::{Asset, Ppm, Rule, RuleError, RuleSet, Tick};
use myai_sdk::{
    amount::{AssetNames, TypedAmount},
    words::about,
};
use std::str::FromStr;

/// What a rule's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Share,
    Mai,
    Ticks,
}

/// What a rule's number counts, and what the rule says.
fn meaning(rule: Rule) -> (Unit, &'static str) {
    match rule {
        Rule::MaxRoyalty => (
            Unit::Share,
            "most that a version's royalties and dataset shares sum to",
        ),
        Rule::NetworkShare => (Unit::Share, "the network's cut of each price and fee"),
        Rule::MinWorkerBond => (Unit::Mai, "least bond of a worker that takes new jobs"),
        Rule::MinJobDuration => (Unit::Ticks, "shortest time that a job may be given"),
        Rule::MaxJobDuration => (Unit::Ticks, "longest time that a job may be given"),
        Rule::MaxSuspension => (
            Unit::Ticks,
            "longest that one call may suspend something or halt new work",
        ),
        Rule::MinRevokeNotice => (Unit::Ticks, "least notice of a dataset's revocation"),
        Rule::AnswerKept => (
            Unit::Ticks,
            "how long after its deadline the chain says how a job ended",
        ),
        Rule::SpoiltCharge => (
            Unit::Share,
            "what of a job's deposit its payer loses who spoilt it",
        ),
        Rule::JobDeposit => (Unit::Mai, "deposit of an open job that is paid in MAI"),
    }
}

/// The rule's word: `max-royalty`.
pub fn word(rule: Rule) -> String {
    kebab(rule)
}

/// What the rule says.
pub fn says(rule: Rule) -> &'static str {
    meaning(rule).1
}

/// A rule's value as people read it.
pub fn value_text(rule: Rule, value: u128) -> String {
    match meaning(rule).0 {
        Unit::Share => match u32::try_from(value) {
            Ok(ppm) => percent(Ppm(ppm)),
            Err(_) => value.to_string(),
        },
        Unit::Mai => AssetNames::default().show(&Asset::Native, value),
        Unit::Ticks => match Tick::try_from(value) {
            Ok(ticks) => about(ticks),
            Err(_) => format!("{value} ticks"),
        },
    }
}

/// A rule and the value that it is to have, as typed: `max-royalty=35%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub rule: Rule,
    pub value: u128,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, typed) = text.split_once('=').ok_or_else(|| {
            format!("`{text}` sets nothing: write a rule and its value, as in max-royalty=35%")
        })?;
        let typed_word = name.trim().to_ascii_lowercase().replace('_', "-");
        let rule = Rule::ALL.iter().copied().find(|r| word(*r) == typed_word);
        let rule = rule.ok_or_else(|| {
            let all: Vec<String> = Rule::ALL.iter().map(|r| word(*r)).collect();
            format!("`{}` is not a rule: {}", name.trim(), all.join(", "))
        })?;
        let typed = typed.trim();
        let value = match meaning(rule).0 {
            Unit::Share => parse::ppm(typed)?.0.into(),
            Unit::Ticks => parse::ticks(typed)?.into(),
            Unit::Mai => {
                let amount = typed
                    .parse::<TypedAmount>()
                    .and_then(|t| t.resolve(&AssetNames::default()))
                    .map_err(|e| e.to_string())?;
                if amount.asset != Asset::Native {
                    return Err(format!("`{typed}`: it must be in MAI"));
                }
                amount.value
            }
        };
        let setting = Self { rule, value };
        let (min, max) = rule.bounds();
        match (min..=max).contains(&value) {
            true => Ok(setting),
            false => Err(format!(
                "{} must be from {} to {}, not {}",
                word(rule),
                value_text(rule, min),
                value_text(rule, max),
                value_text(rule, value)
            )),
        }
    }
}

/// `rules` with all of `settings`. Fails with a sentence where they do not go together, where one
/// changes nothing, or where a rule is set twice.
pub fn with(rules: &RuleSet, settings: &[Setting]) -> Result<RuleSet, String> {
    let mut new = rules.clone();
    for (at, Setting { rule, value }) in settings.iter().enumerate() {
        if settings.iter().skip(at + 1).any(|s| s.rule == *rule) {
            return Err(format!("{} is set twice", word(*rule)));
        }
        if rules.get(*rule) == *value {
            let text = value_text(*rule, *value);
            return Err(format!("{} is {text} already", word(*rule)));
        }
        // One after the other, as the chain does it.
        new = new.with(*rule, *value).map_err(|e| match e {
            RuleError::OutOfBounds => format!("{} is out of its bounds", word(*rule)),
            RuleError::DurationsCross => format!(
                "{}: the shortest job would be longer than the longest",
                word(*rule)
            ),
        })?;
    }
    Ok(new)
}

/// How much each token counts: `0.1`, or 1 to 6.
pub fn conviction(text: &str) -> Result<Conviction, String> {
    let times = text.trim().trim_end_matches('x');
    if times == "0.1" || times == "0" {
        return Ok(Conviction::NONE);
    }
    times
        .parse()
        .ok()
        .and_then(Conviction::times)
        .ok_or_else(|| format!("`{text}` is not a conviction: 0.1, 1, 2, 3, 4, 5 or 6"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_primitives::MAI;

    #[test]
    fn rules_are_set_in_their_own_units() {
        let set = |text: &str| text.parse::<Setting>().map(|s| (s.rule, s.value));
        assert_eq!(set("max-royalty=35%"), Ok((Rule::MaxRoyalty, 350_000)));
        assert_eq!(set("max_royalty = 350000"), Ok((Rule::MaxRoyalty, 350_000)));
        assert_eq!(
            set("min-worker-bond=200 MAI"),
            Ok((Rule::MinWorkerBond, 200 * MAI))
        );
        assert_eq!(set("answer-kept=2h"), Ok((Rule::AnswerKept, 1_200)));
    }

    #[test]
    fn a_value_that_cannot_be_is_refused_by_name() {
        let refused = |text: &str| text.parse::<Setting>().unwrap_err();
        assert_eq!(
            refused("max-royalty=51%"),
            "max-royalty must be from 0% to 50%, not 51%"
        );
        assert!(refused("max-royalty=35 MAI").contains("is not a share"));
        assert!(refused("min-worker-bond=200").contains("say of what"));
        assert!(refused("min-worker-bond=2 asset:1").contains("must be in MAI"));
        assert!(refused("royalty=1%").contains("is not a rule: max-royalty"));
        assert!(refused("max-royalty").contains("sets nothing"));
    }

    #[test]
    fn what_changes_nothing_or_does_not_go_together_is_said_before_it_is_sent() {
        let rules = RuleSet::default();
        let with = |texts: &[&str]| {
            let settings: Vec<Setting> = texts.iter().map(|t| t.parse().unwrap()).collect();
            with(&rules, &settings)
        };
        assert_eq!(
            with(&["max-royalty=35%"]).unwrap().max_royalty(),
            Ppm(350_000)
        );
        assert_eq!(
            with(&["max-royalty=40%"]).unwrap_err(),
            "max-royalty is 40% already"
        );
        assert_eq!(
            with(&["max-royalty=35%", "max-royalty=30%"]).unwrap_err(),
            "max-royalty is set twice"
        );
        let crossed = with(&["max-job-duration=5"]).unwrap_err();
        assert!(crossed.contains("longer than the longest"), "{crossed}");
        with(&["min-job-duration=5", "max-job-duration=5"]).unwrap();
    }

    #[test]
    fn every_rule_has_words_and_its_bounds_can_be_typed() {
        for rule in Rule::ALL {
            let (min, max) = rule.bounds();
            for value in [min, max] {
                let text = match meaning(*rule).0 {
                    Unit::Ticks => value.to_string(),
                    _ => value_text(*rule, value),
                };
                let typed: Setting = format!("{}={text}", word(*rule)).parse().unwrap();
                assert_eq!(typed, Setting { rule: *rule, value });
            }
            assert!(!says(*rule).is_empty());
        }
    }

    #[test]
    fn convictions_are_a_tenth_or_one_to_six() {
        assert_eq!(conviction("0.1"), Ok(Conviction::NONE));
        assert_eq!(conviction("3x").ok(), Conviction::times(3));
        for wrong in ["7", "-1", "0.5", ""] {
            assert!(conviction(wrong).unwrap_err().contains("not a conviction"));
        }
    }
}
