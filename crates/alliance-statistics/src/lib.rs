#![doc = include_str!("../README.md")]

mod cross_products;

pub use cross_products::CrossProducts;
