//! The chart of outgoing mail: for each transport, the messages of each hour by what became of them. A table holds the
//! same numbers.

use std::collections::BTreeMap;

use crate::clock::Time;
use crate::outbox::{HourCount, JobState};

/// Hours before the current one.
pub const HOURS: u32 = 23;
const HOUR: i64 = 3_600_000;
/// The height of the tallest column in the units of the drawing.
const HEIGHT: u64 = 48;
/// The distance of two columns in the same units.
const STEP: usize = 12;

/// The chart of one transport.
pub struct TransportChart {
    /// Empty for messages that had no attempt yet.
    pub name: String,
    pub columns: Vec<ChartColumn>,
}

/// The messages of one hour.
pub struct ChartColumn {
    pub hour: Time,
    pub counts: HourStates,
    pub x: usize,
    pub bars: Vec<ChartBar>,
}

/// The numbers of messages by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourStates {
    pub sent: u64,
    pub waiting: u64,
    pub failed: u64,
}

/// A part of a column.
pub struct ChartBar {
    /// The class that colours it: `sent`, `waiting` or `failed`.
    pub kind: &'static str,
    pub y: u64,
    pub height: u64,
}

impl HourStates {
    fn add(&mut self, state: JobState, count: u64) {
        match state {
            JobState::Sent => self.sent += count,
            JobState::Queued | JobState::Leased => self.waiting += count,
            JobState::Dead | JobState::Expired => self.failed += count,
            JobState::Cancelled => {}
        }
    }

    pub fn total(self) -> u64 {
        self.sent + self.waiting + self.failed
    }
}

/// The charts of all transports that had messages, drawn to one scale.
pub fn charts(counts: Vec<HourCount>, now: Time) -> Vec<TransportChart> {
    let last = now.millis().div_euclid(HOUR);
    let mut transports: BTreeMap<String, BTreeMap<i64, HourStates>> = BTreeMap::new();
    for HourCount { hour, transport, state, count } in counts {
        let hours = transports.entry(transport).or_default();
        hours.entry(hour.millis().div_euclid(HOUR)).or_default().add(state, count);
    }
    transports.retain(|_, hours| hours.values().any(|states| states.total() > 0));
    let most = transports.values().flat_map(BTreeMap::values).map(|states| states.total()).max().unwrap_or_default();
    let chart = |(name, hours): (String, BTreeMap<i64, HourStates>)| TransportChart {
        name,
        columns: (last - i64::from(HOURS)..=last)
            .enumerate()
            .map(|(n, hour)| ChartColumn::new(n, hour, hours.get(&hour).copied().unwrap_or_default(), most))
            .collect(),
    };
    transports.into_iter().map(chart).collect()
}

impl ChartColumn {
    fn new(position: usize, hour: i64, counts: HourStates, most: u64) -> Self {
        let mut top = HEIGHT;
        let mut bars = Vec::new();
        let all = [("sent", counts.sent), ("waiting", counts.waiting), ("failed", counts.failed)];
        let shown: Vec<_> = all.into_iter().filter(|(_, count)| *count > 0).collect();
        for (n, (kind, count)) in shown.iter().copied().enumerate() {
            // One message among thousands stays visible, and leaves a line for each of the bars above.
            let above = u64::try_from(shown.len() - n - 1).unwrap_or_default();
            let height = (count.saturating_mul(HEIGHT) / most.max(1)).clamp(1, top.saturating_sub(above).max(1));
            top = top.saturating_sub(height);
            bars.push(ChartBar { kind, y: top, height });
        }
        ChartColumn { hour: Time::from_millis(hour * HOUR), counts, x: position * STEP, bars }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_column_for_each_hour_and_stays_within_its_height() {
        let now = Time::from_millis(1_000_000 * HOUR + 5);
        let count = |hours_ago: i64, transport: &str, state, count| HourCount {
            hour: Time::from_millis((1_000_000 - hours_ago) * HOUR),
            transport: transport.into(),
            state,
            count,
        };
        let counts = vec![
            count(0, "smtp", JobState::Sent, 10_000),
            count(0, "smtp", JobState::Dead, 1),
            count(0, "smtp", JobState::Leased, 2),
            count(23, "gmail", JobState::Expired, 3),
            count(1, "none", JobState::Cancelled, 3),
        ];
        let charts = charts(counts, now);
        assert_eq!(charts.iter().map(|chart| chart.name.as_str()).collect::<Vec<_>>(), ["gmail", "smtp"]);
        assert!(charts.iter().all(|chart| chart.columns.len() == 24));
        assert_eq!(charts[0].columns[0].counts, HourStates { failed: 3, ..HourStates::default() });
        let last = charts[1].columns.last().unwrap();
        let bars: Vec<_> = last.bars.iter().map(|bar| (bar.kind, bar.y, bar.height)).collect();
        assert_eq!((bars[0].0, bars[1].0, bars[2].0), ("sent", "waiting", "failed"));
        assert!(bars.iter().all(|(_, y, height)| *height > 0 && y + height <= HEIGHT), "{bars:?}");
    }
}
