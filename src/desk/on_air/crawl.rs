//! An operator's crawl: words that a named person lets run over everything that is on air. The plan knows nothing of it,
//! and it outlives the player that shows it.

use std::sync::Arc;

use super::{Air, Player, words};
use crate::av::branding::{SetCrawl, Strip};
use crate::domain::branding::CrawlText;
use crate::domain::time::Tick;
use crate::engine::crawl::Crawl;
use crate::files::status_file::CrawlStatus;

/// A crawl to be shown; its letters are set.
#[derive(Debug, Clone)]
pub struct CrawlOrder {
    /// What it says.
    pub text: CrawlText,
    /// On whose word.
    pub by: String,
    /// Its first tick, if a player before this one showed it; now, if `None`.
    pub since: Option<Tick>,
    /// First tick after it.
    pub until: Option<Tick>,
    /// How often it passes.
    pub times: Option<u32>,
    /// Its letters.
    pub set: SetCrawl,
}

/// Why an order about a crawl was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrawlRefused {
    /// Nothing of it would be seen any more.
    AlreadyOver,
    /// None is running.
    NoneRuns,
}

/// The crawl that runs.
#[derive(Debug)]
pub(super) struct Crawling {
    order: CrawlOrder,
    way: Crawl,
}

impl CrawlOrder {
    /// Where it is when, if it begins at `since`.
    pub fn way(&self, since: Tick) -> Crawl {
        let SetCrawl { path_px, step_px, .. } = self.set;
        Crawl { since, until: self.until, times: self.times, path_px, step_px }
    }
}

impl Crawling {
    /// Its letters, and how far they have come at this tick.
    pub fn at(&self, tick: Tick) -> Option<(&Strip, u32)> {
        Some((Arc::as_ref(&self.order.set.strip), self.way.travelled_px(tick)?))
    }
}

impl<A: Air> Player<A> {
    /// Lets it run from the next tick on, in place of any before it; says since when.
    pub(super) fn start_crawl(&mut self, order: CrawlOrder) -> Result<Tick, CrawlRefused> {
        // A clock that was put back must not keep it waiting.
        let since = order.since.unwrap_or(self.next).min(self.next);
        let way = order.way(since);
        if way.is_over(self.next) {
            return Err(CrawlRefused::AlreadyOver);
        }
        let rate = self.channel.house.rate;
        let until = order.until.map(|until| self.channel.zone.rfc3339(rate.start_of(until)));
        let noticed = words::crawl_on(order.text.as_str(), &order.by, until.as_deref());
        self.recorder.notice(noticed, rate.start_of(self.next));
        self.crawl = Some(Crawling { order, way });
        Ok(since)
    }

    /// Ends the one that runs.
    pub(super) fn end_crawl(&mut self) -> Result<Tick, CrawlRefused> {
        let crawling = self.crawl.take().ok_or(CrawlRefused::NoneRuns)?;
        let at = self.channel.house.rate.start_of(self.next);
        self.recorder.notice(words::crawl_off(crawling.order.text.as_str()), at);
        Ok(self.next)
    }

    /// Forgets the one that came to its end by itself.
    pub(super) fn drop_finished_crawl(&mut self) {
        if self.crawl.as_ref().is_some_and(|crawling| crawling.way.is_over(self.next)) {
            let _ = self.end_crawl();
        }
    }

    pub(super) fn crawl_status(&self) -> Option<CrawlStatus> {
        let Crawling { order, way } = self.crawl.as_ref()?;
        let rate = self.channel.house.rate;
        Some(CrawlStatus {
            text: order.text.as_str().to_owned(),
            by: order.by.clone(),
            since: rate.start_of(way.since),
            until: order.until.map(|until| rate.start_of(until)),
            times: order.times,
        })
    }
}
