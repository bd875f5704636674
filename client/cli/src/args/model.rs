//! `myai model …`, and the clauses of a license, which versions and datasets have alike.

use super::{AmountArg, MetadataArgs, Page, SpecFile, WithSpec, VERSION_EXAMPLE};
use crate::parse::{self, AccountArg, Choice, CommercialUse, Word};
use clap::{ArgGroup, Args, Subcommand};
use myai_chain_client::AccountId;
use myai_primitives::{
    Access, ApprovalKind, Category, DataSource, Derivatives, Disclosure, Numerics, Ppm, Unit,
    VersionId,
};
use myai_sdk::{ModelRef, Target};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Register a model; its deposit is held until the model is removed.
    Register(ModelRegister),
    /// Publish a version of a model: files, price, clauses, bases and data.
    #[command(after_long_help = example())]
    Publish(Box<WithSpec<ModelPublish>>),
    /// List models.
    List(ModelList),
    /// Show a model with its versions, or one version.
    Show {
        /// A model's number or name, or a version such as v3.
        #[arg(value_name = "MODEL")]
        target: Target,
    },
    /// Look into an ONNX file of this machine: inputs, outputs, operators, whether it is integer.
    Inspect {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Check this manifest against it.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// Change the amount of a version's price; jobs that are open keep theirs.
    SetPrice {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
        /// The new price of one unit, in the asset that the version was published with.
        amount: AmountArg,
    },
    /// Replace a model's metadata.
    SetMetadata {
        model: ModelRef,
        #[command(flatten)]
        metadata: MetadataArgs,
    },
    /// Stop new jobs on a version, and derivatives unless it is irrevocable; running work ends.
    Retire {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
    },
    /// Remove a model without versions, or a retired version that nothing needs.
    Remove {
        /// A model's number or name, or a version such as v3.
        #[arg(value_name = "MODEL")]
        target: Target,
    },
    /// Move money out of a model's own account.
    Withdraw {
        model: ModelRef,
        amount: AmountArg,
        /// Who gets it (default: the key's account).
        #[arg(long, value_name = "ACCOUNT")]
        to: Option<AccountArg>,
    },
    /// Offer a model to a new owner, who accepts it.
    Transfer {
        model: ModelRef,
        #[arg(value_name = "ACCOUNT")]
        to: AccountArg,
    },
    /// Take back an offer of a model.
    CancelTransfer { model: ModelRef },
    /// Accept a model that was offered; the deposit is taken from the key's account.
    Accept {
        model: ModelRef,
        /// The model's count of changes when it was looked at; refuse if it has changed since
        /// (default: as it is now, which is shown).
        #[arg(long, value_name = "NUMBER")]
        changes: Option<u32>,
    },
    /// Take over a version's deposit from the model's earlier owner.
    AssumeDeposit {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
    },
    /// Give an approval that a version's clauses ask for.
    Approve(VersionApproval),
    /// Take an approval back, or turn a request for one down; running work ends as agreed.
    WithdrawApproval(VersionApproval),
    /// Ask a version's owner to approve the key's account.
    RequestApproval {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
        /// As what: host, who serves what its clauses bind; or user, who pays for answers.
        #[arg(value_parser = ApprovalKind::read)]
        kind: ApprovalKind,
    },
    /// List who is approved by a version, and who asks to be.
    Approvals {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
    },
}

#[derive(Debug, Args)]
pub struct ModelRegister {
    /// Name, at most 64 bytes.
    pub name: String,
    /// What it is made for.
    #[arg(long, value_parser = Category::read, default_value = "general")]
    pub category: Category,
    #[command(flatten)]
    pub metadata: MetadataArgs,
}

#[derive(Debug, Args)]
pub struct ModelList {
    #[command(flatten)]
    pub page: Page,
    /// Only models of this owner.
    #[arg(long, value_name = "ACCOUNT")]
    pub owner: Option<AccountArg>,
}

/// A version, and whom its owner lets do what.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("approved").required(true).args(["derivative", "host", "user"]))]
pub struct VersionApproval {
    #[arg(value_parser = parse::version_id)]
    pub version: VersionId,
    /// The model that would derive from it, in one publication.
    #[arg(long, value_name = "MODEL")]
    pub derivative: Option<ModelRef>,
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Whom a licensor lets serve what its clauses bind, or pay for answers of it.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// The worker that would serve what its clauses bind.
    #[arg(long, value_name = "ACCOUNT")]
    pub host: Option<AccountArg>,
    /// The account that would pay for answers.
    #[arg(long, value_name = "ACCOUNT")]
    pub user: Option<AccountArg>,
}

