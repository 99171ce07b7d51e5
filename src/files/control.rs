//! `run/<channel>.sock`: how an operator's order reaches a player, and its status comes back. One JSON document a line,
//! one answer a question.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::whole;
use crate::domain::ids::ChannelId;
use crate::domain::text::Text;

/// Longest line on either side: a status with a day of incidents has some 100 KB.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// A player that is alive answers between two ticks.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a channel's player listens.
pub fn path(home: &Path, channel: &ChannelId) -> PathBuf {
    home.join("run").join(format!("{channel}.sock"))
}

/// What a player may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Question {
    /// How it is, once.
    Status,
    /// How it is, each second, until the caller leaves.
    Follow,
    /// The plan waits after what is on air.
    Hold,
    /// The next item now.
    Take,
    /// The item on air again.
    Retake,
    /// Ends the item on air, or drops the named one.
    Skip {
        /// A planned item's id.
        item: Option<String>,
    },
    /// The still picture.
    Slate,
    /// A live source.
    Live {
        /// Its address.
        source: String,
    },
    /// A file over everything.
    Emergency(EmergencyFile),
    /// Words over everything.
    Crawl(CrawlLine),
    /// The end of these words.
    EndCrawl,
    /// Back to the plan.
    Resume,
}

/// Words that a named person lets run over everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrawlLine {
    /// One line.
    pub text: String,
    /// On whose word.
    pub by: String,
    /// First instant after it, RFC 3339 with offset; until it is ended, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How often it passes; until it is ended, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Since when it runs, in what is kept for a player's successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// A file that a named person puts over everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyFile {
    /// Path below the home.
    pub source: String,
    /// What its bytes hash to, hexadecimal.
    pub sha256: String,
    /// Length of one turn, in frames of the channel.
    pub frames: u64,
    /// For people.
    pub title: String,
    /// On whose word.
    pub by: String,
    /// First instant after it, RFC 3339 with offset.
    pub until: String,
    /// A set of the channel's branding that is drawn on it; nothing is, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branding: Option<String>,
}

/// What a player answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The order was taken.
    Done,
    /// It was not, and why.
    Refused {
        /// For scripts.
        code: String,
        /// Indonesian.
        text_id: String,
        /// English.
        text_en: String,
    },
    /// How the player is, as `run/<channel>.status.json` says it.
    Status {
        /// The document.
        status: Value,
    },
}

impl Answer {
    /// A refusal in words.
    pub fn refused(code: &str, text: Text) -> Answer {
        Answer::Refused { code: code.into(), text_id: text.id, text_en: text.en }
    }
}

/// Keeps an order for the player's successor.
///
/// # Errors
/// The file system's.
pub fn keep(path: &Path, order: &Question) -> io::Result<()> {
    whole::write(path, &serde_json::to_vec(order)?)
}

/// The order that was kept; `None` if there is none, or nothing that is one.
pub fn kept(path: &Path) -> Option<Question> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// A connection to a player.
#[derive(Debug)]
pub struct Line {
    stream: BufReader<UnixStream>,
}

impl Line {
    /// Calls a player.
    ///
    /// # Errors
    /// The system's: nobody listens there.
    pub fn call(path: &Path) -> io::Result<Line> {
        Line::over(UnixStream::connect(path)?)
    }

    /// Speaks over a connection that exists.
    ///
    /// # Errors
    /// The system's.
    pub fn over(stream: UnixStream) -> io::Result<Line> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Line { stream: BufReader::new(stream) })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The system's, and an answer that is none.
    pub fn ask(&mut self, question: &Question) -> io::Result<Answer> {
        self.say(question)?;
        self.hear()?.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the player hung up"))
    }

    /// Sends one document.
    ///
    /// # Errors
    /// The system's.
    pub fn say(&mut self, document: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(document)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)
    }

    /// Reads one document; `None` when the other side has left.
    ///
    /// # Errors
    /// The system's, a line that is too long, and one that is not what was expected.
    pub fn hear<T: for<'a> Deserialize<'a>>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        let read = self.stream.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
        }
        Ok(Some(serde_json::from_slice(&line)?))
    }
}
