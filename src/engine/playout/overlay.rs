//! How the engine follows an order.

use std::sync::Arc;

use super::orders::{Order, Overlay, Standing};
use super::row::{OpenRow, Subject};
use super::{Command, HOLD_TICKS, LIVE_LOSS_TICKS, Notice, Playout, Refused, Show};
use crate::domain::ids::ItemId;
use crate::domain::playlist::{ItemKind, PlaylistItem};
use crate::domain::time::{FrameRate, Tick};

impl Playout {
    pub(super) fn obey(&mut self, command: Command) -> Result<(), Refused> {
        let now = self.next_tick();
        let emergency = self.overlay.iter().chain(&self.cue).any(|o| matches!(o.order, Order::Emergency(_)));
        if emergency
            && !matches!(command, Command::Resume | Command::Emergency(_) | Command::Hold | Command::Skip(Some(_)))
        {
            return Err(Refused::EmergencyOnAir);
        }
        match command {
            Command::Hold => {
                self.timeline.hold(Some(now));
                self.replan();
            }
            Command::Take => {
                let item = self.timeline.next_to_take(now).ok_or(Refused::NothingToTake)?;
                self.cue(Order::Item { item, retake: false }, now);
            }
            Command::Retake => {
                let item = self.item_on_air().ok_or(Refused::NothingToRetake)?;
                self.cue(Order::Item { item, retake: true }, now);
            }
            Command::Skip(named) => self.skip(named, now)?,
            Command::Slate => self.cue(Order::Slate, now),
            Command::Live(address) => self.go_live(Order::Live(address), now),
            Command::Emergency(order) if order.until <= now => return Err(Refused::AlreadyOver),
            Command::Emergency(order) => self.cue(Order::Emergency(order), now),
            Command::Resume => self.resume()?,
        }
        Ok(())
    }

    /// A source that is on air or awaited by order already is not opened a second time: two would share its port.
    fn go_live(&mut self, order: Order, now: Tick) {
        let stands = |overlay: &Option<Overlay>| overlay.as_ref().is_some_and(|o| o.order == order);
        if stands(&self.cue) {
            return;
        }
        if stands(&self.overlay) {
            let other = self.cue.take();
            return self.drop_overlay(other);
        }
        self.cue(order, now);
    }

    fn cue(&mut self, order: Order, now: Tick) {
        let before = self.cue.replace(Overlay::new(order, now, &mut self.decoders));
        self.drop_overlay(before);
        self.limit_overlays(now);
    }

