//! Switches in a file, so that somebody can flip them in an editor while the sandbox runs.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::{FaultSwitch, Switching, parse_lines};

/// How often the file is looked at.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A file of switches is a few lines; more than this is another file.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Follows a file of switches for ever: whenever its text changes, the switch is set to what it says. A file with a mistake, and
/// one that is not there, changes nothing.
///
/// The text is compared rather than its time of change: two saves within one tick of a file system's clock are two changes.
pub async fn follow(path: &Path, switch: &FaultSwitch) {
    let mut interval = tokio::time::interval(POLL_INTERVAL);
    let mut last = None;
    loop {
        interval.tick().await;
        let Ok(text) = read(path).await else { continue };
        if last.as_ref() == Some(&text) {
            continue;
        }
        match parse_lines(&text) {
            Ok(specs) => {
                let words: Vec<String> = specs.iter().map(Switching::masked).collect();
                tracing::info!(switches = words.join(" "), "switches set");
                switch.replace(specs);
            }
            Err(error) => tracing::warn!(%error, "switches left as they are"),
        }
        last = Some(text);
    }
}

async fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).await?;
    Ok(text)
}
