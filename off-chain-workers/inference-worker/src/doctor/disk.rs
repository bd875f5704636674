//! The disk: room, the folder that the worker writes, the folders that it takes models from.

use super::Finding;
use myai_inference_worker::config::Config;
use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// With less free on the disk the journal is in danger, in bytes.
const LEAST_FREE: u64 = 256 << 20;
/// A synced write is slow if it takes longer.
const SLOW_WRITE: Duration = Duration::from_millis(100);

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = vec![disk(config), data(&config.data)];
    findings.extend(files_from(config));
    findings
}

/// Room on the disk where the files lie, against their quota.
fn disk(config: &Config) -> Finding {
    let folder = [config.files(), config.data.clone()]
        .into_iter()
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        return Finding::warning(
            "disk",
            format!("there is no folder {}", config.data.display()),
            "`myai-worker setup` makes it",
        );
    };
    match rustix::fs::statvfs(&folder) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let there = if folder == config.files() {
                size(&folder)
            } else {
                0
            };
            room(free, there, config.files_mib.saturating_mul(1 << 20))
        }
        Err(error) => Finding::failed(
            "disk",
            format!("{} cannot be looked at: {error}", folder.display()),
            "check `data`",
        ),
    }
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .sum()
}

/// `free` on the disk, `there` already, at most `quota`; in bytes.
fn room(free: u64, there: u64, quota: u64) -> Finding {
    let mib = |bytes: u64| bytes >> 20;
    let more = quota.saturating_sub(there);
    let found = format!(
        "{} MiB are free; files have {} of the {} MiB that they may",
        mib(free),
        mib(there),
        mib(quota)
    );
    if free < LEAST_FREE {
        let advice = format!(
            "free {} MiB at least: the journal needs room",
            mib(LEAST_FREE)
        );
        Finding::failed("disk", found, advice)
    } else if free - LEAST_FREE < more {
        let fits = mib(there.saturating_add(free - LEAST_FREE));
        Finding::warning("disk", found, format!("lower `files_mib` to {fits}"))
    } else {
        Finding::ok("disk", found)
    }
}

/// Whether the folder can be written, by the user that asks, and how fast.
fn data(folder: &Path) -> Finding {
    let trial = folder.join(format!("doctor-{}", std::process::id()));
    let begun = Instant::now();
    let tried = fs::File::create_new(&trial).and_then(|mut file| {
        let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
        fs::remove_file(&trial).and(written)
    });
    match tried {
        Ok(()) => written(folder, begun.elapsed()),
        Err(error) => Finding::failed(
            "data",
            format!("{} cannot be written: {error}", folder.display()),
            "run `myai-worker setup`, and run this as the worker's user",
        ),
    }
}

fn written(folder: &Path, took: Duration) -> Finding {
    let millis = took.as_millis();
    let found = format!("a write to {} took {millis} ms", folder.display());
    if took > SLOW_WRITE {
        let advice = "every answer waits for one: put `data` on a faster disk";
        Finding::warning("data", found, advice)
    } else {
        Finding::ok("data", found)
    }
}

/// Whether the folders are there out of which models may be taken.
fn files_from(config: &Config) -> Option<Finding> {
    let missing = config.files_from.iter().find(|f| fs::read_dir(f).is_err());
    Some(match missing {
        None if config.files_from.is_empty() => return None,
        None => Finding::ok("files_from", "its folders can be read"),
        Some(folder) => Finding::warning(
            "files_from",
            format!("there is no folder {} that can be read", folder.display()),
            "make it, or take it out of the settings",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{tests::config, State};

    #[test]
    fn disk_that_the_files_may_fill_is_a_warning() {
        let gib = 1 << 30;
        assert_eq!(room(60 * gib, 0, 50 * gib).state, State::Ok);
        let tight = room(10 * gib, 20 * gib, 50 * gib);
        assert_eq!(tight.state, State::Warning);
        assert_eq!(tight.advice.unwrap(), "lower `files_mib` to 30464");
        assert_eq!(room(10 * gib, 45 * gib, 50 * gib).state, State::Ok);
        assert_eq!(
            room(LEAST_FREE - 1, 50 * gib, 50 * gib).state,
            State::Failed
        );
    }

    #[test]
    fn slow_disk_is_a_warning() {
        let millis = Duration::from_millis;
        let state = |took| written(Path::new("data"), took).state;
        assert_eq!(state(millis(100)), State::Ok);
        assert_eq!(state(millis(101)), State::Warning);
    }

    #[test]
    fn listed_folder_that_is_not_there_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let config = |name: &str| {
            let listed = folder.path().join(name);
            config(&format!("files_from = [\"{}\"]", listed.display()))
        };
        let state = |config: &Config| files_from(config).map(|finding| finding.state);
        assert_eq!(state(&config("")), Some(State::Ok));
        assert_eq!(state(&config("nowhere")), Some(State::Warning));
        assert_eq!(state(&self::config("")), None);
    }

    #[test]
    fn folder_that_is_not_there_fails() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(data(folder.path()).state, State::Ok);
        assert_eq!(data(&folder.path().join("nowhere")).state, State::Failed);
    }
}
