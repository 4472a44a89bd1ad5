//! The sparkline of the sidebar: the messages of the last hour.

/// Units of the drawing: its height, and the distance and the gap of two bars.
const HEIGHT: f64 = 28.0;
const STEP: usize = 4;
const GAP: usize = 1;

/// Arrivals per minute as the path of an SVG of 240 by 28.
#[derive(Clone, Debug)]
pub struct Sparkline {
    pub path: String,
    /// Number of messages.
    pub messages: u64,
}

impl Sparkline {
    /// One bar for each minute with arrivals; `None` without arrivals.
    pub fn new(minutes: &[u32]) -> Option<Self> {
        let most = minutes.iter().copied().max().filter(|most| *most > 0)?;
        let height = |count: &u32| HEIGHT - f64::from(*count) * (HEIGHT - 2.0) / f64::from(most);
        let bar = |(minute, count): (usize, &u32)| {
            let (left, right) = (minute * STEP, (minute + 1) * STEP - GAP);
            format!("M{left} {HEIGHT}V{:.1}H{right}V{HEIGHT}z", height(count))
        };
        let path = minutes.iter().enumerate().filter(|(_, count)| **count > 0).map(bar).collect();
        Some(Sparkline { path, messages: minutes.iter().map(|count| u64::from(*count)).sum() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_minute_is_the_highest_bar_of_the_sparkline() {
        let found = Sparkline::new(&[0, 2, 1]).unwrap();
        assert_eq!((found.path.as_str(), found.messages), ("M4 28V2.0H7V28zM8 28V15.0H11V28z", 3));
        assert!(Sparkline::new(&[0; 60]).is_none());
    }
}