impl AccessArgs {
    /// As what, and whom.
    pub fn approved(&self) -> Option<(ApprovalKind, &AccountId)> {
        let host = self.host.as_ref().map(|a| (ApprovalKind::Host, &a.0));
        let user = self.user.as_ref().map(|a| (ApprovalKind::User, &a.0));
        host.or(user)
    }
}

/// Options that are not given are taken from the file of `--spec`; a list given here replaces the
/// file's.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelPublish {
    /// The model, by number or name.
    #[serde(deserialize_with = "parse::maybe")]
    pub model: Option<ModelRef>,
    /// TOML file that says all of it (`--help` ends with an example); paths in it are relative to
    /// its folder.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub spec: Option<PathBuf>,
    /// The ONNX file; its SHA-256 and length are computed.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Where others find it, at most four times (default: file://PATH).
    #[arg(long = "uri", value_name = "URI")]
    pub uris: Vec<String>,
    /// The manifest: how input becomes tensors and tensors an answer.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Where others find it, at most four times (default: file://PATH).
    #[arg(long = "manifest-uri", value_name = "URI")]
    pub manifest_uris: Vec<String>,
    /// Price of one unit.
    #[arg(long, value_name = "AMOUNT")]
    #[serde(deserialize_with = "parse::maybe")]
    pub price: Option<AmountArg>,
    /// What a price is for one of: call, thousand-tokens, second, megapixel.
    #[arg(long, value_parser = Unit::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub unit: Option<Unit>,
    /// int-v1 (integer operators only) or float.
    #[arg(long, value_parser = Numerics::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub numerics: Option<Numerics>,
    /// Longest input, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_input: Option<u32>,
    /// Longest answer, in bytes.
    #[arg(long, value_name = "BYTES")]
    pub max_output: Option<u32>,
    /// How open it is: one word (open, partial, closed), or three for
    /// source,training data,checkpoints.
    #[arg(long, value_parser = parse::disclosure)]
    #[serde(deserialize_with = "parse::disclosure_table")]
    pub openness: Option<Disclosure>,
    /// A version that it was derived from, or one further up that asks to be named, and its share.
    #[arg(long = "base", value_name = "VERSION:PPM")]
    pub bases: Vec<BaseArg>,
    /// Data and its share: a grant that it was trained under (g2:3%), or a dataset that a base was
    /// trained on and that asks to be named (d4:3%).
    #[arg(long = "dataset", value_name = "DATA:PPM")]
    pub datasets: Vec<DatasetArg>,
    /// An account with a share of the income.
    #[arg(long = "extra", value_name = "ACCOUNT:PPM")]
    pub extras: Vec<ExtraArg>,
    /// Check the files and print what would be published; send nothing.
    #[arg(long)]
    #[serde(skip)]
    pub dry_run: bool,
    #[command(flatten)]
    pub clauses: ClausesArgs,
}

impl SpecFile for ModelPublish {
    fn spec(&self) -> Option<&Path> {
        self.spec.as_deref()
    }

    fn paths(&mut self) -> Vec<&mut Option<PathBuf>> {
        let mut paths = vec![&mut self.file, &mut self.manifest];
        paths.extend(self.clauses.paths());
        paths
    }
}

/// What a license demands.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[command(next_help_heading = "What the license demands")]
#[serde(deny_unknown_fields, default)]
pub struct ClausesArgs {
    /// SPDX expression.
    #[arg(long, value_name = "SPDX")]
    pub license: Option<String>,
    #[command(flatten)]
    pub text: TextArgs,
    /// Who may derive from a version, or train on a dataset: forbidden, approval, allowed.
    #[arg(long, value_parser = Derivatives::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub derivatives: Option<Derivatives>,
    #[command(flatten)]
    pub royalty: RoyaltyArgs,
    /// A version can be retired, never removed, and others may still derive from it; grants of a
    /// dataset are never revoked.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub irrevocable: Option<bool>,
    /// Whether money may be made: allowed; or forbidden, which allows fees within --fees alone.
    #[arg(long, value_parser = CommercialUse::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub commercial: Option<CommercialUse>,
    /// Where commercial use is forbidden, what all fees of a job may come to for one unit.
    #[arg(long, value_name = "UNIT,AMOUNT")]
    pub fees: Option<FeesArg>,
    /// Who may serve it: anyone, approval.
    #[arg(long, value_parser = Access::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub hosting: Option<Access>,
    /// Who may pay for its answers: anyone, approval.
    #[arg(long, value_parser = Access::read)]
    #[serde(deserialize_with = "parse::maybe")]
    pub users: Option<Access>,
    #[command(flatten)]
    pub use_policy: PolicyArgs,
    /// A derivative has the same license and text and asks nothing more.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true")]
    pub share_alike: Option<bool>,
    /// Shown with every descendant, at most 128 bytes.
    #[arg(long, value_name = "TEXT")]
    pub attribution: Option<String>,
}

