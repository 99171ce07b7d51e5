//! Two of three outputs hang and die: the third loses nothing.

use rustix::process::Signal;

use super::{ends, sleep_until, soon, start};
use crate::Length;
use crate::barcode;
use crate::clips::{self, Kind};
use crate::plan;
use crate::process;
use crate::report::Row;
use crate::stage::Home;

pub fn measure(length: Length) -> Vec<Row> {
    let ticks = length.of(500, 3000);
    let slots = plan::in_turn((0..ticks / 250).map(|n| (clips::make(Kind::house(n as u8 % 4 + 20), 250), 250)));
    let mut home = Home::new();
    let begin = soon(super::START_S);
    let rows = plan::rows(&home, begin, &slots);
    home.publish_rows(begin, 1, &rows);
    let files = ["hangs.ts", "dies.ts", "third.ts"].map(|name| home.path().join(name));
    let addresses = files.clone().map(|file| format!("file:{}", file.display()));
    let end = plan::at(begin, i64::from(ticks) + 10);
    let player = start(&home, &addresses.each_ref().map(String::as_str), end);
    let mut accidents = 0u64;
    for at in (50..i64::from(ticks) - 200).step_by(200) {
        sleep_until(plan::at(begin, at));
        for (pid, open) in player.output_processes() {
            let (hangs, dies) = (open.contains(&files[0]), open.contains(&files[1]));
            if hangs || dies {
                process::signal(pid as u32, if hangs { Signal::STOP } else { Signal::KILL });
                accidents += 1;
            }
        }
    }
    let ended = ends(player, end);
    let third = plan::air(begin, &barcode::read(&files[2]));
    let last = slots.last().expect("there are some");
    let back = files[..2].iter().filter(|file| {
        let air = plan::air(begin, &barcode::read(file));
        air.contains_key(&(last.first + i64::from(last.ticks) - 1))
    });
    let back = back.count();
    vec![
        Row::new("accidents to the first two", accidents, "≥ 4", accidents >= 4),
        Row::none_of(format!("frames that the third lost, of {ticks}"), plan::judge(&slots, &third).faults()),
        Row::new("of the two, back at the end", back, "2", back == 2),
        Row::new("the player ended by itself", ended, "true", ended),
    ]
}
