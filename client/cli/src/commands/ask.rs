//! `myai ask`: pays a worker for one answer.

use super::deliver::deliver;
use crate::{
    args::AskArgs,
    context::Context,
    error::{Error, Result},
    show,
};
use myai_chain_client::hop::MAX_BLOB;
use myai_sdk::{
    policies::{AcceptedPolicies, Policy},
    Question,
};
use std::{
    io::{BufRead, IsTerminal, Read},
    path::Path,
};

pub async fn run(context: &Context<'_>, args: AskArgs) -> Result<()> {
    let key = context.signer()?;
    let question = Question {
        input: read_input(&args.input)?,
        version: context.target(&args.target).await?,
        units: args.units,
        worker: args.worker.as_ref().map(|worker| worker.0.clone()),
        duration: args.duration,
    };
    let mut quotation = context.quote(&question, &key.account()).await?;
    let (names, costs) = (&context.names, &quotation.costs);
    if let Some(typed) = &args.max_cost {
        quotation.max_cost = context.amount_in(typed, &costs.asset)?;
    }
    if costs.gross > quotation.max_cost {
        return Err(Error::Refused(format!(
            "it may cost {}, and you allow {}",
            names.show(&costs.asset, costs.gross),
            names.show(&costs.asset, quotation.max_cost)
        )));
    }
    let described = show::quotation(names, &question, &quotation);
    if args.dry_run {
        return super::print(&context.output, &described);
    }
    context.output.note(&described.text);

    accept(context, &quotation.policies, args.accept_policies)?;
    let store = context.global.store()?;
    let progress = context.output.progress();
    let hears = |step| progress.hear(step);
    let opened = context.open(&store, &key, &question, &quotation, &hears);
    let job = opened.await?;
    drop(progress);
    deliver(context, job, args.timeout, args.out.as_deref()).await
}

/// Makes sure that the payer has accepted the policies: earlier on this machine, or now.
fn accept(context: &Context<'_>, policies: &[Policy], accepts: bool) -> Result<()> {
    let accepted = AcceptedPolicies::new(&context.global.data_dir()?);
    let missing = accepted.missing(policies)?;
    if missing.is_empty() {
        return Ok(());
    }
    let accepts = accepts || (asks_at_terminal(context) && says_yes(&missing)?);
    if !accepts {
        return Err(Error::usage(format!(
            "these policies bind everyone who uses the answer; read them and give --accept-policies:\n{}",
            show::policies_text(&missing)
        )));
    }
    Ok(accepted.add(&missing)?)
}

/// Whether a person can be asked at a terminal.
fn asks_at_terminal(context: &Context<'_>) -> bool {
    !context.output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn says_yes(missing: &[Policy]) -> Result<bool> {
    eprintln!("{}", show::policies_text(missing));
    eprint!("Do you accept them? [y/N] ");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(Error::file("cannot read", "stdin"))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn read_input(path: &Path) -> Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path).map_err(Error::file("cannot read", path));
    }
    let mut bytes = vec![];
    std::io::stdin()
        .lock()
        .take(MAX_BLOB as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file("cannot read", "stdin"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::exit::Exit;

    #[test]
    fn inputs_come_from_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(read_input(&path).unwrap(), b"abc");
        let missing = read_input(&dir.path().join("none")).unwrap_err();
        assert_eq!(missing.exit(), Exit::Local);
    }
}
