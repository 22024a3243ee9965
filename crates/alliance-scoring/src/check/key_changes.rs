//! Small changes of a scale's key, and what each does to the sum of one form.

use super::form::item_in;

/// One change of a scale's key. Items are given by their columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyChange {
    /// Reverse an item that the key does not reverse.
    Reverse(usize),
    /// Do not reverse an item that the key reverses.
    Unreverse(usize),
    /// Reverse one item instead of another.
    ReverseInstead { of: usize, reverse: usize },
    /// Leave an item out.
    Drop(usize),
    /// Add another item of the form.
    Add { item: usize, reversed: bool },
    /// Take another item of the form instead of one of the scale.
    TakeInstead { of: usize, take: usize, reversed: bool },
}

impl KeyChange {
    /// Numbers of the items concerned.
    pub(super) fn items(self) -> Vec<u16> {
        match self {
            Self::Reverse(item) | Self::Unreverse(item) | Self::Drop(item) | Self::Add { item, .. } => {
                vec![item_in(item)]
            }
            Self::ReverseInstead { of, reverse: new } | Self::TakeInstead { of, take: new, .. } => {
                vec![item_in(new), item_in(of)]
            }
        }
    }

    /// "reversing item 28 instead of item 29".
    pub(super) fn in_words(self) -> String {
        let keyed = |reversed: bool| if reversed { "reversed" } else { "not reversed" };
        match self {
            Self::Reverse(item) => format!("reversing item {} too", item_in(item)),
            Self::Unreverse(item) => format!("not reversing item {}", item_in(item)),
            Self::ReverseInstead { of, reverse } => {
                format!("reversing item {} instead of item {}", item_in(reverse), item_in(of))
            }
            Self::Drop(item) => format!("leaving out item {}", item_in(item)),
            Self::Add { item, reversed } => format!("adding item {}, {},", item_in(item), keyed(reversed)),
            Self::TakeInstead { of, take, reversed } => {
                format!("taking item {}, {}, instead of item {}", item_in(take), keyed(reversed), item_in(of))
            }
        }
    }
}

/// The effect of a change: up to two steps whose differences add up, and the number of items after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    pub(super) change: KeyChange,
    /// Positions in [`Steps::differences`].
    pub(super) steps: [usize; 2],
    /// The scale's size after the change: smaller, equal or larger by one.
    pub(super) growth: Growth,
}

/// What a change does to the number of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    Smaller,
    Same,
    Larger,
}

/// What every single step (turn an item round, drop one, add one) does to the sum of the form at hand.
///
/// All changes of the key are made of one or two of these, so that a form costs one pass over
/// its items and then two additions per change.
pub(super) struct Steps {
    scale: Vec<usize>,
    others: Vec<usize>,
    turned: Vec<bool>,
    /// Lowest plus highest answer: a turned answer is this minus the answer.
    mirror: f64,
    /// No step; turning each item of the scale; dropping each; adding each other item as it is; adding each turned.
    differences: Vec<f64>,
}

impl Steps {
    /// `scale`: its columns; `turned`: for every column of the form, whether the key turns its answers round.
    pub(super) fn new(scale: Vec<usize>, turned: &[bool], mirror: f64) -> Self {
        let others: Vec<usize> = (0..turned.len()).filter(|column| !scale.contains(column)).collect();
        let differences = vec![0.0; 1 + 2 * scale.len() + 2 * others.len()];
        Self { scale, others, turned: turned.to_vec(), mirror, differences }
    }

    /// All single changes, the simplest first.
    pub(super) fn effects(&self) -> Vec<Effect> {
        let items = self.scale.len();
        let is_turned = |column: &usize| self.turned.get(*column).copied().unwrap_or(false);
        let (turn, drop, add, add_turned) = (1, 1 + items, 1 + 2 * items, 1 + 2 * items + self.others.len());
        let mut effects = Vec::new();
        for (position, item) in self.scale.iter().enumerate() {
            let change =
                if is_turned(item) { KeyChange::Unreverse(*item) } else { KeyChange::Reverse(*item) };
            effects.push(Effect { change, steps: [turn + position, 0], growth: Growth::Same });
        }
        for (position, reverse) in self.scale.iter().enumerate().filter(|(_, item)| !is_turned(item)) {
            for (other, of) in self.scale.iter().enumerate().filter(|(_, item)| is_turned(item)) {
                let change = KeyChange::ReverseInstead { of: *of, reverse: *reverse };
                effects.push(Effect { change, steps: [turn + position, turn + other], growth: Growth::Same });
            }
        }
        // Without its only item a scale would have a sum of 0 and no mean.
        if items > 1 {
            for (position, item) in self.scale.iter().enumerate() {
                let change = KeyChange::Drop(*item);
                effects.push(Effect { change, steps: [drop + position, 0], growth: Growth::Smaller });
            }
        }
        let additions = || {
            self.others.iter().enumerate().flat_map(|(position, item)| {
                [(*item, false, add + position), (*item, true, add_turned + position)]
            })
        };
        for (item, reversed, step) in additions() {
            let change = KeyChange::Add { item, reversed };
            effects.push(Effect { change, steps: [step, 0], growth: Growth::Larger });
        }
        for (position, of) in self.scale.iter().enumerate() {
            for (take, reversed, step) in additions() {
                let change = KeyChange::TakeInstead { of: *of, take, reversed };
                effects.push(Effect { change, steps: [drop + position, step], growth: Growth::Same });
            }
        }
        effects
    }

    /// Takes a form in and gives the sum that the key makes of it; NaN unless the scale is complete.
    pub(super) fn read(&mut self, answers: &[f64]) -> f64 {
        let usable = |column: &usize| answers.get(*column).copied().filter(|answer| answer.is_finite());
        let mirror = self.mirror;
        let mut sum = 0.0;
        let (turns_and_drops, additions) = self.differences.split_at_mut(1 + 2 * self.scale.len());
        let (turns, drops) = turns_and_drops.split_at_mut(1 + self.scale.len());
        for ((column, turn), drop) in self.scale.iter().zip(turns.iter_mut().skip(1)).zip(drops) {
            let answer = usable(column).unwrap_or(f64::NAN);
            let is_turned = self.turned.get(*column).copied().unwrap_or(false);
            let (keyed, other_way) =
                if is_turned { (mirror - answer, answer) } else { (answer, mirror - answer) };
            sum += keyed;
            *turn = other_way - keyed;
            *drop = -keyed;
        }
        let (as_is, turned) = additions.split_at_mut(self.others.len());
        for ((column, as_is), turned) in self.others.iter().zip(as_is).zip(turned) {
            let answer = usable(column).unwrap_or(f64::NAN);
            *as_is = answer;
            *turned = mirror - answer;
        }
        sum
    }

    /// What a change does to the sum of the form last read; NaN where it needs an answer that is missing.
    pub(super) fn difference(&self, effect: &Effect) -> f64 {
        let [one, other] = effect.steps.map(|step| self.differences.get(step).copied().unwrap_or(f64::NAN));
        one + other
    }

    /// Number of items of the scale.
    pub(super) fn items(&self) -> usize {
        self.scale.len()
    }
}
