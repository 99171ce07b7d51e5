//! What the head-end does by itself beside the pages: works on files that wait, imports what players noted, and notices
//! a player that is not heard any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::Desk;
use super::incidents::IncidentError;
use super::processing::MediaWork;
use crate::av::ffmpeg::work_in_spare_time;
use crate::domain::channel::Channel;
use crate::domain::ids::ChannelId;

/// How long an idle worker waits before it asks again: an applicant sees the inspection begin within this.
const WORK_EVERY: Duration = Duration::from_millis(500);
/// How often journals are imported: a report is at most this old, and asks for itself besides.
const IMPORT_EVERY: Duration = Duration::from_secs(10);
/// How often incidents are looked for: one stands on the operator's page a second after the player noticed it.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// How often originals are looked for whose time is over: days count, not hours.
const DISPOSE_EVERY: Duration = Duration::from_secs(3600);
/// How often requests are looked for whose time is over: deadlines are of hours and days.
const LAPSE_EVERY: Duration = Duration::from_secs(60);
/// How often approved days are looked for whose hour has come: it is one of hours, and a refused day is planned anew.
const PUBLISH_EVERY: Duration = Duration::from_secs(120);
/// How often the end looks whether it has come.
const LOOK: Duration = Duration::from_millis(20);
/// Longest sleep, so that the end is noticed.
const NAP: Duration = Duration::from_millis(250);

/// How long the end waits for jobs that were asked to stop: their decoders are killed when they next say how far they are,
/// twice a second or more.
const STOPPED_WITHIN: Duration = Duration::from_secs(3);

/// The rounds under way. They end when this is dropped: jobs that are not done by then are handed back, untried.
pub struct Rounds {
    end: Arc<AtomicBool>,
    desk: Desk,
    workers: Vec<thread::JoinHandle<()>>,
}

impl Rounds {
    /// Sweeps what a kill left, then begins the rounds on threads of their own.
    ///
    /// # Errors
    /// When the system gives no thread. Whatever goes wrong later is traced and tried again.
    pub fn begin(desk: &Desk, media: Arc<dyn MediaWork>) -> std::io::Result<Rounds> {
        match desk.sweep() {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => tracing::info!(files = removed.len(), "unfinished files were swept away"),
            Err(error) => tracing::error!(%error, "unfinished files could not be swept away"),
        }
        let end = Arc::new(AtomicBool::new(false));
        let mut workers = Vec::new();
        for number in 1..=desk.config.work.at_once {
            let (worker, end, media) = (desk.clone(), end.clone(), Arc::clone(&media));
            let thread = thread::Builder::new().name(format!("files-{number}"));
            workers.push(thread.spawn(move || work(&worker, media.as_ref(), &end))?);
        }
        let importer = (desk.clone(), end.clone());
        thread::Builder::new().name("journals".into()).spawn(move || import(&importer.0, &importer.1))?;
        let keeper = (desk.clone(), end.clone());
        thread::Builder::new().name("retention".into()).spawn(move || dispose(&keeper.0, &keeper.1))?;
        let secretary = (desk.clone(), end.clone());
        thread::Builder::new().name("deadlines".into()).spawn(move || lapse(&secretary.0, &secretary.1))?;
        let publisher = (desk.clone(), end.clone());
        thread::Builder::new().name("horizon".into()).spawn(move || publish(&publisher.0, &publisher.1))?;
        let watcher = (desk.clone(), end.clone());
        thread::Builder::new().name("incidents".into()).spawn(move || watch(&watcher.0, &watcher.1))?;
        Ok(Rounds { end, desk: desk.clone(), workers })
    }

    /// What asks the rounds to end, for whoever hears first that they should.
    pub fn stopper(&self) -> impl Fn() + Send + 'static {
        let (end, works) = (self.end.clone(), self.desk.works.clone());
        move || {
            end.store(true, Ordering::Relaxed);
            works.end();
        }
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.stopper()();
        let mut left = STOPPED_WITHIN;
        while !left.is_zero() && self.workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(LOOK);
            left = left.saturating_sub(LOOK);
        }
        self.desk.works.under_way().into_iter().for_each(|job| self.desk.hand_back(job));
    }
}

