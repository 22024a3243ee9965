#![doc = include_str!("../README.md")]

mod cross_products;
mod random;

pub use cross_products::CrossProducts;
pub use random::{Generator, normal_quantile};