    fn skip(&mut self, named: Option<ItemId>, now: Tick) -> Result<(), Refused> {
        let item = match named {
            Some(id) => self.timeline.item(&id).filter(|i| i.end_tick(self.rate()) > now).map(|i| i.id.clone()),
            None => self.item_on_air().map(|item| item.id.clone()),
        };
        let id = item.ok_or(Refused::NothingToSkip)?;
        if self.item_on_air().is_some_and(|item| item.id == id) {
            self.cut_by = Some("skipped");
        }
        let over = |o: &Overlay| matches!(&o.order, Order::Item { item, .. } if item.id == id);
        if self.overlay.as_ref().is_some_and(over) {
            let overlay = self.overlay.take();
            self.drop_overlay(overlay);
        }
        self.timeline.set_done(&id);
        self.replan();
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Refused> {
        let orders = [self.cue.take(), self.overlay.take()];
        if orders.iter().all(Option::is_none) && !self.timeline.is_held() {
            return Err(Refused::NothingToResume);
        }
        for overlay in orders {
            self.drop_overlay(overlay);
        }
        self.cut_by = Some("resumed");
        self.timeline.hold(None);
        self.replan();
        Ok(())
    }

    fn drop_overlay(&mut self, overlay: Option<Overlay>) {
        let Some(mut overlay) = overlay else { return };
        overlay.track.clear(&mut self.decoders);
        if matches!(overlay.order, Order::Emergency(_)) && overlay.was_seen() {
            self.notice(Notice::EmergencyOff);
        }
    }

    /// The item that is seen, or whose time is covered.
    fn item_on_air(&self) -> Option<Arc<PlaylistItem>> {
        let item = self.row.as_ref().and_then(|row| row.subject().item().cloned())?;
        (item.kind != ItemKind::Slate).then_some(item)
    }

    fn rate(&self) -> FrameRate {
        self.timeline.channel().house.rate
    }

    /// Something hard ends an operator's hold.
    pub(super) fn end_hold(&mut self) {
        let over = self.plan.current.as_ref().is_some_and(|lane| self.timeline.has_outlived_hold(&lane.segment));
        if over {
            self.timeline.hold(None);
            self.replan();
        }
    }

    /// Items out of turn end where something starts hard.
    pub(super) fn limit_overlays(&mut self, now: Tick) {
        if self.overlay.is_none() && self.cue.is_none() {
            return;
        }
        let hard = self.timeline.next_hard_after(now);
        for overlay in self.overlay.iter_mut().chain(&mut self.cue) {
            overlay.set_limit(hard);
        }
        let withdrawn = |o: &Overlay| o.segment_on_air().is_some_and(|segment| self.timeline.is_withdrawn(segment));
        if self.overlay.as_ref().is_some_and(withdrawn) {
            self.cut_by = Some("withdrawn");
            let overlay = self.overlay.take();
            self.drop_overlay(overlay);
        }
    }

    /// What was ordered goes on air with its first frame.
    pub(super) fn take_cue(&mut self, tick: Tick) {
        let Some(mut cue) = self.cue.take() else { return };
        match cue.go(tick, &mut self.decoders) {
            Standing::Ready => {
                self.cut_by = Some(cue.order.word());
                if let Order::Item { item, .. } = &cue.order {
                    let cut = self.item_on_air().map(|on_air| on_air.id.clone());
                    self.timeline.set_done(&item.id);
                    cut.iter().for_each(|id| self.timeline.set_done(id));
                }
                if let Order::Emergency(order) = &cue.order {
                    let (title, by) = (order.title.clone(), order.by.clone());
                    self.notice(Notice::EmergencyOn { title, by, until: order.until });
                }
                let taken = matches!(cue.order, Order::Item { .. });
                let before = self.overlay.replace(cue);
                self.drop_overlay(before);
                if taken {
                    self.timeline.hold(None);
                    self.replan();
                    // What the plan shows beneath may have changed with this very tick.
                    self.plan.advance(tick, &mut self.timeline, &mut self.decoders);
                    self.look_ahead(tick);
                }
            }
            Standing::Cueing => {
                if let Some(address) = cue.is_awaited(tick) {
                    self.notice(Notice::LiveLost(address));
                }
                self.cue = Some(cue);
            }
            Standing::Over | Standing::Failed => {
                self.notice(Notice::OrderFailed(cue.order.title()));
                self.drop_overlay(Some(cue));
            }
        }
    }

    /// The picture of what lies over the plan; `None` lets the plan be seen.
    pub(super) fn show_overlay(&mut self, tick: Tick) -> Option<Show> {
        let mut overlay = self.overlay.take()?;
        match overlay.go(tick, &mut self.decoders) {
            Standing::Ready => {}
            standing => {
                if standing == Standing::Failed {
                    self.notice(Notice::OrderFailed(overlay.order.title()));
                }
                self.drop_overlay(Some(overlay));
                self.cut_by = Some("order_over");
                return None;
            }
        }
        let subject = overlay.segment_on_air().map(|segment| segment.subject());
        let show = overlay.show(tick, &mut self.decoders);
        if show.is_some()
            && let Some(lane) = &mut overlay.track.current
        {
            lane.fed = tick;
        }
        let deck = overlay.track.current.as_ref().and_then(|lane| lane.deck);
        let (order, is_live) = (overlay.order.clone(), overlay.track.is_live());
        self.overlay = Some(overlay);
        let subject = subject?;
        let seen = self.row.as_ref().map(OpenRow::subject) == Some(&subject)
            || matches!(
                (self.row.as_ref().map(OpenRow::subject), &subject),
                (Some(Subject::Emergency { .. }), Subject::Emergency { .. })
            );
        match show {
            Some(show) => {
                self.cut_by.get_or_insert(order.word());
                Some(self.shown(tick, subject, show))
            }
            None if seen && self.held < if is_live { LIVE_LOSS_TICKS } else { HOLD_TICKS } => {
                self.begin(tick, subject, None);
                Some(self.hold(deck))
            }
            None => {
                if seen && let Order::Live(address) = &order {
                    self.notice(Notice::LiveLost(address.to_string()));
                }
                self.cut_by = Some("no_frame");
                None
            }
        }
    }

    /// After a clock step an item out of turn is over; what stands until a resume is opened anew.
    pub(super) fn order_again(&mut self, to: Tick) {
        let orders: Vec<Overlay> = self.overlay.take().into_iter().chain(self.cue.take()).collect();
        for mut overlay in orders {
            overlay.track.clear(&mut self.decoders);
            match &overlay.order {
                Order::Item { .. } => {}
                Order::Emergency(order) if order.until <= to => self.notice(Notice::EmergencyOff),
                _ => self.cue = Some(Overlay::new(overlay.order, to, &mut self.decoders)),
            }
        }
    }
}