impl ClausesArgs {
    pub(super) fn paths(&mut self) -> [&mut Option<PathBuf>; 2] {
        [&mut self.text.file, &mut self.use_policy.file]
    }
}

/// A share of each descendant's income.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoyaltyArgs {
    /// Share of each descendant's price.
    #[arg(id = "royalty", long = "royalty", value_name = "PPM", value_parser = parse::ppm)]
    #[serde(deserialize_with = "parse::maybe")]
    pub share: Option<Ppm>,
    /// What the royalty brings at least for each unit, and what all fees of a job come to at most;
    /// for each unit and asset that a descendant may be priced in, at most four times.
    #[arg(long = "alternative", value_name = "UNIT,FLOOR,MAX_FEE")]
    pub alternatives: Vec<AlternativeArg>,
}

macro_rules! files {
    ($($name:ident $option:literal $uri:literal $about:literal;)*) => {$(
        #[doc = $about]
        #[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            #[doc = $about]
            #[arg(id = $option, long = $option, value_name = "FILE")]
            pub file: Option<PathBuf>,
            /// Where others find it, at most four times (default: file://PATH).
            #[arg(id = $uri, long = $uri, value_name = "URI")]
            pub uris: Vec<String>,
        }
    )*};
}

files!(
    TextArgs "text" "text-uri" "The license's text.";
    PolicyArgs "use-policy" "use-policy-uri" "What users must accept.";
);

macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident { $what:ident: $type:ty, $share:ident })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            #[serde(deserialize_with = "parse::word")]
            pub $what: $type,
            #[serde(deserialize_with = "parse::word")]
            pub $share: Ppm,
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let (what, $share) = parse::line(text)?;
                Ok(Self { $what: Word::from_word(what)?, $share })
            }
        }
    )*};
}

lines!(
    /// A base and its share, `v3:5%`.
    BaseArg { version: VersionId, royalty }
    /// Data and its share, `g2:3%`.
    DatasetArg { source: DataSource, share }
    /// An account and its share.
    ExtraArg { account: AccountArg, share }
);

/// In one unit and asset: the least that a royalty brings, and the most that fees come to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternativeArg {
    #[serde(deserialize_with = "parse::word")]
    pub unit: Unit,
    #[serde(deserialize_with = "parse::word")]
    pub floor: AmountArg,
    #[serde(deserialize_with = "parse::word")]
    pub max_fee: AmountArg,
}

impl FromStr for AlternativeArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [unit, floor, max_fee] = parts[..] else {
            return Err(format!(
                "`{text}`: write a unit and two amounts, as `call,0.001 MAI,0.005 MAI`"
            ));
        };
        let amount = |text: &str| text.parse().map_err(|e| format!("`{text}`: {e}"));
        Ok(Self {
            unit: Unit::read(unit)?,
            floor: amount(floor)?,
            max_fee: amount(max_fee)?,
        })
    }
}

/// The most that all fees of a job come to for one unit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeesArg {
    #[serde(deserialize_with = "parse::word")]
    pub unit: Unit,
    #[serde(deserialize_with = "parse::word")]
    pub max_fee: AmountArg,
}

impl FromStr for FeesArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (unit, max_fee) = text
            .split_once(',')
            .ok_or_else(|| format!("`{text}`: write a unit and an amount, as `call,0.001 MAI`"))?;
        Ok(Self {
            unit: Unit::read(unit.trim())?,
            max_fee: max_fee
                .parse()
                .map_err(|e| format!("`{}`: {e}", max_fee.trim()))?,
        })
    }
}

fn example() -> String {
    format!("A file for --spec:\n\n{}", VERSION_EXAMPLE)
}
