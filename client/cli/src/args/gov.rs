//! `myai gov …`

use super::AmountArg;
use crate::{
    parse::AccountArg,
    rules::{conviction, Setting},
};
use clap::{ArgGroup, Args, Subcommand};
use myai_chain_client::calls::Conviction;

#[derive(Debug, Subcommand)]
pub enum GovCommand {
    /// Show the rules in force, and what each may be set to.
    Rules,
    /// Propose other rules: opens a referendum on them.
    Propose(ProposeArgs),
    /// List referenda, newest first.
    List {
        /// Only those that are not decided.
        #[arg(long)]
        ongoing: bool,
        /// Most rows.
        #[arg(long, value_name = "ROWS", default_value_t = 20)]
        limit: u32,
    },
    /// Show a referendum: what would change, how it stands, what it still needs.
    Show {
        #[arg(value_name = "NUMBER")]
        referendum: u32,
    },
    /// Vote on a referendum, change a vote or take it back.
    Vote(VoteArgs),
    /// Let another account vote with one's tokens.
    Delegate(DelegateArgs),
    /// Free tokens that no vote holds any longer.
    Unlock {
        /// Whose (default: the key's account); anyone may.
        #[arg(value_name = "ACCOUNT")]
        account: Option<AccountArg>,
    },
    /// Place the decision deposit of a referendum, without which it is never decided; anyone may.
    Deposit {
        #[arg(value_name = "NUMBER")]
        referendum: u32,
    },
    /// Have the deposits of a referendum that ended given back to the accounts that placed them; anyone may.
    Refund {
        #[arg(value_name = "NUMBER")]
        referendum: u32,
    },
}

#[derive(Debug, Args)]
pub struct ProposeArgs {
    /// A rule and its new value, as in `max-royalty=35%` or `min-worker-bond=200 MAI`; may be given
    /// several times. `myai gov rules` lists them.
    #[arg(long = "set", value_name = "RULE=VALUE", required = true)]
    pub set: Vec<Setting>,
    /// Leave the decision deposit to somebody else (`myai gov deposit`).
    #[arg(long)]
    pub no_deposit: bool,
    /// Show what would change, from when and what it costs, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["aye", "nay", "remove"]))]
pub struct VoteArgs {
    #[arg(value_name = "NUMBER")]
    pub referendum: u32,
    /// Vote for it.
    #[arg(long)]
    pub aye: bool,
    /// Vote against it.
    #[arg(long)]
    pub nay: bool,
    /// Take one's vote back.
    #[arg(long, conflicts_with_all = ["amount", "conviction"])]
    pub remove: bool,
    /// Tokens that vote; free ones, which stay in the account and are held while they vote.
    #[arg(long, value_name = "AMOUNT", required_unless_present = "remove")]
    pub amount: Option<AmountArg>,
    /// How much each token counts and how long it is held if the vote wins: 0.1 (not beyond the
    /// referendum), or 1 to 6 (for 1, 2, 4, 8, 16 or 32 locking periods).
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = conviction)]
    pub conviction: Conviction,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).args(["to", "stop"]))]
pub struct DelegateArgs {
    /// Who votes.
    #[arg(long, value_name = "ACCOUNT", requires = "amount")]
    pub to: Option<AccountArg>,
    /// Delegate no longer.
    #[arg(long, conflicts_with_all = ["amount", "conviction"])]
    pub stop: bool,
    /// With how many tokens.
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<AmountArg>,
    /// As of a vote: 0.1, or 1 to 6.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = conviction)]
    pub conviction: Conviction,
    /// Only on this track; may be given several times (default: on all).
    #[arg(long = "track", value_name = "TRACK")]
    pub tracks: Vec<String>,
}