fn work(desk: &Desk, media: &dyn MediaWork, end: &AtomicBool) {
    if let Err(error) = work_in_spare_time() {
        tracing::warn!(%error, "work on files takes time from a player on this machine");
    }
    while !end.load(Ordering::Relaxed) {
        match desk.work(media, None) {
            Ok(Some(worked)) => {
                let submission = worked.job.submission.0;
                match worked.trouble {
                    None => tracing::info!(submission, kind = ?worked.job.kind, "a file was worked on"),
                    Some(trouble) => tracing::warn!(submission, trouble, "a file could not be worked on"),
                }
            }
            Ok(None) => rest(WORK_EVERY, end),
            Err(error) => {
                tracing::error!(%error, "files can't be worked on");
                rest(IMPORT_EVERY, end);
            }
        }
    }
}

fn import(desk: &Desk, end: &AtomicBool) {
    let mut said = Said::default();
    while !end.load(Ordering::Relaxed) {
        for channel in desk.config.channels.keys() {
            said.once(channel, "the journal was not imported", desk.import_journal(channel).err());
        }
        if let Err(error) = desk.expire_holds() {
            tracing::error!(%error, "holds of studios that have run out could not be written down");
        }
        // An oral approval ends on the minute; what it aired was planned to end before.
        if let Err(error) = desk.settle_orals(None) {
            tracing::error!(%error, "oral approvals whose end has come could not be settled");
        }
        rest(IMPORT_EVERY, end);
    }
}

fn dispose(desk: &Desk, end: &AtomicBool) {
    while !end.load(Ordering::Relaxed) {
        match desk.dispose_of_originals() {
            Ok(gone) if gone.is_empty() => {}
            Ok(gone) => tracing::info!(files = gone.len(), "originals went whose time to be kept was over"),
            Err(error) => tracing::error!(%error, "originals whose time is over can't be removed"),
        }
        rest(DISPOSE_EVERY, end);
    }
}

fn publish(desk: &Desk, end: &AtomicBool) {
    if let Err(error) = desk.adopt_published() {
        tracing::error!(%error, "published days can't be looked through");
    }
    while !end.load(Ordering::Relaxed) {
        match desk.publish_horizons() {
            Ok(days) => {
                days.iter().for_each(|(channel, date)| tracing::info!(%channel, %date, "a day published itself"))
            }
            Err(error) => tracing::error!(%error, "approved days can't be looked for"),
        }
        rest(PUBLISH_EVERY, end);
    }
}

fn lapse(desk: &Desk, end: &AtomicBool) {
    while !end.load(Ordering::Relaxed) {
        match desk.lapse() {
            Ok(closed) if closed.is_empty() => {}
            Ok(closed) => tracing::info!(requests = closed.len(), "requests moved on that were not answered in time"),
            Err(error) => tracing::error!(%error, "requests whose time is over can't be looked for"),
        }
        rest(LAPSE_EVERY, end);
    }
}

fn watch(desk: &Desk, end: &AtomicBool) {
    let mut said = Said::default();
    while !end.load(Ordering::Relaxed) {
        for config in desk.config.channels.values() {
            said.once(&config.channel.id, "incidents can't be looked after", look(desk, &config.channel).err());
        }
        rest(WATCH_EVERY, end);
    }
}

fn look(desk: &Desk, channel: &Channel) -> Result<(), IncidentError> {
    desk.watch_player(channel)?;
    desk.import_incidents(&channel.id)?;
    Ok(desk.settle_days_without_plan(channel)?)
}

/// Trouble is said once until it changes: a broken journal stays broken until a person looks.
#[derive(Default)]
struct Said(BTreeMap<ChannelId, Option<String>>);

impl Said {
    fn once(&mut self, channel: &ChannelId, what: &str, trouble: Option<impl ToString>) {
        let trouble = trouble.map(|error| error.to_string());
        if self.0.get(channel) != Some(&trouble) {
            if let Some(trouble) = &trouble {
                tracing::error!(%channel, trouble, "{what}");
            }
            self.0.insert(channel.clone(), trouble);
        }
    }
}

fn rest(mut left: Duration, end: &AtomicBool) {
    while !left.is_zero() && !end.load(Ordering::Relaxed) {
        let nap = left.min(NAP);
        thread::sleep(nap);
        left -= nap;
    }
}
