//! A set of small numbers as bits: documents of a segment, or words of a dictionary.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap(Vec<u64>);

impl Bitmap {
    /// An empty set for the numbers below `len`.
    pub fn none(len: usize) -> Self {
        Bitmap(vec![0; len.div_ceil(64)])
    }

    /// The set of all numbers below `len`.
    pub fn all(len: usize) -> Self {
        let mut bits = Bitmap(vec![u64::MAX; len.div_ceil(64)]);
        if let (Some(last), rest @ 1..) = (bits.0.last_mut(), len % 64) {
            *last = (1 << rest) - 1;
        }
        bits
    }

    /// Adds a number. Ignores numbers beyond the capacity.
    pub fn insert(&mut self, n: usize) {
        if let Some(word) = self.0.get_mut(n / 64) {
            *word |= 1 << (n % 64);
        }
    }

    pub fn contains(&self, n: usize) -> bool {
        self.0.get(n / 64).is_some_and(|word| word >> (n % 64) & 1 == 1)
    }

    pub fn and(&mut self, other: &Bitmap) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    pub fn or(&mut self, other: &Bitmap) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub fn and_not(&mut self, other: &Bitmap) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The numbers from the highest to the lowest.
    pub fn descending(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().rev().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let top = left.checked_ilog2()?;
                left ^= 1 << top;
                Some(at * 64 + top as usize)
            })
        })
    }

    /// Bytes of heap memory in use.
    pub fn heap_size(&self) -> usize {
        self.0.len() * 8
    }
}
