//! Looks into `playlists/` and `media/fill/` for what is new. A broken revision is refused once, in words, and the last
//! good one stays; it is read again when its file changes, since somebody may still have been writing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::channel::Channel;
use crate::domain::playlist::Playlist;
use crate::domain::time::{BroadcastDate, Instant};
use crate::engine::playout::Input;
use crate::files::{fill_index, playlist_file};

/// A file that can't be used, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(pub String);

/// What has been read so far.
#[derive(Debug)]
pub struct Folders {
    home: PathBuf,
    channel: Channel,
    read: BTreeMap<BroadcastDate, u32>,
    refused: BTreeMap<(BroadcastDate, u32), Written>,
    pool: Option<Vec<crate::domain::asset::FillClip>>,
    said: BTreeSet<String>,
}

/// Length of a file and when it was last written, if it can be asked.
type Written = Option<(u64, SystemTime)>;

impl Folders {
    /// Nothing has been read yet.
    pub fn new(home: PathBuf, channel: Channel) -> Folders {
        Folders { home, channel, read: BTreeMap::new(), refused: BTreeMap::new(), pool: None, said: BTreeSet::new() }
    }

    /// What is new since the last look: plans of today and tomorrow, and the pool.
    pub fn look(&mut self, now: Instant) -> (Vec<Input>, Vec<Problem>) {
        let (mut inputs, mut problems) = (Vec::new(), Vec::new());
        match fill_index::read(&self.home) {
            Ok(pool) if self.pool.as_ref() != Some(&pool) => {
                self.pool = Some(pool.clone());
                inputs.push(Input::Fill(pool));
            }
            Ok(_) => {}
            Err(error) => self.say(error.to_string(), &mut problems),
        }
        let today = self.channel.zone.date_of(now);
        for date in [Some(today), today.next()].into_iter().flatten() {
            self.look_at_day(date, &mut inputs, &mut problems);
        }
        (inputs, problems)
    }

    fn look_at_day(&mut self, date: BroadcastDate, inputs: &mut Vec<Input>, problems: &mut Vec<Problem>) {
        let revisions = match playlist_file::revisions(&self.home, &self.channel.id, date) {
            Ok(revisions) => revisions,
            Err(error) => return self.say(format!("the playlists of {date} can't be listed: {error}"), problems),
        };
        let known = self.read.get(&date).copied().unwrap_or(0);
        for revision in revisions.into_iter().rev().take_while(|revision| *revision > known) {
            let written = self.written(date, revision);
            if self.refused.get(&(date, revision)) == Some(&written) {
                continue;
            }
            match self.read(date, revision) {
                Ok(playlist) => {
                    self.read.insert(date, revision);
                    self.refused.retain(|(day, number), _| *day != date || *number > revision);
                    inputs.push(Input::Revision(Arc::new(playlist)));
                    return;
                }
                Err(why) => {
                    self.refused.insert((date, revision), written);
                    problems.push(Problem(why));
                }
            }
        }
    }

    fn written(&self, date: BroadcastDate, revision: u32) -> Written {
        let file = playlist_file::path(&self.home, &self.channel.id, date, revision).metadata().ok()?;
        Some((file.len(), file.modified().ok()?))
    }

    fn read(&self, date: BroadcastDate, revision: u32) -> Result<Playlist, String> {
        let path = playlist_file::path(&self.home, &self.channel.id, date, revision);
        let playlist = playlist_file::read(&path).map_err(|e| e.to_string())?;
        let head = playlist.head();
        if (head.date, head.revision) != (date, revision) {
            return Err(format!("{} says it is {} r{}", path.display(), head.date, head.revision));
        }
        fits(&playlist, &self.channel).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(playlist)
    }

    fn say(&mut self, what: String, problems: &mut Vec<Problem>) {
        if self.said.insert(what.clone()) {
            problems.push(Problem(what));
        }
    }
}

/// Whether a playlist is this channel's, on its grid.
pub(super) fn fits(playlist: &Playlist, channel: &Channel) -> Result<(), String> {
    let head = playlist.head();
    if head.channel != channel.id {
        return Err(format!("it is a playlist of {}, not of {}", head.channel, channel.id));
    }
    if head.rate != channel.house.rate {
        return Err(format!("its frames are {} a second, the channel's {}", head.rate, channel.house.rate));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_broken_revision_is_refused_once_and_the_last_good_one_stays_until_it_is_whole_or_a_better_comes() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let config = Config::parse(home.path(), "").expect("defaults");
        let channel = config.channels.values().next().expect("one channel").channel.clone();
        let example = include_bytes!("../../../playlists/example.json");
        let first = playlist_file::parse(example).expect("valid");
        playlist_file::write(home.path(), &first).expect("published");
        let date = first.head().date;
        let folder = playlist_file::folder(home.path(), &channel.id);
        std::fs::write(folder.join(format!("{date}.r2.json")), b"{\"format\":").expect("written");
        let mut folders = Folders::new(home.path().into(), channel.clone());
        let now = channel.zone.day(date).start();

        let (inputs, problems) = folders.look(now);
        assert!(inputs.iter().any(|i| matches!(i, Input::Revision(p) if p.head().revision == 1)), "{inputs:?}");
        assert!(problems[0].0.contains("r2.json"), "{problems:?}");
        assert_eq!(folders.look(now).1, []);

        let second = String::from_utf8_lossy(example).replace("\"revision\": 1", "\"revision\": 2");
        std::fs::write(folder.join(format!("{date}.r2.json")), second).expect("written to its end");
        let (inputs, problems) = folders.look(now);
        assert!(matches!(&inputs[..], [Input::Revision(p)] if p.head().revision == 2) && problems.is_empty());

        let third = String::from_utf8_lossy(example).replace("\"revision\": 1", "\"revision\": 3");
        std::fs::write(folder.join(format!("{date}.r3.json")), third).expect("written");
        let (inputs, problems) = folders.look(now);
        assert!(matches!(&inputs[..], [Input::Revision(p)] if p.head().revision == 3) && problems.is_empty());
    }
}
