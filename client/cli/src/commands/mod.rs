//! What each command does. A command returns a report, which is printed here.

mod account;
mod ask;
mod claim;
mod dataset;
mod deliver;
mod gov;
mod job;
mod model;
mod worker;

use crate::{
    args::{Cli, Command, Global, ModelCommand},
    context::Context,
    error::Result,
    output::{Output, Report},
};

/// Runs one command to its end.
pub async fn run(cli: Cli, output: Output) -> Result<()> {
    let Cli { global, command } = cli;
    // These need no chain.
    if let Command::Model(ModelCommand::Inspect { file, manifest }) = &command {
        return print(&output, &model::inspect_file(file, manifest.as_deref())?);
    }
    if let Command::Job(command) = &command {
        return job::run(&global, output, command).await;
    }
    on_chain(&global, output, command).await
}

async fn on_chain(global: &Global, output: Output, command: Command) -> Result<()> {
    let context = Context::connect(global, output).await?;
    let report = match command {
        Command::Model(command) => model::run(&context, command).await?,
        Command::Dataset(command) => dataset::run(&context, command).await?,
        Command::Worker(command) => worker::run(&context, command).await?,
        Command::Claim(args) => claim::run(&context, args).await?,
        Command::Account(args) => account::run(&context, args).await?,
        Command::Gov(command) => gov::run(&context, command).await?,
        Command::Ask(args) => return ask::run(&context, args).await,
        Command::Job(command) => return job::run(global, output, &command).await,
    };
    print(&output, &report)
}

fn print(output: &Output, report: &Report) -> Result<()> {
    output
        .report(report)
        .map_err(crate::error::Error::file("cannot write to", "stdout"))
}

/// A job as this machine may keep it, for tests.
#[cfg(test)]
pub(crate) fn saved_job(end: Option<myai_sdk::End>) -> myai_sdk::SavedJob {
    let hash = |byte: &str| format!("0x{}", byte.repeat(32));
    let account = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    let mut job: myai_sdk::SavedJob = serde_json::from_value(serde_json::json!({
        "format": 3,
        "id": "01".repeat(32),
        "created": 1_700_000_000_000_u64,
        "genesis": hash("09"),
        "mailbox": "ws://127.0.0.1:9944",
        "payer": account,
        "worker": account,
        "signer": account,
        "version": 3,
        "units": 1,
        "asset": "MAI",
        "gross": "1500000000000",
        "deposit": "10",
        "spoilt_charge": "3",
        "duration": 100,
        "open_by": 50,
        "blob": hash("01"),
        "input_commitment": hash("c0"),
        "salt": hash("c2"),
        "sealing_secret": hash("c3"),
        "mailbox_seed": hash("c4"),
        "opened": false,
        "uploaded": false,
        "end": null,
    }))
    .expect("a saved job");
    job.end = end;
    job
}
